"""Options of `generate`."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from keras_t2i.exporting.loaded import counted_seeds
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.text_file import filled_lines, read_text

if TYPE_CHECKING:
    from keras_t2i.images.files import NamedPicture

# What every run takes; a task says in `Task.options` what else it does.
_OF_ALL = frozenset({"run", "best", "out", "overwrite", "seed"})
_WISHES = ("captions", "labels", "file", "interpolate", "arithmetic", "combinations",
           "reconstruct", "translate")  # fmt: skip
# Each draws everything into one picture.
_ONE_SHEET = ("grid", "interpolate", "arithmetic", "attention", "combinations", "reconstruct")


@dataclass(frozen=True)
class GenerateOptions:
    """Draw with a trained run.

    Args:
        run: Run folder, or its address, such as gs://bucket/runs/birds.
        captions: Captions; or the labels of each picture, such as "female, wavy, double eyelid"; or
            the chords of each melody, such as "C G Am F".
        labels: Labels of each picture; the same as `captions` for a run that draws from labels.
        file: Text file with a caption, or a picture's labels, in each line.
        interpolate: Two captions, two pictures' labels, or two seeds: eight steps from one to the
            other.
        arithmetic: Sum of captions, labels or seeds: "a" - "b" + "c".
        attention: Whether the captions' words are drawn, coloured by attention, in place of
            pictures.
        combinations: Two groups of labels, such as hair eyes: a grid of all their combinations; the
            other labels are those of --labels.
        reconstruct: Pictures, or folders of them, to encode and decode again; the labels read in
            them are shown too.
        prime: MIDI file whose melody's first bar each melody begins with; the other bars follow it.
        translate: Pictures, or folders of them, to translate with a run from pictures to pictures.
        back: Whether pictures of domain B are translated to domain A.
        seed: Seed of a row's first picture; the next ones take the next numbers.
        count: Number of pictures for each caption, or for the same labels.
        truncation: Factor of the noise in [0, 1]: less variety, more typical pictures.
        grid: Whether texts and pictures go into one PNG.
        best: Whether the best state that `fit --watch.every` kept is taken in place of the last.
        out: PNG, JPEG or WebP file, or a folder for a PNG file of each picture; those of
            --translate are named as their sources.
        overwrite: Whether files that are there already are replaced.
    """

    run: Annotated[Path, tyro.conf.Positional]
    captions: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    labels: tuple[str, ...] = ()
    file: Path | None = None
    interpolate: tuple[str, str] | None = None
    arithmetic: tuple[str, ...] | None = None
    attention: bool = False
    combinations: tuple[str, str] | None = None
    reconstruct: tuple[Path, ...] = ()
    prime: Path | None = None
    translate: tuple[Path, ...] = ()
    back: bool = False
    seed: int = 0
    count: int = 1
    truncation: float = 1.0
    grid: bool = False
    best: bool = False
    out: Path = Path("pictures")
    overwrite: bool = False

    def check(self, offered: Iterable[str], of: str) -> None:
        """Refuse options that this run does not offer, and those that exclude one another.

        Args:
            offered: Names of the options that its task takes (`Task.options`).
            of: Description of the run, for the message.

        Raises:
            InputError: An option that the task does not offer, two options that exclude one
                another, a count below 1, a truncation outside [0, 1].
        """
        known = set(offered) | _OF_ALL
        for field in dataclasses.fields(self):
            if field.name not in known and getattr(self, field.name) != field.default:
                shown = "Captions do" if field.name == "captions" else f"--{field.name} does"
                takes = ", ".join(_shown(f) for f in dataclasses.fields(self) if f.name in known)
                raise InputError(f"{shown} not go with {self.run}, {of}. It takes: {takes}.")
        wishes = [name for name in _WISHES if getattr(self, name)]
        if self.combinations and self.labels:
            wishes.remove("labels")  # the labels that all combinations share
        if self.attention and not {"captions", "file"} & set(wishes):
            wishes.append("attention")
        if len(wishes) > 1:
            raise InputError(f"Give one of {', '.join(_WISHES)}. Received: {', '.join(wishes)}.")
        if self.count < 1:
            raise InputError(f"--count must be at least 1. Received: {self.count}.")
        counted_seeds(self.seed, self.count)
        if not 0.0 <= self.truncation <= 1.0:
            raise InputError(f"--truncation must lie in [0, 1]. Received: {self.truncation}.")

    @cached_property
    def sources(self) -> "list[NamedPicture]":
        """The pictures to translate.

        Raises:
            InputError: No pictures are given, or some cannot be found or named.
        """
        from keras_t2i.images.files import named_pictures

        return named_pictures(self.translate, "--translate")

    @property
    def names(self) -> list[str]:
        """Names of the pictures that are drawn, in their order: numbers, or their sources' names.

        Raises:
            InputError: Sources or a file of texts that cannot be read.
        """
        if any(getattr(self, option) for option in _ONE_SHEET):
            return numbered(1)
        if self.translate:
            return [source.name for source in self.sources]
        return numbered(max(1, len(self.texts)) * self.count)

    @property
    def texts(self) -> list[str]:
        """The captions or labels, given or of the file, where blank lines do not count.

        Raises:
            InputError: No such file, not UTF-8, nothing in it.
        """
        if self.file is None:
            return list(self.captions or self.labels)
        lines = [line for _, line in filled_lines(read_text(self.file))]
        if not lines:
            raise InputError(f"{self.file}: there is nothing in it.")
        return lines


def numbered(count: int) -> list[str]:
    """Names of pictures by their numbers."""
    return [f"{i:05d}" for i in range(count)]


def _shown(field: "dataclasses.Field") -> str:
    return field.name if field.name in ("run", "captions") else f"--{field.name}"
