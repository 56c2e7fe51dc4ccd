"""A run of the project's own that reads labels in pictures."""

import hashlib

import numpy as np

from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.run import Run


class RunClassifier:
    """The network of a `label-classifier` run, or a PSC-GAN's encoder and label head.

    Args:
        run: The run.

    Raises:
        InputError: Not a run, not trained yet, or of a kind that does not read pictures.
    """

    canonical = False

    def __init__(self, run: Run) -> None:
        task = run.experiment.task(run, run.data)
        if not hasattr(task, "see"):
            raise InputError(
                f"{run.path}: a run of {run.experiment.name} does not read pictures; "
                "`python -m keras_t2i.fit label-classifier` trains one that does."
            )
        self._see, weights = task.see()
        digest = hashlib.sha256(b"".join(np.ascontiguousarray(w).tobytes() for w in weights))
        self.fingerprint = digest.hexdigest()
        self.name = f"{run.experiment.name}-{self.fingerprint[:8]}"
        self.size = run.info.image_size
        self.labels = task.schema.labels

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures float32 (N, S, S, 3) in [0, 255] → features (N, D), logits (N, labels)."""
        features, logits = self._see(pictures / 127.5 - 1.0)
        return {"features": np.asarray(features), "logits": np.asarray(logits)}
