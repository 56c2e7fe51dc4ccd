"""Dynamic batching: rows of several requests run together."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np

from .errors import ServingError, invalid
from .metrics import Metrics
from .settings import BatchingSettings

Tensors = dict[str, np.ndarray]
Run = Callable[[Tensors, float | None], Awaitable[Tensors]]


@dataclass(eq=False)
class _Task:
    """The rows of one request, when they came and must be answered, and where their results go."""

    tensors: Tensors
    rows: int
    since: float
    deadline: float | None
    answer: "asyncio.Future[Tensors]"


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
        settings: Sizes, waiting time and number of batches that run at a time.
        metrics: Counts of requests' and batches' rows.
    """

    def __init__(self, settings: BatchingSettings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._queues: dict[Hashable, _Queue] = {}
        self._running: set[asyncio.Task] = set()
        self._freed = 0.0  # when the last batch ended

    async def run(
        self, key: Hashable, run: Run, tensors: Mapping[str, np.ndarray], seconds: float | None
    ) -> Tensors:
        """Let tensors wait for others of the same key and shape of rows; then their own results.

        Args:
            key: Name of what is run.
            run: Function of tensors and of the seconds that it may take.
            tensors: Rows by name of the input.
            seconds: Time that the request may take, waiting included; `None` for no limit.

        Raises:
            ServingError: No or too many rows, too much is waiting already, or the time is over.
        """
        rows = self._rows(tensors)
        self._metrics.batched(rows)
        shapes = tuple(sorted((n, v.shape[1:], v.dtype.str) for n, v in tensors.items()))
        loop = asyncio.get_running_loop()
        queue = self._queues.get((key, shapes)) or _Queue(run)
        waiting = -(-(queue.rows + rows) // self._settings.max_batch_size)
        if waiting > self._settings.max_enqueued_batches:
            raise ServingError(
                "UNAVAILABLE",
                "The batch scheduling queue to which this task was submitted is full; "
                f"{waiting - 1} batches are waiting.",
            )
        deadline = None if seconds is None else loop.time() + seconds
        task = _Task(dict(tensors), rows, loop.time(), deadline, loop.create_future())
        queue.tasks.append(task)
        self._queues[key, shapes] = queue
        loop.call_later(self._settings.batch_timeout_micros / 1e6, self._start_due)
        self._start_due()
        try:
            async with asyncio.timeout(seconds):
                return await task.answer
        except TimeoutError as error:
            raise ServingError(
                "DEADLINE_EXCEEDED", f"The request took longer than {seconds:.3g} s."
            ) from error
        finally:
            self._leave((key, shapes), task)

    def _leave(self, key: Hashable, task: _Task) -> None:
        """Take a task out that still waits: whoever asked has gone, and others have its place."""
        queue = self._queues.get(key)
        if queue is not None and task in queue.tasks:
            queue.tasks.remove(task)
            if not queue.tasks:
                del self._queues[key]

    def _rows(self, tensors: Mapping[str, np.ndarray]) -> int:
        counts = {value.shape[0] for value in tensors.values() if value.ndim}
        if len(counts) != 1 or not all(value.ndim for value in tensors.values()):
            raise invalid(
                "Batching input tensors must have equal first dimensions, and at least one."
            )
        rows, limit = counts.pop(), self._settings.max_batch_size
        if not 1 <= rows <= limit:
            raise invalid(f"Task size {rows} is not between 1 and the maximum batch size {limit}.")
        return rows

    def _start_due(self) -> None:
        """Start batches as long as one is due and a place is free."""
        while len(self._running) < self._settings.num_batch_threads:
            found = self._due()
            if found is None:
                return
            run, batch = found
            started = asyncio.get_running_loop().create_task(self._run(run, batch))
            self._running.add(started)
            started.add_done_callback(self._ended)
            _stop_when_nobody_waits(started, batch)

    def _ended(self, task: asyncio.Task) -> None:
        loop = asyncio.get_running_loop()
        self._running.discard(task)
        self._freed = loop.time()
        loop.call_later(self._settings.batch_timeout_micros / 1e6, self._start_due)
        self._start_due()

    def _due(self) -> tuple[Run, list[_Task]] | None:
        """The batch that is due: full, or its first row has waited long enough.

        It waits from when there is a place on, too: those who have just been answered ask again.
        """
        now, limit = asyncio.get_running_loop().time(), self._settings.max_batch_size
        # What calls this after the waiting time may come a little early.
        wait = self._settings.batch_timeout_micros / 1e6 - 1e-4
        for key, queue in sorted(self._queues.items(), key=lambda item: item[1].tasks[0].since):
            while queue.tasks and queue.tasks[0].answer.done():
                queue.tasks.popleft()  # given up meanwhile
            since = max(self._freed, queue.tasks[0].since) if queue.tasks else now
            if queue.tasks and queue.rows < limit and now - since < wait:
                continue
            batch, rows = [], 0
            while queue.tasks and rows + queue.tasks[0].rows <= limit:
                task = queue.tasks.popleft()
                if not task.answer.done():
                    rows += task.rows
                    batch.append(task)
            if not queue.tasks:
                del self._queues[key]
            if batch:
                return queue.run, batch
        return None

    async def _run(self, run: Run, batch: list[_Task]) -> None:
        """Run a batch and answer its tasks; one by one if it fails."""
        try:
            outputs = await self._together(run, batch)
        except ServingError as error:
            if len(batch) == 1 or error.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
                for task in batch:
                    _fail(task, error)
                return
            for task in batch:
                await self._run_alone(run, task)
            return
        except Exception as error:
            for task in batch:
                _fail(task, error)
            return
        start = 0
        for task in batch:
            part = slice(start, start + task.rows)
            _succeed(task, {name: value[part] for name, value in outputs.items()})
            start += task.rows

    async def _run_alone(self, run: Run, task: _Task) -> None:
        try:
            outputs = await self._together(run, [task])
        except Exception as error:
            _fail(task, error)
        else:
            _succeed(task, {name: rows[: task.rows] for name, rows in outputs.items()})

    async def _together(self, run: Run, batch: list[_Task]) -> Tensors:
        """The outputs of all rows, and perhaps of some that fill the batch up."""
        rows = sum(task.rows for task in batch)
        size = next((s for s in self._settings.allowed_batch_sizes if s >= rows), rows)
        self._metrics.batch(size)
        now = asyncio.get_running_loop().time()
        ends = [task.deadline for task in batch]
        left = None if None in ends else max(end for end in ends if end is not None) - now
        outputs = await run(
            {
                name: _filled(np.concatenate([task.tensors[name] for task in batch]), size)
                for name in batch[0].tensors
            },
            left,
        )
        for name, value in outputs.items():
            if value.ndim == 0 or value.shape[0] != size:
                raise ServingError(
                    "FAILED_PRECONDITION",
                    f"Output {name} has the shape {value.shape}, not {size} rows: this signature "
                    "cannot be batched.",
                )
        return outputs


def _stop_when_nobody_waits(running: asyncio.Task, batch: list[_Task]) -> None:
    """Cancel a batch once all who asked for its rows have gone."""

    def look(_: asyncio.Future) -> None:
        if all(task.answer.done() for task in batch):
            running.cancel()

    for task in batch:
        task.answer.add_done_callback(look)


def _succeed(task: _Task, outputs: Tensors) -> None:
    if not task.answer.done():
        task.answer.set_result(outputs)


def _fail(task: _Task, error: Exception) -> None:
    if not task.answer.done():
        task.answer.set_exception(error)


def _filled(rows: np.ndarray, size: int) -> np.ndarray:
    """Rows repeated up to a size."""
    if len(rows) == size:
        return rows
    return np.concatenate([rows, np.repeat(rows[:1], size - len(rows), axis=0)])
