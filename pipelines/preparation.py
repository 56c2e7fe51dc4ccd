"""Common parts of the commands that prepare data: the destination, and unusable files."""

import sys
import typing
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, TypeVar

import tyro

from .arguments import path_of
from .dataset_info import DatasetInfo
from .errors import InputError
from .field_types import check_types, with_paths
from .remote.address import named
from .sources import AnySource, Broken, Note
from .spelling import did_you_mean
from .writable import require_folder

_Found = TypeVar("_Found")
_Source = TypeVar("_Source")
_OF_CAPTIONS = "self-attention-gan-narrow"
# Presets of captioned pictures, by the side that each draws; those of others draw many sides.
_BY_SIDE = {32: "small-birds", 64: _OF_CAPTIONS, 128: "stack-gan-narrow", 256: "stack-gan-256"}
_LEAST_SIDE, _USUAL_SIDE = 8, 64


@dataclass(frozen=True)
class Destination:
    """Folder for the data, and how it is written.

    Args:
        out: Folder to create, or an address such as gs://bucket/data/birds.
        skip_broken: Whether to go on without files that cannot be used, and list them.
        overwrite: Whether to replace a data set that is at --out already.
    """

    out: Path
    skip_broken: bool = False
    overwrite: bool = False


def parse(
    sources: Any, destination: Any, program: str, description: str, words: Sequence[str]
) -> Any:
    """Parse a command line whose sub-commands are sources; options may stand on either side.

    Args:
        sources: Union of the sources, each with its sub-command's name.
        destination: Class of the options beside those of the source.
        program: Module of the command.
        description: Description of the command.
        words: Words of the command line, after the program.

    Returns:
        The source and the destination.

    Raises:
        InputError: The first word is no source; the message names the nearest.
    """
    first = words[0] if words else "-"
    names = source_names(sources)
    if not first.startswith("-") and first not in names:
        hint = did_you_mean(first, names)
        raise InputError(f"Unknown source {first!r}.{hint} Sources: {', '.join(names)}.")
    source = Annotated[sources, tyro.conf.arg(name="")]
    where = Annotated[destination, tyro.conf.arg(name="")]
    return tyro.cli(
        tuple[source, where],
        args=words,
        prog=f"python -m {program}",
        description=description,
        config=(tyro.conf.CascadeSubcommandArgs,),
    )


def source_names(union: Any) -> list[str]:
    """The names of a command's sources, in the order of its help.

    Args:
        union: Union of the sources, each with its sub-command's name.
    """
    return [
        rule.name
        for kind in typing.get_args(union)
        for rule in kind.__metadata__
        if getattr(rule, "name", None)
    ]


def check_start(out: Any, source: _Source) -> tuple[Path, _Source]:
    """The folder to write and the source, of the types that they must be.

    Args:
        out: Folder to write.
        source: Source to read; its paths may be texts.

    Raises:
        InputError: No path, no source, an option of a source of another type, or a folder that
            cannot be written.
    """
    folder = path_of(out, "out")
    if not is_dataclass(source) or isinstance(source, type):
        raise InputError(
            "The source must be an object, such as Folder('pictures') of "
            f"keras_t2i.pipelines.sources.folder. Received: {source!r}."
        )
    typed = with_paths(source)
    check_types(typed, type(source).__name__)
    require_folder(folder, "--out")
    return folder, typed


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


def print_end(info: DatasetInfo, usual: str, out: Path) -> None:
    """Print what deserves a look, and the command that trains on the data.

    Args:
        info: Content of `dataset.json`.
        usual: Preset of the source (`AnySource.preset`).
        out: Folder of the data.
    """
    for line in (*info.warnings, *(f"skipped: {line}" for line in info.skipped)):
        print(line, file=sys.stderr)
    if info.skipped:
        print(f"{len(info.skipped)} skipped; dataset.json lists them.", file=sys.stderr)
    preset: str | None = usual
    if info.kind == "pictures":
        preset = preset_for(usual, info.image_size)
    if preset is None:
        print(
            f"Next: prepare again with --image-size {_USUAL_SIDE}; {usual} and its like "
            f"draw no pictures of {info.image_size}×{info.image_size}."
        )
        return
    run = Path("runs") / out.name
    print(
        f"Next: python -m keras_t2i.fit {preset} --data {quote(named(out))} --run {quote(str(run))}"
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
