"""A run that reads labels in pictures, as an extractor."""

import numpy as np

from keras_t2i.metrics.subject import ReadsLabels


class RunClassifier:
    """A network that reads labels, as an extractor whose logits are these.

    Args:
        network: The network, such as that of a `label-classifier` run.
        name: Name of the preset that trained it.
    """

    canonical = False

    def __init__(self, network: ReadsLabels, name: str) -> None:
        self._network = network
        self.fingerprint = network.fingerprint()
        self.name = f"{name}-{self.fingerprint[:8]}"
        self.size, self.labels = network.image_size, network.labels

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures float32 (N, S, S, 3) in [0, 255] → features (N, D), logits (N, labels)."""
        features, logits = self._network.features_and_logits(pictures / 127.5 - 1.0)
        return {"features": np.asarray(features), "logits": np.asarray(logits)}
