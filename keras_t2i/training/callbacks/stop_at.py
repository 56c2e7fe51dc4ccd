"""A stop rule."""

import keras


class StopAt(keras.callbacks.Callback):
    """Ends the training when an interval's mean reaches a value.

    Args:
        term: Name of the scalar.
        value: Least value that ends the training.
    """

    def __init__(self, term: str, value: float) -> None:
        super().__init__()
        self._term, self._value = term, value

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Stop if the value is reached."""
        if float((logs or {})[self._term]) >= self._value:
            self.model.stop_training = True
