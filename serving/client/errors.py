"""Errors that a client of a served model meets."""

_LONGEST = 300  # characters of a foreign text that a message repeats


class ClientError(Exception):
    """The server cannot be reached, or refuses; the message says what and why, in one line."""


class Busy(Exception):
    """Trying again may help: the server is starting, overloaded or out of reach.

    Args:
        message: Words of the server, or of the network.
        wait: Seconds that the server asks to wait.
    """

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class Dropped(Busy):
    """The connection ended before the answer, so the request may have been worked on."""


def one_line(text: object) -> str:
    """A foreign text as a line for a message, cut where it is long."""
    shown = "".join(sign if sign.isprintable() else " " for sign in str(text))
    line = " ".join(shown.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
