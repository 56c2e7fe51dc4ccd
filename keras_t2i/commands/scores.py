"""`keras_t2i.evaluate`: the command's scores as Python values."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_t2i.commands.evaluate import Arguments
from keras_t2i.commands.evaluate import evaluate as evaluated
from keras_t2i.loading import found
from keras_t2i.metrics import results_log
from keras_t2i.pipelines.arguments import path_of
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.field_types import check_types

_PATHS = ("against", "judge", "cache")  # options that are paths, and may be texts


@dataclass(frozen=True)
class Scores:
    """Scores of one evaluation.

    Args:
        folder: Folder with metrics.jsonl and report.html.
        lines: Lines that it added to metrics.jsonl, with all that each score depends on.
    """

    folder: Path
    lines: tuple[results_log.Line, ...]

    def __getitem__(self, name: str) -> float:
        """The value of a score, such as `frechet`, of the pictures that were judged.

        Raises:
            KeyError: A score that was not computed.
        """
        return self.values[name]

    @property
    def values(self) -> dict[str, float]:
        """Value of each score, of the pictures that were judged (not of the baselines)."""
        return {
            line["name"]: line["value"] for line in self.lines if line["subject"] == line["judged"]
        }


def evaluate(
    subject: Path | str,
    *,
    data: Path | str | None = None,
    protocol: str | Sequence[str] = (),
    out: Path | str | None = None,
    **options: Any,
) -> Scores:
    """Score the pictures of a run, of an exported model or of a folder, as the command does.

    Examples:
        >>> import keras_t2i
        >>> scores = keras_t2i.evaluate("runs/birds", extractor="random", count=100)
        >>> scores["frechet"]

    Args:
        subject: A run, an exported model, or a folder of pictures.
        data: Folder of prepared data; by default the one that the run was trained on.
        protocol: A score to compute, or several; by default all that can be.
        out: Folder for metrics.jsonl and report.html; by default as of the command.
        **options: The further options of `python -m keras_t2i.evaluate`, by their names:
            `against`, `extractor`, `extractor_range`, `judge`, `split`, `count`, `seed`,
            `bootstrap`, `baselines`, `best`, `cache`, `skip_broken`.

    Raises:
        InputError: An option that there is not, a value of another type, or what the command
            refuses.
    """
    unknown = sorted(options.keys() - Arguments.__dataclass_fields__.keys())
    if unknown:
        known = ", ".join(Arguments.__dataclass_fields__)
        raise InputError(f"evaluate has no option {unknown[0]!r}. It has: {known}.")
    paths = {
        name: None if value is None else path_of(value, name)
        for name, value in ({"data": data, "out": out} | _given(options, *_PATHS)).items()
    }
    protocols = (protocol,) if isinstance(protocol, str) else tuple(protocol)
    arguments = Arguments(found(subject), protocol=protocols, **{**options, **paths})
    check_types(arguments, "evaluate")
    folder = evaluated(arguments)
    *_, last = lines = results_log.read(folder)
    return Scores(folder, tuple(line for line in lines if line["time"] == last["time"]))


def _given(options: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: options[name] for name in names if name in options}
