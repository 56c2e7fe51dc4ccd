"""A folder of MIDI files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ..errors import InputError
from ..melodies import Piece
from ..midi import read_midi
from .item import Broken
from .own_folder import OwnFolder
from .splits import held_out, stratified

_SUFFIXES = (".mid", ".midi")


@dataclass(frozen=True)
class MidiFiles(OwnFolder):
    """MIDI files in a folder, at any depth (`pipelines.midi.read_midi` tells what is taken)."""

    name: ClassVar[str] = "midi"
    preset: ClassVar[str] = "midi-net"

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
