"""A callback that acts at some steps."""

from collections.abc import Callable

import keras


class Every(keras.callbacks.Callback):
    """Calls `action(step)` at the first end of an interval in each stretch of `steps` steps.

    Args:
        steps: Length of a stretch.
        interval: Steps of an interval.
        action: Function that is called with the step.
        at_start: Also act before the very first step.
    """

    def __init__(
        self, steps: int, interval: int, action: Callable[[int], None], at_start: bool = False
    ) -> None:
        super().__init__()
        self._steps, self._interval = steps, interval
        self._action, self._at_start = action, at_start

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Remember the last end of an interval before where the training (re)starts."""
        step = int(self.model.step.numpy())
        self._stretch = (step - step % self._interval) // self._steps
        if self._at_start and step == 0:
            self._action(0)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Act when a new stretch has begun."""
        step = int(self.model.step.numpy())
        if step // self._steps != self._stretch:
            self._stretch = step // self._steps
            self._action(step)
