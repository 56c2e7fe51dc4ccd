"""Label schemas from JSON files."""

import json
from pathlib import Path
from typing import Any

from pipelines.attributes import AttributeSchema
from pipelines.dataset_info import Attribute
from pipelines.errors import InputError

_KEYS = {"name", "labels", "free", "mirrored"}


def load_schema(path: Path) -> AttributeSchema:
    """A schema whose labels have other names.

        {"groups": [{"name": "gender", "labels": {"male": ["남성", "man"], "female": []}},
                    {"name": "extras", "labels": ["glasses", "hat"], "free": true}]}

    Raises:
        InputError: Not such a file; the message names the field.
    """
    attributes = []
    for place, group, labels in _groups(path):
        aliases = {}
        for label, names in labels.items():
            if not _texts(names):
                raise InputError(f"{place}: {label!r} needs a list of other names.")
            aliases |= dict.fromkeys(names, label)
        attributes.append(_attribute(group, labels, aliases))
    return _schema(path, attributes)


def load_sourced_schema(path: Path) -> tuple[AttributeSchema, dict[str, str]]:
    """A schema whose labels say what they are in the source.

        {"groups": [{"name": "gender", "labels": {"male": "Male", "female": "-Male"}}]}

    Returns:
        The schema, and the expression of each label, by its name in `AttributeSchema.labels`.

    Raises:
        InputError: Not such a file; the message names the field.
    """
    attributes, expressions = [], []
    for place, group, labels in _groups(path):
        for label, expression in labels.items():
            if not isinstance(expression, str) or not expression:
                raise InputError(
                    f"{place}: {label!r} needs the name of an attribute, with a minus for its "
                    f'opposite, such as "-Male". Received: {expression!r}.'
                )
            expressions.append(expression)
        attributes.append(_attribute(group, labels, {}))
    schema = _schema(path, attributes)
    return schema, dict(zip(schema.labels, expressions, strict=True))


def _groups(path: Path) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The file's groups: a name for messages, the group, its labels and what they stand for."""
    try:
        held = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}).") from error
    groups = held.get("groups") if isinstance(held, dict) else None
    if not isinstance(groups, list) or not groups:
        raise InputError(f'{path}: must be {{"groups": [...]}} with a group at least.')
    return [
        (f"{path}, group {i}", group, _labels(path, i, group)) for i, group in enumerate(groups, 1)
    ]


def _labels(path: Path, number: int, group: Any) -> dict[str, Any]:
    place = f"{path}, group {number}"
    if not isinstance(group, dict) or not isinstance(group.get("name"), str):
        raise InputError(f"{place}: needs a `name`.")
    unknown = sorted(set(group) - _KEYS)
    if unknown:
        raise InputError(
            f"{place}: unknown field {unknown[0]!r}. Fields: {', '.join(sorted(_KEYS))}."
        )
    if not isinstance(group.get("free", False), bool):
        raise InputError(f"{place}: `free` must be true or false.")
    mirrored = group.get("mirrored", {})
    if not isinstance(mirrored, dict) or not _texts(list(mirrored.values())):
        raise InputError(f"{place}: `mirrored` must map labels to labels.")
    labels = group.get("labels")
    if isinstance(labels, list) and _texts(labels):
        labels = {label: [] for label in labels}
    if not isinstance(labels, dict) or not labels:
        raise InputError(f"{place}: `labels` must be a list of names, or an object of them.")
    return labels


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
