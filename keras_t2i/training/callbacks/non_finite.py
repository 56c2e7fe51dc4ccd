"""A guard against losses that are no numbers."""

import math

import keras

from keras_t2i.training.errors import NonFiniteLoss


class NonFiniteGuard(keras.callbacks.Callback):
    """Ends the training at the first step whose terms are not all finite.

    It must come before the callback that saves: what it stops at is never saved.
    """

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Check each term.

        Raises:
            NonFiniteLoss: Naming the terms and the step.
        """
        bad = [name for name, value in (logs or {}).items() if not math.isfinite(float(value))]
        if bad:
            raise NonFiniteLoss(
                f"{', '.join(bad)} not finite at step {int(self.model.step.numpy())}."
            )
