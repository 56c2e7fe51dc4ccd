"""Counts and times for Prometheus, under the names that TensorFlow Serving gives them."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_SECONDS = tuple(1e-3 * 2**i for i in range(16))


class Metrics:
    """What has happened since the server was started."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "tensorflow_serving_request_count",
            "Requests by model and canonical status code.",
            ["model_name", "status"],
            registry=self._registry,
        )
        self._latency = Histogram(
            "tensorflow_serving_request_latency_seconds",
            "Time of a request within the server, by model.",
            ["model_name"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._batches = Histogram(
            "tensorflow_serving_batching_session_padded_batch_size",
            "Rows of a batch before it is filled up.",
            buckets=tuple(2**i for i in range(11)),
            registry=self._registry,
        )

    def request(self, model: str, status: str, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(model, status).inc()
        self._latency.labels(model).observe(seconds)

    def batch(self, rows: int) -> None:
        """Count a batch."""
        self._batches.observe(rows)

    def text(self) -> bytes:
        """In Prometheus's text format."""
        return generate_latest(self._registry)
