"""Published versions of a model: what their cards say, and the one before the served one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

from keras_t2i.exporting import lineage
from keras_t2i.exporting.lineage import Record
from keras_t2i.exporting.model_card import FILE
from keras_t2i.exporting.version import next_version
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import remove_partials, write_json
from keras_t2i.pipelines.whole_folder import whole_folder
from keras_t2i.training.run import read_note

FIELD = "delivery"  # of a model card
ROLLED_BACK = "rolled back"  # a decision, as records say it


def versions(models: Path) -> dict[int, Path]:
    """Folders of a model's versions by number, the lowest first; the highest is served."""
    found = {int(path.parent.name): path.parent for path in models.glob("[0-9]*/saved_model.pb")
             if path.parent.name.isdigit()}  # fmt: skip
    return dict(sorted(found.items()))


def card(version: Path) -> dict[str, Any]:
    """The model card of a version; empty where it has none."""
    return read_note(version / "assets.extra" / FILE)


def fingerprint(version: Path) -> str | None:
    """Fingerprint of the weights of a version, if its card says it."""
    return card(version).get("state", {}).get("fingerprint")


def now() -> str:
    """The time, in UTC, as records hold it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def catch_up(models: Path) -> list[Record]:
    """Add what a killed process published and did not come to record, from the versions' cards.

    A version carries its record in its card before it appears, so that no kill parts the two. What
    killed processes left unfinished is removed.

    Args:
        models: Folder of a model's versions, held by `only_publisher`.

    Returns:
        The records that were added, the oldest first.
    """
    remove_partials(models)
    known, added = set(lineage.numbers(models)), []
    for number, version in versions(models).items():
        record = card(version).get(FIELD)
        if record and number not in known:
            added.append({"version": number, **record})
            lineage.append(models, added[-1])
    return added


def roll_back(models: Path) -> Path:
    """Publish the version before the served one again, under a new highest number.

    Servers take the highest number, and look at no number twice; so the old content gets a number
    of its own, appears whole like any version, and the version that is withdrawn stays to be looked
    into.

    Args:
        models: Folder of a model's versions, held by `only_publisher`.

    Returns:
        Folder of the new version.

    Raises:
        InputError: Nothing is served, or there is no version before it.
    """
    held = versions(models)
    if not held:
        raise InputError(f"{models}: there is no version of a model to roll back.")
    served = max(held)
    earlier = _before(models, served)
    restored = card(held[earlier])
    of_earlier = restored.get(FIELD, {})
    record: Record = {
        "decision": ROLLED_BACK,
        "time": now(),
        "replaces": served,
        "restores": earlier,
        "withdrawn": fingerprint(held[served]),
        **{name: of_earlier[name] for name in _KEPT if name in of_earlier},
    }
    version = next_version(models)
    with whole_folder(version, "saved_model.pb") as partial:
        copytree(held[earlier], partial, dirs_exist_ok=True)
        write_json(partial / "assets.extra" / FILE, {**restored, FIELD: record})
    lineage.append(models, {"version": int(version.name), **record})
    return version


_KEPT = ("run", "preset", "step", "fingerprint", "data", "scores")


def withdrawal(models: Path, weights: str) -> Record | None:
    """The record of the last rollback that withdrew these very weights, if there was one.

    Args:
        models: Folder of a model's versions.
        weights: Fingerprint of the weights.
    """
    withdrawn = [each for each in lineage.read(models) if each.get("withdrawn") == weights]
    return withdrawn[-1] if withdrawn else None


def _before(models: Path, served: int) -> int:
    """Number of the version that was served before another was published.

    Raises:
        InputError: The served model was the first, or the version before it is gone.
    """
    records: Mapping[int, Record] = {
        each["version"]: each for each in lineage.read(models) if each.get("version")
    }
    first = served
    while "restores" in records.get(first, {}):
        first = records[first]["restores"]
    lower = [number for number in versions(models) if number < first]
    earlier = records[first]["replaces"] if first in records else max(lower, default=None)
    if earlier is None:
        raise InputError(
            f"{models}: version {served} holds the first model that was published there; there is "
            "none to roll back to."
        )
    if earlier not in versions(models):
        raise InputError(
            f"{models}: version {earlier}, which was served before version {served}, is gone."
        )
    return int(earlier)
