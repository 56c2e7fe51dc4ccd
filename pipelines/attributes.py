"""Labels of pictures: named groups, other names in any language, and vectors of ones and zeros."""

import difflib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .attribute import Attribute
from .errors import InputError
from .spelling import key, split_names

__all__ = [
    "MONTAGE",
    "Attribute",
    "AttributeSchema",
    "count_combinations",
    "count_labels",
    "key",
]

_MOST_COMBINATIONS = 100_000


@dataclass(frozen=True)
class AttributeSchema:
    """The labels that a data set may use.

    A *label* is one value of one attribute; there are n in all, in the attributes' order. Those of
    a picture are a *multi-hot* vector, float32 (n,), or the *columns* of its record.

    Examples:
        >>> MONTAGE.describe(MONTAGE.parse("여성, 웨이브형, 쌍커풀"))
        'female, wavy, double eyelid'

    Args:
        attributes: The groups. A label that two of them share is called `group: label`.

    Raises:
        InputError: An attribute that cannot be a group of labels (`Attribute.check`), or two of
            the same name.
    """

    attributes: tuple[Attribute, ...]

    def __post_init__(self) -> None:
        for attribute in self.attributes:
            attribute.check()
        if len({key(attribute.name) for attribute in self.attributes}) < len(self.attributes):
            raise InputError("Two groups of labels have the same name.")

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The n labels' names, each different from all others."""
        return tuple(
            name if len(self._places[key(name)]) == 1 else f"{attribute.name}: {name}"
            for attribute in self.attributes
            for name in attribute.values
        )

    @property
    def width(self) -> int:
        """The number of labels, n."""
        return sum(len(attribute.values) for attribute in self.attributes)

    @cached_property
    def names(self) -> dict[str, int]:
        """Every name that is understood, spelled as `spelling.key` does, to its label's place."""
        return {name: places[0] for name, places in self._places.items() if len(places) == 1}

    @cached_property
    def mirror(self) -> np.ndarray:
        """int64 (n,): label i of a picture is label mirror[i] of the mirrored picture."""
        places = np.arange(self.width)
        for attribute, start in zip(self.attributes, self._starts, strict=True):
            for pair in attribute.mirrored.items():
                one, other = (start + attribute.values.index(value) for value in pair)
                places[one], places[other] = other, one
        return places

    def parse(self, text: str) -> np.ndarray:
        """Labels separated by commas (`spelling.COMMAS`), by any of their names, to float32 (n,).

        Raises:
            InputError: An unknown label, two labels of one group, or a group without any.
        """
        return self.encode(split_names(text))

    def encode(self, names: Iterable[str]) -> np.ndarray:
        """Labels by any of their names to float32 (n,).

        Raises:
            InputError: Labels that `parse` refuses.
        """
        vector = np.zeros(self.width, "float32")
        vector[[self.place(name) for name in names]] = 1.0
        for attribute, start in zip(self.attributes, self._starts, strict=True):
            held = np.flatnonzero(vector[start : start + len(attribute.values)])
            if attribute.free or len(held) == 1:
                continue
            given = " and ".join(attribute.values[i] for i in held) or "none"
            raise InputError(
                f"A picture has exactly one label of the group {attribute.name!r}: "
                f"{', '.join(attribute.values)}. Received: {given}."
            )
        return vector

    def describe(self, vector: np.ndarray) -> str:
        """The labels of a multi-hot vector (n,), separated by commas."""
        return ", ".join(self.labels[i] for i in np.flatnonzero(np.asarray(vector) > 0.5))

    def columns(self, vector: np.ndarray) -> tuple[int, ...]:
        """A record's attributes for a multi-hot vector (n,); -1 for a group without any."""
        numbers: list[int] = []
        for attribute, start in zip(self.attributes, self._starts, strict=True):
            part = np.asarray(vector[start : start + len(attribute.values)]) > 0.5
            if attribute.free:
                numbers += part.astype(int).tolist()
            else:
                numbers.append(int(part.argmax()) if part.any() else -1)
        return tuple(numbers)

    def multi_hot(self, columns: np.ndarray) -> np.ndarray:
        """Records' attributes, int64 (N, columns), to float32 (N, n); what is unknown is all 0."""
        columns, parts, place = np.asarray(columns), [], 0
        for attribute in self.attributes:
            own = columns[:, place : place + attribute.columns]
            ones = own == 1 if attribute.free else own == np.arange(len(attribute.values))
            parts.append(ones.astype("float32"))
            place += attribute.columns
        return np.concatenate(parts, axis=1)

    def combinations(self) -> np.ndarray:
        """All that a picture can have, float32 (K, n), the last group changing fastest.

        Raises:
            InputError: More than 100,000.
        """
        choices = [
            np.array(list(itertools.product((0, 1), repeat=len(a.values))))
            if a.free
            else np.eye(len(a.values))
            for a in self.attributes
            if not a.free or len(a.values) < 17
        ]
        count = int(np.prod([len(rows) for rows in choices]))
        if len(choices) < len(self.attributes) or count > _MOST_COMBINATIONS:
            raise InputError(f"These labels have more than {_MOST_COMBINATIONS:,} combinations.")
        return np.array([np.concatenate(rows) for rows in itertools.product(*choices)], "float32")

    def part(self, name: str) -> slice:
        """The places of a group's labels in a multi-hot vector.

        Raises:
            InputError: No such group.
        """
        for attribute, start in zip(self.attributes, self._starts, strict=True):
            if key(attribute.name) == key(name):
                return slice(start, start + len(attribute.values))
        groups = [attribute.name for attribute in self.attributes]
        raise InputError(f"No group {name!r}.{_nearest(name, groups)} Groups: {', '.join(groups)}.")

    def place(self, name: str) -> int:
        """The place of a label in a multi-hot vector, by any of its names.

        Raises:
            InputError: Unknown, or of several groups.
        """
        places = self._places.get(key(name), [])
        if len(places) == 1:
            return places[0]
        if places:
            choices = ", ".join(repr(self.labels[place]) for place in places)
            raise InputError(f"The label {name.strip()!r} is of several groups; say {choices}.")
        hint = _nearest(name, self._places)
        raise InputError(f"Unknown label {name.strip()!r}.{hint} Labels: {', '.join(self.labels)}.")

    @cached_property
    def _starts(self) -> list[int]:
        """The place of each attribute's first label."""
        widths = [len(attribute.values) for attribute in self.attributes]
        return [0, *np.cumsum(widths)[:-1].tolist()]

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Labels' places by name, alias and qualified name."""
        places: dict[str, list[int]] = {}
        for attribute, start in zip(self.attributes, self._starts, strict=True):
            of_value = {value: start + i for i, value in enumerate(attribute.values)}
            names = of_value | {a: of_value[value] for a, value in attribute.aliases.items()}
            for name, place in names.items():
                for called in (name, f"{attribute.name}: {name}"):
                    known = places.setdefault(key(called), [])
                    if place not in known:
                        known.append(place)
        return places


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key(name), [key(k) for k in known], 1)
    return f" Did you mean {near[0]!r}?" if near else ""


