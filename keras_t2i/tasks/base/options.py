"""What a user asks of `generate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from keras_t2i.pipelines.errors import InputError


@dataclass(frozen=True)
class GenerateOptions:
    """Draw pictures with a trained run.

    Args:
        run: The run folder.
        captions: Captions, or the labels of a picture each: "female, wavy, double eyelid".
        labels: The labels of a picture each, as `captions` for a run that draws from labels.
        file: A text file with a caption, or a picture's labels, a line.
        interpolate: Go from one caption, or one picture's labels, to another in eight steps.
        arithmetic: Add and subtract: "a" - "b" + "c".
        attention: Draw the captions' words coloured by attention, not pictures.
        combinations: Two groups of labels, such as hair eyes: all their combinations in a grid; the
            other labels are those of --labels.
        reconstruct: Pictures to take through encoder and decoder, with the labels read in them.
        translate: Pictures, or folders of them, that a run from pictures to pictures shall turn.
        back: Translate pictures of the second kind into the first.
        seed: The noise of a row's first picture; the next ones take the next numbers.
        count: Pictures a caption, or of the same labels.
        truncation: Factor of the noise in [0, 1]: less variety, more typical pictures.
        grid: Draw texts and pictures into one PNG.
        best: Draw with the best state that `fit --watch.every` kept, not the last.
        out: A PNG file, or a folder that gets a PNG a picture.
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
    translate: tuple[Path, ...] = ()
    back: bool = False
    seed: int = 0
    count: int = 1
    truncation: float = 1.0
    grid: bool = False
    best: bool = False
    out: Path = Path("pictures")

    def check(self) -> None:
        """Refuse what no run can do.

        Raises:
            InputError: Wishes that exclude each other, or a count below 1.
        """
        wishes = [
            self.captions or (self.labels and not self.combinations),
            self.file,
            self.interpolate,
            self.arithmetic,
            self.combinations,
            self.reconstruct,
            self.translate,
        ]
        if sum(bool(wish) for wish in wishes) > 1 or (self.captions and self.labels):
            raise InputError(
                "Give one of: captions or labels, --file, --interpolate FROM TO, "
                "--arithmetic A + B - C, --combinations, --reconstruct, --translate."
            )
        if self.count < 1:
            raise InputError(f"--count must be at least 1. Received: {self.count}.")

    def refuse(self, names: tuple[str, ...], reason: str) -> None:
        """Refuse options that the run's kind does not have.

        Raises:
            InputError: One of them is given.
        """
        for name in names:
            if getattr(self, name):
                shown = "Captions do" if name == "captions" else f"--{name} does"
                raise InputError(f"{shown} not go with {self.run}: {reason}")

    @property
    def texts(self) -> list[str]:
        """The captions or labels, given or of the file.

        Raises:
            InputError: No such file, not UTF-8, an empty line, nothing in it.
        """
        if self.file is None:
            return list(self.captions or self.labels)
        try:
            lines = self.file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{self.file}: not readable as UTF-8 text ({error}).") from error
        for number, line in enumerate(lines, 1):
            if not line.strip():
                raise InputError(f"{self.file}, line {number}: the line is empty.")
        if not lines:
            raise InputError(f"{self.file}: there is nothing in it.")
        return lines
