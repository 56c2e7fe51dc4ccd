"""Shards that a preparation has finished: notes beside them, and the data set that they make."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .dataset_info import PLAN_FILE, DatasetInfo
from .errors import InputError
from .plan import Plan
from .record_writer import complete_records
from .shard import Shard, ShardCounts
from .whole_file import write_json


@dataclass(frozen=True)
class Finished:
    """A shard that is whole, and what was met on the way.

    Args:
        split: Name of its split.
        shard: The shard.
        broken: Places in the source, and why what stands there could not be used.
        enlarged: Sides of the squares that had to be enlarged: the smallest and how many; (0, 0)
            for none.
    """

    split: str
    shard: Shard
    broken: tuple[tuple[int, str], ...] = ()
    enlarged: tuple[float, int] = (0.0, 0)

    def note(self, folder: Path, name: str) -> None:
        """Note beside a shard, which has its name, that it is whole."""
        held = {
            "split": self.split,
            "sha256": self.shard.digest,
            "counts": self.shard.counts.to_json(),
            "broken": list(self.broken),
            "enlarged": list(self.enlarged),
        }
        write_json(_note(folder, name), held)

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> "Finished":
        """A shard from its note's values."""
        smallest, count = held["enlarged"]
        return cls(
            held["split"],
            Shard(held["sha256"], ShardCounts.from_json(held["counts"])),
            tuple((place, why) for place, why in held["broken"]),
            (smallest, count),
        )


def finished_in(folder: Path) -> dict[str, Finished]:
    """The finished shards of a folder, by name.

    Raises:
        InputError: A note that is damaged.
    """
    found = {}
    for note in sorted(folder.glob("[!.]*-of-*.json")):  # hidden: half-written
        try:
            held = json.loads(note.read_text("utf-8"))
            found[note.with_suffix(".tfrecord").name] = Finished.from_json(held)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{note}: damaged ({error}).") from error
    return found


def complete_plan(folder: Path, plan: Plan, finished: Mapping[str, Finished]) -> DatasetInfo:
    """Write the `dataset.json` of a folder whose shards are all there; the notes go.

    Args:
        folder: The folder (`whole_folder`).
        plan: Plan of the preparation.
        finished: All shards by name.

    Returns:
        Content of `dataset.json`.

    Raises:
        InputError: There are no records in the split `train`.
    """
    shards: dict[str, dict[str, Shard]] = defaultdict(dict)
    broken = list(plan.broken)
    for name, held in sorted(finished.items()):
        shards[held.split][name] = held.shard
        broken.extend(held.broken)
    info = replace(
        plan.info,
        skipped=[why for _, why in sorted(broken)],
        warnings=(*plan.info.warnings, *_enlarged(plan.info, finished)),
    )
    info = complete_records(folder, info, shards)
    for name, held in finished.items():
        _note(folder, name).unlink(missing_ok=True)
        if held.split not in info.splits:  # all its items were skipped
            (folder / name).unlink()
    (folder / PLAN_FILE).unlink(missing_ok=True)
    return info


def _enlarged(info: DatasetInfo, finished: Mapping[str, Finished]) -> list[str]:
    """A line on pictures that had to be enlarged, if any."""
    sides = [held.enlarged for held in finished.values() if held.enlarged[1]]
    if not sides:
        return []
    small = sum(count for _, count in sides)
    total = sum(held.shard.counts.pictures for held in finished.values())
    return [
        f"warning: {small:,} of {total:,} pictures are enlarged to {info.image_size:,} pixels "
        f"(--image-size); the smallest is cut from {min(sides)[0]:,.0f}."
    ]


def _note(folder: Path, name: str) -> Path:
    return (folder / name).with_suffix(".json")