def count_labels(schema: AttributeSchema, vectors: np.ndarray) -> dict[str, int]:
    """How many pictures have each label, in the schema's order.

    Args:
        schema: The labels.
        vectors: Labels, multi-hot (N, n).
    """
    return dict(zip(schema.labels, vectors.sum(0).astype(int).tolist(), strict=True))


def count_combinations(schema: AttributeSchema, vectors: np.ndarray) -> dict[str, int]:
    """How many pictures have each combination that occurs, the most frequent first.

    Args:
        schema: The labels.
        vectors: Labels, multi-hot (N, n).
    """
    rows, counts = np.unique(vectors, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {schema.describe(rows[i]): int(counts[i]) for i in order}


def _group(
    name: str, labels: Sequence[tuple[str, ...]], mirrored: dict[str, str] | None = None
) -> Attribute:
    """A group of labels, each with its names, of which the first is the label itself."""
    aliases = {alias: names[0] for names in labels for alias in names[1:]}
    values = tuple(names[0] for names in labels)
    return Attribute(name, values, aliases=aliases, mirrored=mirrored or {})


MONTAGE = AttributeSchema(
    (
        _group("gender", [("male", "남성", "남자", "man"), ("female", "여성", "여자", "woman")]),
        _group(
            "hair",
            [
                ("curly", "곱슬머리", "curly hair"),
                ("straight", "직모", "직모(생머리)", "생머리", "straight hair"),
                ("crew cut", "스포츠형", "sports", "sports cut"),
                ("balding", "탈모형", "bald"),
                ("wavy", "웨이브형", "웨이브", "wavy hair"),
            ],
        ),
        _group(
            "eyes",
            [
                ("double eyelid", "쌍커풀", "쌍꺼풀", "double", "double eyelids"),
                ("inner double eyelid", "속쌍꺼풀", "속쌍커풀", "inner double"),
                ("left asymmetric", "왼쪽 비대칭", "왼쪽비대칭", "left asymmetric eyelid"),
                ("single eyelid", "외꺼풀", "외커풀", "single", "single eyelids"),
                ("right asymmetric", "오른쪽 비대칭", "오른쪽비대칭", "right asymmetric eyelid"),
            ],
            mirrored={
                "left asymmetric": "right asymmetric",
                "right asymmetric": "left asymmetric",
            },
        ),
    )
)
"""The 12 labels of the PSC-GAN paper (section IV), in English and Korean."""
