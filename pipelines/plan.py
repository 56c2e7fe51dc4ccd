"""Plan of a preparation, known before any picture is loaded: the shard of each item."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .dataset_info import PLAN_FILE, DatasetInfo
from .errors import InputError
from .shard import shard_name
from .sources import Broken, Item
from .whole_file import write_text

_PART = re.compile(r"(\d+)/(\d+)")


@dataclass(frozen=True)
class Part:
    """A part of a preparation that several machines share.

    Args:
        number: Number of the part, in `[0, count)`.
        count: Number of parts.
    """

    number: int = 0
    count: int = 1

    @classmethod
    def of(cls, text: str | None) -> "Part":
        """The part that `i/n` names; all of it where nothing is said.

        Raises:
            InputError: No such form, or no such part.
        """
        if text is None:
            return cls()
        found = _PART.fullmatch(text)
        if not found or not int(found[1]) < int(found[2]):
            raise InputError(
                "--shard must be i/n, the part i from 0 to n − 1 of n, such as 0/4. "
                f"Received: {text}."
            )
        return cls(int(found[1]), int(found[2]))


@dataclass
class Unit:
    """A shard to be written.

    Args:
        split: Name of its split.
        name: Name of the file.
        items: Items of the shard, each with its place in the source.
    """

    split: str
    name: str
    items: list[tuple[int, Item]] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """A preparation that has not begun, or is under way.

    An item's place among those of its split decides its shard: item i lies in shard i mod the
    number of shards. So shards can be written one after the other, and by several machines.

    Args:
        info: Information that is known beforehand, with the remarks of the source.
        shards: Number of shards by split.
        items: sha256 of the source's list: names, splits, captions and labels, not the pictures.
        broken: Places in the source, and why what stands there cannot be used.
        skip_broken: Whether what turns out to be unusable later is left out too.
        preset: Preset to train on the data first.
        part: The part to be written here.
    """

    info: DatasetInfo
    shards: dict[str, int]
    items: str
    broken: tuple[tuple[int, str], ...]
    skip_broken: bool
    preset: str
    part: Part

    @property
    def names(self) -> list[str]:
        """Names of all shards of the data set."""
        return [shard_name(split, n, m) for split, m in self.shards.items() for n in range(m)]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "info": self.info.to_json(),
            "shards": self.shards,
            "items": self.items,
            "broken": list(self.broken),
            "skip_broken": self.skip_broken,
            "preset": self.preset,
            "part": [self.part.number, self.part.count],
        }

    def fits(self, other: "Plan") -> bool:
        """Whether two parts can be of one data set; the source may lie elsewhere on each machine.

        Args:
            other: Another part's plan.
        """
        return self._content() == other._content()

    def _content(self) -> tuple[Any, ...]:
        info, places = self.info, [place for place, _ in self.broken]
        kind = (info.source, info.image_size, info.classes, info.attributes, info.paired)
        return (*kind, self.items, self.shards, places, self.part.count)

    def save(self, folder: Path) -> None:
        """Write the plan of a folder."""
        write_text(folder / PLAN_FILE, self._text())

    def is_of(self, folder: Path) -> bool:
        """Whether a folder was begun by this very plan."""
        try:
            return (folder / PLAN_FILE).read_text("utf-8") == self._text()
        except (OSError, UnicodeDecodeError):
            return False

    def _text(self) -> str:
        return json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def load(cls, folder: Path) -> "Plan":
        """Read the plan of a folder.

        Raises:
            InputError: No such file, or a damaged one.
        """
        file = folder / PLAN_FILE
        try:
            held = json.loads(file.read_text("utf-8"))
            return cls(
                DatasetInfo.from_json(held["info"]),
                held["shards"],
                held["items"],
                tuple((place, why) for place, why in held["broken"]),
                held["skip_broken"],
                held["preset"],
                Part(*held["part"]),
            )
        except FileNotFoundError as error:
            raise InputError(
                f"{folder} is no part of a data set: it has no {PLAN_FILE}. Make parts with "
                f"`python -m {__package__}.prepare … --shard i/n`."
            ) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{file}: damaged ({error}).") from error


def listed(found: Iterable[Item | Broken]) -> tuple[list[tuple[int, Item]], list[tuple[int, str]]]:
    """A source's items, and the reasons in place of unusable ones; each with its place.

    An item whose name has come before is unusable.

    Args:
        found: Items of the source, and reasons in place of some.
    """
    items: list[tuple[int, Item]] = []
    broken: list[tuple[int, str]] = []
    seen: set[str] = set()
    for place, one in enumerate(found):
        if isinstance(one, Broken):
            broken.append((place, str(one)))
        elif one.id in seen:
            broken.append((place, f"{one.id}: the picture appears twice."))
        else:
            seen.add(one.id)
            items.append((place, one))
    return items, broken


def digest_of(items: Iterable[tuple[int, Item]]) -> str:
    """sha256 of all of a source's list but the pictures."""
    whole = hashlib.sha256()
    for place, item in items:
        held = (place, item.id, item.split, item.captions, item.label, tuple(item.attributes))
        whole.update(repr(held).encode("utf-8", "backslashreplace"))
    return whole.hexdigest()


def units_of(items: Iterable[tuple[int, Item]], shards: dict[str, int]) -> Iterator[Unit]:
    """The shards of a data set with their items, split by split.

    Args:
        items: Items with their places in the source.
        shards: Number of shards by split.
    """
    units = {
        split: [Unit(split, shard_name(split, n, count)) for n in range(count)]
        for split, count in shards.items()
    }
    counted = dict.fromkeys(shards, 0)
    for place, item in items:
        number = counted[item.split]
        counted[item.split] += 1
        units[item.split][number % shards[item.split]].items.append((place, item))
    for split in sorted(units):
        yield from units[split]
