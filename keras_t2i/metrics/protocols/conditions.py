"""The share of the labels asked for that are in the pictures."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from keras_t2i.metrics.bootstrap import bootstrap_interval
from keras_t2i.metrics.condition_accuracy import labels_named, labels_read_back
from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol
from keras_t2i.pipelines.attributes import AttributeSchema

_LISTED = 50  # combinations whose scores are listed, at most


@dataclass(frozen=True)
class ConditionsRead(ScoringProtocol):
    """The share of the labels asked for that an independent classifier reads back.

    It needs no real pictures.
    """

    name: ClassVar[str] = "conditions"
    reads_conditions: ClassVar[bool] = True

    def check(self, inputs: EvaluationInputs) -> None:
        """Refuse pictures whose labels are not known, and where nobody reads labels."""
        _ = inputs.asked, inputs.label_schema, inputs.label_judge

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`conditions` over all groups; in the details each group, its chance, each combination."""
        asked, schema = inputs.asked, inputs.label_schema
        found = labels_read_back(schema, inputs.read, asked.labels)
        each = np.mean(list(found.values()), axis=0)
        interval = None
        if inputs.draws:
            interval = bootstrap_interval(
                lambda rows: float(each[rows].mean()), len(each), inputs.draws, inputs.seed
            )
        protocol = f"{inputs.label_judge.name}/{asked.split}-{len(each)}/seed-{inputs.seed}"
        details = _of_groups(schema, found, asked) | _of_combinations(schema, each, asked)
        value = float(each.mean())
        return [Score("conditions", value, protocol, "higher", None, interval, details)]


def _of_groups(
    schema: AttributeSchema, found: dict[str, np.ndarray], asked: Conditions
) -> dict[str, float]:
    """Each group's share, its chance, and its share where the caption names one of its labels."""
    details = {name: float(values.mean()) for name, values in found.items()}
    named = labels_named(schema, asked.captions) & (asked.labels > 0.5)
    for name, values in found.items():
        part = schema.part(name)
        details[f"{name} (chance)"] = float(asked.labels[:, part].mean(0).max())
        said = named[:, part].any(1)
        if said.any() and not said.all():
            details[f"{name} (where the caption names it)"] = float(values[said].mean())
    return details


def _of_combinations(
    schema: AttributeSchema, each: np.ndarray, asked: Conditions
) -> dict[str, float]:
    """The share of each combination of labels that was asked for, unless there are too many."""
    names = np.array([schema.describe(row) for row in asked.labels])
    if len(set(names)) > _LISTED:
        return {}
    return {f"[{n}]": float(each[names == n].mean()) for n in sorted(set(names))}
