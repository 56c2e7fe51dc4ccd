"""The work of a preparation: items become records, shard after shard."""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from .errors import InputError
from .finished import Finished, finished_in
from .images import sides_before_resizing
from .ordered import in_processes, in_threads, ordered_map
from .plan import Plan, Unit
from .record import Encoded, Record
from .shard import ShardWriter
from .sources import Broken, Item
from .whole_file import remove_partials


@dataclass(frozen=True)
class _Loaded:
    """A record that is ready.

    Args:
        record: The record.
        side: Side of the smallest square that was cut out for it, in pixels; infinite of pictures
            that are drawn at any size.
    """

    record: Encoded
    side: float


def fill(
    folder: Path,
    plan: Plan,
    units: Sequence[Unit],
    workers: int,
    tell: Callable[[int], None],
) -> dict[str, Finished]:
    """Write the shards that a folder lacks, one after the other.

    Args:
        folder: The folder (`whole_folder`), whose plan is written.
        plan: The preparation.
        units: The shards to write.
        workers: Number of processes that load pictures; 0 takes threads of this one.
        tell: Function that is called with the number of items that are done.

    Returns:
        All shards by name.

    Raises:
        InputError: Something cannot be used and is not to be skipped.
    """
    left = unfinished(folder, units)
    tell(sum(len(unit.items) for unit in units) - sum(len(unit.items) for unit in left))
    load = partial(_load, plan.info.stored_size)
    items = (item for unit in left for _, item in unit.items)
    with _pool(workers, left) as pool, closing(ordered_map(load, items, pool)) as loaded:
        for unit in left:
            _write(folder, plan, unit, loaded, tell)
    return finished_in(folder)


def unfinished(folder: Path, units: Sequence[Unit]) -> list[Unit]:
    """The shards that a folder lacks; half-written notes in it are removed.

    Args:
        folder: The folder (`whole_folder`).
        units: The shards to write.

    Raises:
        InputError: A note that is damaged.
    """
    remove_partials(folder)
    finished = {name for name in finished_in(folder) if (folder / name).exists()}
    return [unit for unit in units if unit.name not in finished]


def write_alone(folder: Path, plan: Plan, unit: Unit) -> None:
    """Write one shard and its note in this thread.

    Args:
        folder: The folder (`whole_folder`).
        plan: The preparation.
        unit: The shard.

    Raises:
        InputError: Something cannot be used and is not to be skipped.
    """
    loaded = (_load(plan.info.stored_size, item) for _, item in unit.items)
    _write(folder, plan, unit, loaded, lambda done: None)


def _write(
    folder: Path,
    plan: Plan,
    unit: Unit,
    loaded: Iterator[_Loaded | Broken],
    tell: Callable[[int], None],
) -> None:
    """A shard and its note, of items that are loaded in turn."""
    writing = _Writing(folder, unit, plan.info.image_size, plan.skip_broken)
    writing.run(loaded, tell).note(folder, unit.name)


@dataclass
class _Writing:
    """A shard that is being written."""

    folder: Path
    unit: Unit
    image_size: int
    skip_broken: bool
    broken: list[tuple[int, str]] = field(default_factory=list)
    sides: list[float] = field(default_factory=list)

    def run(self, loaded: Iterator[_Loaded | Broken], tell: Callable[[int], None]) -> Finished:
        path = self.folder / self.unit.name
        writer = ShardWriter(path.with_suffix(".partial"))
        for place, _ in self.unit.items:
            one = next(loaded)
            if isinstance(one, Broken):
                self._leave_out(place, one)
            else:
                writer.write(one.record)
                self.sides.append(one.side)
            tell(1)
        small = [side for side in self.sides if side < self.image_size]
        enlarged = (min(small), len(small)) if small else (0.0, 0)
        return Finished(self.unit.split, writer.close(path), tuple(self.broken), enlarged)

    def _leave_out(self, place: int, why: Broken) -> None:
        if not self.skip_broken:
            raise InputError(f"{why} (--skip-broken goes on without it.)")
        self.broken.append((place, str(why)))


def _pool(workers: int, units: Sequence[Unit]) -> AbstractContextManager[Executor]:
    if not workers:
        return in_threads()
    sample = next((item for unit in units for _, item in unit.items), None)
    return in_processes(workers, sample)


def _load(side: int, item: Item) -> _Loaded | Broken:
    """Make the record with its files; the error is returned, for it need not end the work."""
    try:
        with sides_before_resizing() as sides:
            image = item.load(side)
            given = item.load_given(side) if item.load_given else None
    except InputError as error:
        return Broken(error)
    record = Record(item.id, image, item.captions, item.label, item.attributes, given)
    return _Loaded(record.encoded, min(sides, default=math.inf))
