"""Errors that a client of a served model meets."""


class ClientError(Exception):
    """The server cannot be reached, or refuses; the message says what and why."""


class Busy(Exception):
    """Trying again may help: the server is starting, overloaded or out of reach."""
