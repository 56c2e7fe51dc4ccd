"""Description of a prepared data set: its `dataset.json`."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .attribute import Attribute
from .errors import InputError

FORMAT_VERSION = 1
INFO_FILE = "dataset.json"
PLAN_FILE = "plan.json"


@dataclass(frozen=True)
class SplitInfo:
    """Counts and files of one split.

    Args:
        pictures: Number of records; of melodies, of bars.
        captions: Number of their captions.
        shards: Digests (sha256) of the files, by name.
        classes: Number of classes that occur.
        labels: Number of pictures with each label.
        combinations: Number of pictures with each combination of labels, the most frequent first;
            none are kept of data with classes, or where more than 1,000 occur in all splits.
    """

    pictures: int
    captions: int
    shards: dict[str, str]
    classes: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    combinations: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DatasetInfo:
    """Content of `dataset.json`.

    Args:
        source: Name of the source.
        licence: Licence of the pictures and captions.
        image_size: Side of the pictures in training, in pixels.
        stored_size: Side of the stored pictures: room for a random crop.
        classes: Names of the classes, by label.
        attributes: The attributes, in the order of a record's.
        splits: The splits by name.
        skipped: Lines on the items that were left out.
        warnings: Lines on anything that deserves a look.
        options: Options of the source.
        paired: Whether each picture has another beside it, from which it is to be made.
        kind: Type of the records: `pictures` or `melodies`.
        format_version: Version of the files' format.
    """

    source: str
    licence: str
    image_size: int
    stored_size: int
    classes: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    splits: dict[str, SplitInfo] = field(default_factory=dict)
    skipped: Sequence[str] = ()
    warnings: Sequence[str] = ()
    options: dict[str, Any] = field(default_factory=dict)
    paired: bool = False
    kind: str = "pictures"
    format_version: int = FORMAT_VERSION

    @property
    def attribute_columns(self) -> int:
        """How many numbers a record's attributes are."""
        return sum(attribute.columns for attribute in self.attributes)

    @property
    def label_counts(self) -> dict[str, dict[str, int]]:
        """Pictures per label, by split; empty of data that an earlier version prepared."""
        return {name: split.labels for name, split in self.splits.items()}

    @property
    def combination_counts(self) -> dict[str, dict[str, int]]:
        """Pictures per combination such as `female, wavy`, by split; where `SplitInfo` has them."""
        return {name: split.combinations for name, split in self.splits.items()}

    @property
    def checksum(self) -> str:
        """One sha256 over all shards."""
        whole = hashlib.sha256()
        for name in sorted(self.splits):
            for shard, digest in sorted(self.splits[name].shards.items()):
                whole.update(f"{shard} {digest}\n".encode())
        return whole.hexdigest()

    def require(self, directory: Path, kind: str) -> None:
        """Refuse data of another type.

        Raises:
            InputError: The records are no such thing.
        """
        if self.kind != kind:
            raise InputError(f"{directory} holds {self.kind}; this needs {kind}.")

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def load(cls, directory: Path) -> "DatasetInfo":
        """Read a folder's `dataset.json`.

        Raises:
            InputError: No such folder or file, one of another version, or a damaged one.
        """
        directory, file = Path(directory), Path(directory) / INFO_FILE
        if not directory.is_dir():
            raise InputError(f"{directory}: no such data folder.")
        if (directory / PLAN_FILE).exists():
            raise InputError(
                f"{directory} holds a part of a data set only. "
                f"Join the parts with `python -m {__package__}.merge`."
            )
        if not file.exists():
            raise InputError(
                f"{directory} is no prepared data set: it has no {INFO_FILE}. "
                f"Make one with `python -m {__package__}.prepare`."
            )
        return cls.parse(file.read_bytes(), str(file))

    @classmethod
    def parse(cls, text: bytes, file: str) -> "DatasetInfo":
        """Information from the content of a `dataset.json`.

        Args:
            text: The content.
            file: Name of the file, for messages.

        Raises:
            InputError: One of another version, or a damaged one.
        """
        try:
            held = json.loads(text.decode())
        except ValueError as error:
            raise InputError(f"{file}: not readable as JSON ({error}).") from error
        version = held.get("format_version") if isinstance(held, dict) else None
        if version != FORMAT_VERSION:
            raise InputError(
                f"{file}: format_version must be {FORMAT_VERSION}. Received: {version!r}."
            )
        try:
            return cls.from_json(held)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{file}: a field is missing or of another type ({error}).") from error

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> "DatasetInfo":
        """Information from what `to_json` gave.

        Raises:
            KeyError, TypeError, AttributeError: A field is missing or of another type.
        """
        known = {name: held[name] for name in cls.__dataclass_fields__ if name in held}
        known["classes"] = tuple(held["classes"])
        known["attributes"] = tuple(
            Attribute(**{**a, "values": tuple(a["values"])}) for a in held["attributes"]
        )
        known["splits"] = {name: SplitInfo(**split) for name, split in held["splits"].items()}
        known["skipped"] = tuple(held["skipped"])
        known["warnings"] = tuple(held["warnings"])
        return cls(**known)
