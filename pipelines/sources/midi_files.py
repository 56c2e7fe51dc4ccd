"""A folder of MIDI files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..errors import InputError
from ..melodies import Piece
from ..midi import read_midi
from .item import Broken
from .splits import held_out, stratified

_SUFFIXES = (".mid", ".midi")


@dataclass(frozen=True)
class MidiFiles:
    """MIDI files in a folder, at any depth (`pipelines.midi.read_midi` tells what is taken).

    Args:
        source: The folder.
        test_share: The share of files that is held out.
        seed: Fixes which.
        source_licence: What to record as the music's licence.
    """

    source: Path
    test_share: float = 0.1
    seed: int = 0
    source_licence: str = "not stated"

    name: ClassVar[str] = "midi"

    @property
    def licence(self) -> str:
        """The licence that the user states."""
        return self.source_licence

    def pieces(self) -> Iterator[tuple[str, Piece] | Broken]:
        """Yield (split, piece) by name, with the reason in place of an unusable file.

        Raises:
            InputError: No such folder, or no MIDI file in it.
        """
        if not self.source.is_dir():
            raise InputError(f"--source {self.source}: no such folder.")
        files = sorted(
            path for path in self.source.rglob("*")
            if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")
        )  # fmt: skip
        if not files:
            raise InputError(f"--source {self.source}: no .mid or .midi file in it.")
        names = [path.relative_to(self.source).as_posix() for path in files]
        splits = stratified(dict.fromkeys(names, ""), held_out(self.test_share), self.seed)
        for name, path in zip(names, files, strict=True):
            try:
                yield splits[name], Piece(name, *read_midi(path))
            except InputError as error:
                yield Broken(error)
