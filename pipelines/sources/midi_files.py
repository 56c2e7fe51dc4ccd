"""A folder of MIDI files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ..errors import InputError
from ..file_listing import files_below
from ..melodies import Piece
from ..midi import read_midi
from .item import Broken, Note
from .own_folder import OwnFolder
from .splits import held_out, stratified

_SUFFIXES = (".mid", ".midi")


@dataclass(frozen=True)
class MidiFiles(OwnFolder):
    """MIDI files in a folder, at any depth (`pipelines.midi.read_midi` tells what is taken)."""

    name: ClassVar[str] = "midi"
    preset: ClassVar[str] = "midi-net"

    def pieces(self) -> Iterator[tuple[str, Piece] | Broken | Note]:
        """Yield (split, piece) by name, with the reason in place of an unusable file.

        Last comes what is left out.

        Raises:
            InputError: No such folder, or no MIDI file in it.
        """
        files = files_below(self.source)
        names = files.named(*_SUFFIXES)
        if not names:
            raise InputError(f"--source {self.source}: no .mid or .midi file in it.")
        splits = stratified(dict.fromkeys(names, ""), held_out(self.test_share), self.seed)
        yield from map(Broken, files.unusable(*_SUFFIXES))
        for name in names:
            try:
                yield splits[name], Piece(name, *read_midi(files.path(name)))
            except InputError as error:
                yield Broken(error)
        yield from map(Note, files.left_out(names))
