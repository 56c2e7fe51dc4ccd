"""Dynamic batching: rows of several requests run together."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from .errors import ServingError, invalid
from .settings import BatchingSettings

Tensors = dict[str, np.ndarray]
Run = Callable[[Tensors], Tensors]


@dataclass
class _Task:
    """The rows of one request, when they came, and where their results go."""

    tensors: Tensors
    rows: int
    since: float
    answer: "Future[Tensors]" = field(default_factory=Future)


@dataclass
class _Queue:
    """Tasks that can run together: of one model, signature, and shape of rows."""

    run: Run
    tasks: deque[_Task] = field(default_factory=deque)

    @property
    def rows(self) -> int:
        return sum(task.rows for task in self.tasks)


class Batcher:
    """Runs the rows of waiting requests together.

    A row's result does not depend on the rows beside it beyond floating point. A batch that fails
    is run again request by request, so that one bad request does not fail the others.

    Args:
        settings: Sizes, waiting time and threads.
        observe: Function called with each batch's rows, before it is filled up.
    """

    def __init__(
        self, settings: BatchingSettings, observe: Callable[[int], None] = lambda rows: None
    ) -> None:
        self._settings, self._observe = settings, observe
        self._queues: dict[Hashable, _Queue] = {}
        self._changed = threading.Condition()
        self._open = True
        self._threads = [
            threading.Thread(target=self._work, name=f"batch-{i}", daemon=True)
            for i in range(settings.num_batch_threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(
        self, key: Hashable, run: Run, tensors: Mapping[str, np.ndarray]
    ) -> "Future[Tensors]":
        """Let tensors wait for others of the same key and the same shape of rows.

        Raises:
            ServingError: No or too many rows, or too much is waiting already.
        """
        counts = {value.shape[0] for value in tensors.values() if value.ndim}
        if len(counts) != 1 or not all(value.ndim for value in tensors.values()):
            raise invalid(
                "Batching input tensors must have equal first dimensions, and at least one."
            )
        rows = counts.pop()
        limit = self._settings.max_batch_size
        if not 1 <= rows <= limit:
            raise invalid(f"Task size {rows} is not between 1 and the maximum batch size {limit}.")
        shapes = tuple(sorted((n, v.shape[1:], v.dtype.str) for n, v in tensors.items()))
        task = _Task(dict(tensors), rows, time.monotonic())
        with self._changed:
            if not self._open:
                raise ServingError("UNAVAILABLE", "The server is shutting down.")
            queue = self._queues.setdefault((key, shapes), _Queue(run))
            waiting = -(-(queue.rows + rows) // limit)
            if waiting > self._settings.max_enqueued_batches:
                if not queue.tasks:
                    del self._queues[key, shapes]
                raise ServingError(
                    "UNAVAILABLE",
                    "The batch scheduling queue to which this task was submitted is full; "
                    f"{waiting - 1} batches are waiting.",
                )
            queue.tasks.append(task)
            self._changed.notify()
        return task.answer

    def close(self) -> None:
        """Finish what is waiting, and end the threads."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        """Run batches as they become due, until the batcher is closed and nothing waits."""
        while True:
            with self._changed:
                found = self._next()
                while found is None:
                    if not self._open and not self._queues:
                        return
                    self._changed.wait(self._until_due())
                    found = self._next()
            self._run(*found)

    def _next(self) -> tuple[Run, list[_Task]] | None:
        """Take a batch that is full or has waited long enough; the oldest first."""
        now, limit = time.monotonic(), self._settings.max_batch_size
        timeout = self._settings.batch_timeout_micros / 1e6
        for key, queue in sorted(self._queues.items(), key=lambda item: item[1].tasks[0].since):
            due = now - queue.tasks[0].since >= timeout or not self._open
            if not due and queue.rows < limit:
                continue
            batch, rows = [], 0
            while queue.tasks and rows + queue.tasks[0].rows <= limit:
                task = queue.tasks.popleft()
                rows += task.rows
                if task.answer.set_running_or_notify_cancel():
                    batch.append(task)
            if not queue.tasks:
                del self._queues[key]
            else:
                self._changed.notify()
            if batch:
                return queue.run, batch
            return self._next()  # all of these requests were given up meanwhile
        return None

    def _until_due(self) -> float | None:
        """Seconds until the oldest task has waited long enough; `None` if there is none."""
        if not self._queues:
            return None
        oldest = min(queue.tasks[0].since for queue in self._queues.values())
        return max(0.0, oldest + self._settings.batch_timeout_micros / 1e6 - time.monotonic())

    def _run(self, run: Run, batch: list[_Task]) -> None:
        """Run a batch and answer its tasks; one by one if it fails."""
        self._observe(sum(task.rows for task in batch))
        try:
            outputs = self._together(run, batch)
        except Exception as error:
            if len(batch) == 1:
                batch[0].answer.set_exception(error)
                return
            for task in batch:
                self._run_alone(run, task)
            return
        start = 0
        for task in batch:
            part = slice(start, start + task.rows)
            task.answer.set_result({name: value[part] for name, value in outputs.items()})
            start += task.rows

    def _run_alone(self, run: Run, task: _Task) -> None:
        try:
            outputs = self._together(run, [task])
            task.answer.set_result({name: rows[: task.rows] for name, rows in outputs.items()})
        except Exception as error:
            task.answer.set_exception(error)

    def _together(self, run: Run, batch: list[_Task]) -> Tensors:
        """The outputs of all rows, and perhaps of some that fill the batch up."""
        rows = sum(task.rows for task in batch)
        size = next((s for s in self._settings.allowed_batch_sizes if s >= rows), rows)
        outputs = run(
            {
                name: _filled(np.concatenate([task.tensors[name] for task in batch]), size)
                for name in batch[0].tensors
            }
        )
        for name, value in outputs.items():
            if value.ndim == 0 or value.shape[0] != size:
                raise ServingError(
                    "FAILED_PRECONDITION",
                    f"Output {name} has the shape {value.shape}, not {size} rows: this signature "
                    "cannot be batched.",
                )
        return outputs


def _filled(rows: np.ndarray, size: int) -> np.ndarray:
    """Rows repeated up to a size."""
    if len(rows) == size:
        return rows
    return np.concatenate([rows, np.repeat(rows[:1], size - len(rows), axis=0)])
