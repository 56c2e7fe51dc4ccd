"""Pretrained models by name: those that come along, and those that are fetched at first use."""

import json
import os
import sys
from functools import cache
from pathlib import Path

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.fetching import cache_folder, download, require_sha256
from keras_t2i.pipelines.whole_folder import whole_folder

ALONG = Path(__file__).parent.parent / "pretrained"
ADDRESS = "KERAS_T2I_MODELS"
HASHES = Path(__file__).parent / "fetched.json"


def names() -> list[str]:
    """The names of all pretrained models, fetched or not."""
    along = {path.parent.name for path in ALONG.glob("*/experiment.json")}
    return sorted(along | set(_hashes()))


def folder_of(name: str) -> Path | None:
    """The folder of a pretrained model, fetched if it must be; `None` if none is so called.

    If it has a notice (`NOTICE`: the conditions that its licence sets for users), that is printed
    once.

    Raises:
        InputError: A model that is not in the package and cannot be fetched.
    """
    folder = ALONG / name
    if not (folder / "experiment.json").exists():
        if name not in _hashes():
            return None
        folder = fetched(name)
    tell_notice(folder)
    return folder


def fetched(name: str) -> Path:
    """A model that does not come with the wheel: fetched at its first use, kept in the cache.

    `KERAS_T2I_MODELS` is an address under which the files lie as in the repository's
    `saved_models/`: https, or a local `file://`. Each file must have the sha256 that this version
    of the package knows.

    Raises:
        InputError: No address is given, a file is not reachable, or it is another one.
    """
    folder = cache_folder() / "models" / name
    if (folder / "experiment.json").exists():
        return folder
    address = os.environ.get(ADDRESS)
    if not address:
        raise InputError(
            f"{name} is part of the repository (saved_models/{name}), not of the wheel. Run from "
            f"a checkout, or set {ADDRESS} to the address of its saved_models/ folder, from where "
            "it is fetched once and checked."
        )
    print(f"fetching {name} from {address}", file=sys.stderr)
    with whole_folder(folder, "experiment.json") as partial:
        for file, digest in _hashes()[name].items():
            place = partial / file
            place.parent.mkdir(parents=True, exist_ok=True)
            download(f"{address.rstrip('/')}/{name}/{file}", place)
            require_sha256(place, digest)
    return folder


@cache
def tell_notice(folder: Path) -> None:
    """Print a model's notice, once a process."""
    file = folder / "NOTICE"
    if file.is_file():
        print(f"{folder.name}: {file.read_text('utf-8', 'replace').strip()}", file=sys.stderr)


@cache
def _hashes() -> dict[str, dict[str, str]]:
    """sha256 of each file of each model that can be fetched."""
    return json.loads(HASHES.read_text("utf-8"))
