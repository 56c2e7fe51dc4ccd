"""Base of the sources that read a folder of your own."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OwnFolder:
    """A folder, of whose files a share is held out.

    Args:
        source: The folder.
        test_share: Share of the files that is held out for the split test, in [0, 1).
        seed: Seed of the choice of the files held out.
        source_licence: Licence of the files, which dataset.json records.
    """

    source: Path
    test_share: float = 0.1
    seed: int = 0
    source_licence: str = "not stated"

    @property
    def licence(self) -> str:
        """The licence that the user states."""
        return self.source_licence
