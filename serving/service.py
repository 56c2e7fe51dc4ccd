"""Service that answers requests, over REST or gRPC."""

import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from .batching import Batcher
from .errors import ServingError, invalid
from .manager import ModelManager
from .rest.examples import ExamplesRequest, Feature
from .servable import Servable

_METHODS = {
    "classify": "tensorflow/serving/classify",
    "regress": "tensorflow/serving/regress",
}


@dataclass(frozen=True)
class Service:
    """Runs signatures of the loaded models.

    Args:
        manager: Manager of the models.
        batcher: Batcher of rows of several requests; `None` runs each request alone.
        timeout: Seconds that a request may take; 0 for no limit.
    """

    manager: ModelManager
    batcher: Batcher | None = None
    timeout: float = 30.0

    def predict(
        self, servable: Servable, signature: str, tensors: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """The outputs of a signature.

        Raises:
            ServingError: The inputs do not fit, the graph refuses them, or it takes too long.
        """
        servable.signature(signature)
        if self.batcher is None or not _have_equal_rows(tensors):
            return servable.run(signature, tensors)
        answer = self.batcher.submit(
            (servable, signature), lambda fed: servable.run(signature, fed), tensors
        )
        try:
            return answer.result(self.timeout or None)
        except (FutureTimeout, CancelledError) as error:
            answer.cancel()
            raise ServingError(
                "DEADLINE_EXCEEDED", f"The request took longer than {self.timeout:g} s."
            ) from error

    def classify(
        self, servable: Servable, request: ExamplesRequest
    ) -> list[list[tuple[str, np.floating]]]:
        """(label, score) pairs of each example."""
        outputs = self._examples(servable, request, "classify")
        given = outputs.get("scores", outputs.get("classes"))
        if given is None:
            raise invalid("Expected classification signature outputs to have classes or scores.")
        # What is missing of the two is filled in: no names, or scores of 0.
        names = outputs.get("classes", np.full(given.shape, b"", object)).reshape(len(given), -1)
        scores = outputs.get("scores", np.zeros(given.shape, "float32")).reshape(len(given), -1)
        return [
            [(label.decode("utf-8", "replace"), score) for label, score in zip(*pair, strict=True)]
            for pair in zip(names, scores, strict=True)
        ]

    def regress(self, servable: Servable, request: ExamplesRequest) -> np.ndarray:
        """A value for each example, float32 (N,)."""
        outputs = self._examples(servable, request, "regress")
        if "outputs" not in outputs:
            raise invalid("Expected regression signature outputs to contain: outputs.")
        values = outputs["outputs"]
        if values.size != len(request.examples):
            raise invalid(f"Expected regression outputs of one value an example: {values.shape}.")
        return values.reshape(-1)

    def _examples(
        self, servable: Servable, request: ExamplesRequest, verb: str
    ) -> dict[str, np.ndarray]:
        definition = servable.signature(request.signature_name)
        if definition.method_name != _METHODS[verb]:
            raise invalid(
                f"Expected {verb} signature method_name to be {_METHODS[verb]}. "
                f"Was: {definition.method_name}"
            )
        serialized = [_example(request.context | features) for features in request.examples]
        return self.predict(
            servable, request.signature_name, {"inputs": np.array(serialized, dtype=object)}
        )


def _have_equal_rows(tensors: Mapping[str, np.ndarray]) -> bool:
    """Whether the tensors have the same number of rows, at least one."""
    if any(value.ndim == 0 for value in tensors.values()):
        return False
    rows = {len(value) for value in tensors.values()}
    return len(rows) == 1 and 0 not in rows


class Gate:
    """Lets a limited number of requests in at a time.

    Args:
        limit: Number of requests.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._inside = limit, 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        """Go in.

        Raises:
            ServingError: The gate is full.
        """
        with self._lock:
            if self._inside >= self._limit:
                raise ServingError("UNAVAILABLE", "Too many requests are waiting; try again later.")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        """Go out."""
        with self._lock:
            self._inside -= 1


def _example(features: Feature) -> bytes:
    example = tf.train.Example()
    for name, values in features.items():
        feature = example.features.feature[name]
        kinds = {bytes: feature.bytes_list, float: feature.float_list, int: feature.int64_list}
        if values:
            kinds[type(values[0])].value.extend(values)
    return example.SerializeToString()
