"""Names and passwords of those who may see the page."""

from pathlib import Path

from ..client import ClientError


def accounts_of_file(path: Path) -> list[tuple[str, str]]:
    """Names and passwords of a file: `NAME:PASSWORD` a line; lines with `#` first are left out.

    Raises:
        ClientError: Not readable, another form, or nobody in it.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise ClientError(f"--auth {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ClientError(f"--auth {path}: no UTF-8 text.") from error
    found: dict[str, str] = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        name, _, password = line.partition(":")
        if not name or not password:  # the line is shown to nobody
            raise ClientError(f"--auth {path}: line {number} must be NAME:PASSWORD.")
        if name in found:
            raise ClientError(f"--auth {path}: line {number} names {name} again.")
        found[name] = password
    if not found:
        raise ClientError(f"--auth {path}: nobody in it. It needs NAME:PASSWORD a line.")
    return list(found.items())
