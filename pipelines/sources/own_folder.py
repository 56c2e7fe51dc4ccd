"""What the sources have in common that read a folder of the user's own."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OwnFolder:
    """A folder, of whose files a share is held out.

    Args:
        source: The folder.
        test_share: Share of the files that is held out, in [0, 1).
        seed: Seed of the choice of those held out.
        source_licence: Licence of the files, to be recorded.
    """

    source: Path
    test_share: float = 0.1
    seed: int = 0
    source_licence: str = "not stated"

    @property
    def licence(self) -> str:
        """The licence that the user states."""
        return self.source_licence
