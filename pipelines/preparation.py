"""Common parts of the commands that prepare data: the destination, and unusable files."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, TypeVar

import tyro

from .dataset_info import DatasetInfo
from .errors import InputError
from .sources import AnySource, Broken, Note

_Found = TypeVar("_Found")
_OF_CAPTIONS = "self-attention-gan-narrow"
# Presets of captioned pictures, by the side that each draws; those of others draw many sides.
_BY_SIDE = {32: "small-birds", 64: _OF_CAPTIONS, 128: "stack-gan-narrow", 256: "stack-gan-256"}
_LEAST_SIDE, _USUAL_SIDE = 8, 64


@dataclass(frozen=True)
class Destination:
    """Folder for the data, and how it is written.

    Args:
        out: Folder to create.
        skip_broken: Whether to go on without files that cannot be used, and list them.
        overwrite: Whether to replace a data set that is at --out already.
    """

    out: Path
    skip_broken: bool = False
    overwrite: bool = False


def parse(sources: Any, destination: Any, program: str, description: str) -> Any:
    """Parse a command line whose sub-commands are sources; options may stand on either side.

    Args:
        sources: Union of the sources, each with its sub-command's name.
        destination: Class of the options beside those of the source.
        program: Module of the command.
        description: Description of the command.

    Returns:
        The source and the destination.
    """
    source = Annotated[sources, tyro.conf.arg(name="")]
    where = Annotated[destination, tyro.conf.arg(name="")]
    return tyro.cli(
        tuple[source, where],
        prog=f"python -m {program}",
        description=description,
        config=(tyro.conf.CascadeSubcommandArgs,),
    )


def usable(
    found: Iterable[_Found | Broken], skip_broken: bool, skipped: list[str]
) -> Iterator[_Found]:
    """Usable items of a source; at the first unusable one, an error, or a line in `skipped`.

    Args:
        found: Items that a source yields.
        skip_broken: Whether to go on without items that cannot be used.
        skipped: List to which the reasons are added.

    Raises:
        InputError: Something cannot be used and is not to be skipped.
    """
    for one in found:
        if not isinstance(one, Broken):
            yield one
        elif skip_broken:
            skipped.append(str(one))
        else:
            raise InputError(f"{one} (--skip-broken goes on without it.)")


def without_notes(found: Iterable[_Found | Note], notes: list[str]) -> Iterator[_Found]:
    """A source's items without its remarks, which are added to `notes`."""
    for one in found:
        if isinstance(one, Note):
            notes.append(one)
        else:
            yield one


def options_of(source: AnySource) -> dict[str, Any]:
    """A source's options as JSON values, for `DatasetInfo.options`."""
    return {k: str(v) if isinstance(v, Path) else v for k, v in asdict(source).items()}


def print_end(info: DatasetInfo, source: AnySource, out: Path) -> None:
    """Print what deserves a look, and the command that trains on the data.

    Args:
        info: Content of `dataset.json`.
        source: The source of the data.
        out: Folder of the data.
    """
    for line in (*info.warnings, *(f"skipped: {line}" for line in info.skipped)):
        print(line, file=sys.stderr)
    if info.skipped:
        print(f"{len(info.skipped)} skipped; dataset.json lists them.", file=sys.stderr)
    preset: str | None = source.preset
    if info.kind == "pictures":
        preset = preset_for(source.preset, info.image_size)
    if preset is None:
        print(
            f"Next: prepare again with --image-size {_USUAL_SIDE}; {source.preset} and its like "
            f"draw no pictures of {info.image_size}×{info.image_size}."
        )
        return
    run = Path("runs") / out.name
    print(
        f"Next: python -m keras_t2i.fit {preset} --data {quote(str(out))} --run {quote(str(run))}"
    )


def preset_for(usual: str, side: int) -> str | None:
    """The preset to train first on pictures of a side; `None` where no such preset draws them.

    Args:
        usual: Preset of the source.
        side: Side of the pictures in training, in pixels.
    """
    if usual == _OF_CAPTIONS:
        return _BY_SIDE.get(side)
    # Networks halve the side again and again.
    return usual if side >= _LEAST_SIDE and side.bit_count() == 1 else None
