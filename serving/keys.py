"""Keys that a request must show, where the server asks for one."""

import hmac
from collections.abc import Iterable
from pathlib import Path

from .errors import ServingError, invalid, reason_of

_SCHEME = "bearer "


class Keys:
    """Keys of which a request must show one, as `Authorization: Bearer KEY`.

    Args:
        keys: Keys; none for a server that is open to everybody.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys = [key.encode() for key in keys]

    @classmethod
    def of_file(cls, path: Path) -> "Keys":
        """The keys of a file: one a line; lines that begin with `#` are left out.

        Raises:
            ServingError: Not readable, or no key in it.
        """
        try:
            lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        except OSError as error:
            raise invalid(f"--api_key_file: {reason_of(error)}") from error
        except UnicodeDecodeError as error:
            raise invalid(f"--api_key_file {path}: no UTF-8 text.") from error
        keys = [line for line in lines if line and not line.startswith("#")]
        if not keys:
            raise invalid(f"--api_key_file {path}: no key in it. It needs one a line.")
        wrong = next((n for n, key in enumerate(keys, 1) if not key.isascii() or " " in key), None)
        if wrong is not None:
            raise invalid(f"--api_key_file {path}: key {wrong} has spaces or is not ASCII.")
        return cls(keys)

    def check(self, authorization: str) -> None:
        """Check what a request shows.

        Raises:
            ServingError: UNAUTHENTICATED, none of the keys.
        """
        if not self._keys:
            return
        shown = authorization[len(_SCHEME) :].strip().encode("utf-8", "replace")
        known = [hmac.compare_digest(shown, key) for key in self._keys]  # all, at equal time
        if not (authorization.lower().startswith(_SCHEME) and any(known)):
            raise ServingError(
                "UNAUTHENTICATED", "This server asks for a key: Authorization: Bearer KEY."
            )
