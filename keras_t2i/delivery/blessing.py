"""The blessing of a model: whether its scores allow that it takes the place of the served one."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from keras_t2i.metrics.results_log import Line, figure
from keras_t2i.pipelines.errors import InputError


@dataclass(frozen=True)
class Terms:
    """Terms on which a model is blessed.

    Args:
        tolerance: Share of the served model's score by which the new one's may be worse.
        at_most: Largest value of scores, by their names.
        at_least: Least value of scores, by their names.
    """

    tolerance: float = 0.0
    at_most: Mapping[str, float] = field(default_factory=dict)
    at_least: Mapping[str, float] = field(default_factory=dict)

    def check(self, known: Sequence[str]) -> None:
        """Refuse terms that mean nothing.

        Args:
            known: Names of the scores that can be computed.

        Raises:
            InputError: A tolerance out of its bounds, or a score that is not computed.
        """
        if not 0 <= self.tolerance <= 1:
            raise InputError(f"--tolerance must lie in [0, 1]. Received: {self.tolerance}.")
        for option, limits in (("--at-most", self.at_most), ("--at-least", self.at_least)):
            for name in limits:
                if name not in known:
                    raise InputError(
                        f"{option} {name}: no such score is computed; --protocol gives: "
                        f"{', '.join(known)}."
                    )


def limits_of(words: Sequence[str], option: str) -> dict[str, float]:
    """Limits of scores, from words such as `frechet=40`.

    Args:
        words: The words.
        option: Option that they were given to, for messages.

    Raises:
        InputError: A word that is not NAME=NUMBER, or a name twice.
    """
    found: dict[str, float] = {}
    for word in words:
        name, _, value = word.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not name or not math.isfinite(number):
            raise InputError(f"{option} takes NAME=NUMBER, such as frechet=40. Received: {word!r}.")
        if name in found:
            raise InputError(f"{option}: {name} is given twice.")
        found[name] = number
    return found


def objections(
    terms: Terms, new: Sequence[Line], served: Mapping[str, Line] | None
) -> Iterator[str]:
    """Reasons not to bless a model; none where it is blessed.

    Args:
        terms: The terms.
        new: Scores of the new model.
        served: Scores of the served model under the same protocols, by name; `None` where nothing
            is served.

    Raises:
        InputError: No score says which of two models is better, or a limited one is missing.
    """
    values = {line["name"]: line["value"] for line in new}
    for name in (*terms.at_most, *terms.at_least):
        if name not in values:
            raise InputError(f"{name}: no such score was computed. Scores: {', '.join(values)}.")
    for name, most in terms.at_most.items():
        if not values[name] <= most:
            yield f"{name} {figure(values[name])} is more than --at-most {figure(most)}"
    for name, least in terms.at_least.items():
        if not values[name] >= least:
            yield f"{name} {figure(values[name])} is less than --at-least {figure(least)}"
    if served is None:
        return
    directed = [line for line in new if line.get("better")]
    if not directed:
        raise InputError(
            f"--protocol: none of {', '.join(values)} says which of two models is better."
        )
    for line in directed:
        name, value, held = line["name"], line["value"], served[line["name"]]["value"]
        worse = held - value if line["better"] == "higher" else value - held
        if not worse <= terms.tolerance * abs(held):
            yield (
                f"{name} {figure(value)} is worse than the served {figure(held)} "
                f"({line['better']} is better, tolerance {terms.tolerance:g})"
            )


class Refused(Exception):
    """A model that is not published; the message says why. Nothing was exported."""
