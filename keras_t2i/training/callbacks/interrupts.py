"""SIGINT and SIGTERM end a training after the step at hand."""

import os
import signal
from types import FrameType, TracebackType

import keras

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STDERR = 2
_ANSWER = b"\nStopping after this step, then the state is saved; again to stop at once.\n"


class Interrupts(keras.callbacks.Callback):
    """Within its `with` block the first signal stops the training; the second kills as usual."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: int | None = None

    def __enter__(self) -> "Interrupts":
        self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = number
        for each, handler in self._before.items():
            signal.signal(each, handler)
        os.write(_STDERR, _ANSWER)  # `print` is not safe where a signal may interrupt another print

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Stop if asked."""
        if self.asked:
            self.model.stop_training = True
