"""Label schemas from JSON files."""

import json
import re
from pathlib import Path
from typing import Any

from .attribute import Attribute
from .attributes import AttributeSchema
from .errors import InputError
from .names import HALF_A_CHARACTER

_FIELDS = {"name", "labels", "free", "mirrored"}
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_AROUND = 20  # characters on each side that a message shows


def load_schema(path: Path) -> AttributeSchema:
    """A schema whose labels have other names.

        {"groups": [{"name": "gender", "labels": {"male": ["남성", "man"], "female": []}},
                    {"name": "light", "labels": ["left", "right"], "mirrored": {"left": "right"}},
                    {"name": "extras", "labels": ["glasses", "hat"], "free": true}]}

    Raises:
        InputError: Not such a file; the message names the field.
    """
    attributes = []
    for place, group, labels in _groups(path):
        aliases: dict[str, str] = {}
        for label, names in labels.items():
            if not _texts(names):
                raise InputError(
                    f"{place}: {label!r} needs a list of other names. Received: {names!r}."
                )
            for name in names:
                if aliases.setdefault(name, label) != label:
                    raise InputError(
                        f"{place}: {name!r} stands for both {aliases[name]!r} and {label!r}."
                    )
        attributes.append(_attribute(group, labels, aliases))
    return _schema(path, attributes)


def load_celeba_schema(path: Path) -> tuple[AttributeSchema, dict[str, str]]:
    """A schema whose labels say which attribute of CelebA they are, or are not.

        {"groups": [{"name": "gender", "labels": {"male": "Male", "female": "-Male"}}]}

    Returns:
        The schema, and the expression of each label, by its name in `AttributeSchema.labels`.

    Raises:
        InputError: Not such a file; the message names the field.
    """
    attributes, expressions = [], []
    for place, group, labels in _groups(path):
        for label, expression in labels.items():
            if not isinstance(expression, str) or not expression.removeprefix("-"):
                raise InputError(
                    f"{place}: {label!r} needs the name of an attribute, with a minus for its "
                    f'opposite, such as "-Male". Received: {expression!r}.'
                )
            expressions.append(expression)
        attributes.append(_attribute(group, labels, {}))
    schema = _schema(path, attributes)
    return schema, dict(zip(schema.labels, expressions, strict=True))


def parse_json(text: str) -> Any:
    """Value of a JSON text; unlike in `json.loads`, its keys are unique and its texts are Unicode.

    Raises:
        ValueError: Not JSON, an object with a key twice, or a text with half a character (a lone
            surrogate), which no file can hold.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if _ESCAPED_SURROGATE.search(text):
        _refuse_halves(json.dumps(value, ensure_ascii=False))
    return value


def _refuse_halves(text: str) -> None:
    found = HALF_A_CHARACTER.search(text)
    if found:
        around = text[max(0, found.start() - _AROUND) : found.end() + _AROUND]
        raise ValueError(
            f"{ascii(found[0])[1:-1]} is half a character (a lone surrogate), in {around!a}"
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{twice!r} appears twice in one object")
    return held


def _groups(path: Path) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The file's groups: a name for messages, the group, its labels and what they stand for."""
    try:
        held = parse_json(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}).") from error
    groups = held.get("groups") if isinstance(held, dict) else None
    if not isinstance(groups, list) or not groups:
        raise InputError(f'{path}: must be {{"groups": [...]}} with a group at least.')
    _refuse_unknown(str(path), held, {"groups"})
    places = [f"{path}, group {number}" for number in range(1, len(groups) + 1)]
    return [(place, *_group(place, group)) for place, group in zip(places, groups, strict=True)]


def _group(place: str, group: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check a group; give it with its labels and what they stand for."""
    name = group.get("name") if isinstance(group, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"{place}: needs a `name`.")
    _refuse_unknown(place, group, _FIELDS)
    free = group.get("free", False)
    if not isinstance(free, bool):
        raise InputError(f"{place}: `free` must be true or false. Received: {free!r}.")
    mirrored = group.get("mirrored", {})
    if not isinstance(mirrored, dict) or not _texts(list(mirrored.values())):
        raise InputError(f"{place}: `mirrored` must map labels to labels. Received: {mirrored!r}.")
    return group, _labels(place, group.get("labels"))


def _labels(place: str, labels: Any) -> dict[str, Any]:
    if _texts(labels):
        twice = [label for label in labels if labels.count(label) > 1]
        if twice:
            raise InputError(f"{place}: `labels` has {twice[0]!r} twice.")
        labels = {label: [] for label in labels}
    if not isinstance(labels, dict) or not labels:
        raise InputError(
            f"{place}: `labels` must be a list of names, or an object of them. Received: "
            f"{labels!r}."
        )
    return labels


def _refuse_unknown(place: str, held: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(held.keys() - known)
    if unknown:
        raise InputError(
            f"{place}: unknown field {unknown[0]!r}. Fields: {', '.join(sorted(known))}."
        )


def _attribute(group: dict[str, Any], labels: dict[str, Any], aliases: dict[str, str]) -> Attribute:
    return Attribute(
        group["name"],
        tuple(labels),
        free=group.get("free", False),
        aliases=aliases,
        mirrored=group.get("mirrored", {}),
    )


def _schema(path: Path, attributes: list[Attribute]) -> AttributeSchema:
    try:
        return AttributeSchema(tuple(attributes))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
