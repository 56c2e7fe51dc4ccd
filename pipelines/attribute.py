"""A property of pictures: its values, their other names, and what mirroring makes of them."""

from dataclasses import dataclass, field

from .errors import InputError
from .spelling import COMMAS, key


@dataclass(frozen=True)
class Attribute:
    """A property whose true value each record states.

    Args:
        name: Name of the property, such as `body colour`.
        values: Possible values.
        free: Whether any number of the values hold at once: a record has a 0 or 1 a value. Else
            exactly one holds, and a record has its index.
        aliases: Other names of values, to the value.
        mirrored: Values that turn into others when the picture is mirrored, and these into them;
            one direction is enough.
    """

    name: str
    values: tuple[str, ...]
    free: bool = False
    aliases: dict[str, str] = field(default_factory=dict)
    mirrored: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> int:
        """How many numbers a record has for it."""
        return len(self.values) if self.free else 1

    def check(self) -> None:
        """Refuse what cannot be a group of labels.

        Raises:
            InputError: No values; a value or alias that is empty, holds a comma, or means two
                things; a value with two mirror images.
        """
        _check_values(self)
        _check_names(self)
        _check_mirrored(self)


def _check_values(attribute: Attribute) -> None:
    """There are some, each once, and nothing else is spoken of."""
    values, mirrored = attribute.values, attribute.mirrored
    if not values:
        raise InputError(f"The group {attribute.name!r} has no labels.")
    spellings: set[str] = set()
    for value in values:
        if key(value) in spellings:
            raise InputError(f"The group {attribute.name!r} has the label {value!r} twice.")
        spellings.add(key(value))
    for value in (*attribute.aliases.values(), *mirrored, *mirrored.values()):
        if value not in values:
            raise InputError(
                f"{value!r} is none of the labels of the group {attribute.name!r}: "
                f"{', '.join(values)}."
            )


def _check_names(attribute: Attribute) -> None:
    """Each can be said, and means one value."""
    meant: dict[str, str] = {}
    for name, value in (
        *zip(attribute.values, attribute.values, strict=True),
        *attribute.aliases.items(),
    ):
        if not key(name) or not COMMAS.isdisjoint(name):
            raise InputError(
                f"A label's name must hold something and no comma. Received: {name!r} in the group "
                f"{attribute.name!r}."
            )
        other = meant.setdefault(key(name), value)
        if other != value:
            raise InputError(
                f"In the group {attribute.name!r}, {name!r} means both {other!r} and {value!r}."
            )


def _check_mirrored(attribute: Attribute) -> None:
    """A mirrored picture that is mirrored again has the labels that it had."""
    images: dict[str, str] = {}
    for pair in attribute.mirrored.items():
        for value, image in (pair, pair[::-1]):
            other = images.setdefault(value, image)
            if other != image:
                raise InputError(
                    f"A label has one mirror image. Received, in the group {attribute.name!r}: "
                    f"{value!r} becomes both {other!r} and {image!r}."
                )
