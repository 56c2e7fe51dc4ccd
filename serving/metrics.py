"""Counts and times for Prometheus, under TensorFlow Serving's own names."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import Metric

from .errors import ServingError

_MICROSECONDS = tuple(10 * 1.8**i for i in range(33))
_PREFIX = ":tensorflow:serving:"


class Metrics:
    """Counts and times since the server was started."""

    def __init__(self) -> None:
        disable_created_metrics()
        self._registry = CollectorRegistry()
        self._lock, self._counts = Lock(), Counter[tuple[str, str]]()
        self._latency = Histogram(
            f"{_PREFIX}request_latency",
            "Time of a request within the server, in microseconds.",
            ["model_name", "API", "entrypoint"],
            buckets=_MICROSECONDS,
            registry=self._registry,
        )
        sizes = tuple(2**i for i in range(11))
        self._requests = Histogram(
            f"{_PREFIX}batching_session:input_batch_size",
            "Rows of a request that is batched.",
            buckets=sizes,
            registry=self._registry,
        )
        self._batches = Histogram(
            f"{_PREFIX}batching_session:processed_batch_size",
            "Rows of a batch, with those that fill it up.",
            buckets=sizes,
            registry=self._registry,
        )
        self._registry.register(self)

    @contextmanager
    def request(self, model: str, api: str, entrypoint: str) -> Iterator[None]:
        """Count a request and its time, whether it succeeds or not.

        Args:
            model: Name of the model.
            api: Name of the call, as its protocol writes it: predict or Predict.
            entrypoint: Protocol: REST or GRPC.
        """
        started, status = time.perf_counter(), "OK"
        try:
            yield
        except ServingError as error:
            status = error.code
            raise
        except asyncio.CancelledError:  # whoever asked has gone
            status = "CANCELLED"
            raise
        except Exception:  # a fault of this server's
            status = "INTERNAL"
            raise
        finally:
            with self._lock:
                self._counts[model, status] += 1
            microseconds = 1e6 * (time.perf_counter() - started)
            self._latency.labels(model, api, entrypoint).observe(microseconds)

    def batched(self, rows: int) -> None:
        """Count the rows of a request that is batched."""
        self._requests.observe(rows)

    def batch(self, rows: int) -> None:
        """Count the rows of a batch that runs."""
        self._batches.observe(rows)

    def text(self) -> bytes:
        """Text of all metrics in Prometheus's format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Counts for prometheus_client, under a name that its counters cannot have."""
        counts = Metric(f"{_PREFIX}request_count", "Requests by model and status.", "unknown")
        with self._lock:
            for (model, status), count in self._counts.items():
                labels = {"model_name": model, "status": status}
                counts.add_sample(f"{_PREFIX}request_count", labels, count)
        yield counts
