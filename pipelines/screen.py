"""Text for people: on a screen as wide as that is, in a file in lines that are not broken."""

from rich.console import Console

_FILE_WIDTH = 1000  # characters: no table is so wide


def console(*, stderr: bool = False) -> Console:
    """The console of stdout, or of stderr; brackets, as in names of folders, are no markup."""
    made = Console(stderr=stderr, markup=False)
    if not made.is_terminal:
        made.width = _FILE_WIDTH
    return made
