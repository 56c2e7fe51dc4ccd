"""Errors as TensorFlow Serving names them."""

from typing import ClassVar


class ServingError(Exception):
    """An error with one of the canonical codes of RPC.

    Args:
        code: Name of the code, such as `INVALID_ARGUMENT`.
        message: Message for the client.
    """

    _HTTP: ClassVar[dict[str, int]] = {
        "CANCELLED": 499,
        "UNKNOWN": 500,
        "INVALID_ARGUMENT": 400,
        "DEADLINE_EXCEEDED": 504,
        "NOT_FOUND": 404,
        "ALREADY_EXISTS": 409,
        "PERMISSION_DENIED": 403,
        "RESOURCE_EXHAUSTED": 429,
        "FAILED_PRECONDITION": 400,
        "ABORTED": 409,
        "OUT_OF_RANGE": 400,
        "UNIMPLEMENTED": 501,
        "INTERNAL": 500,
        "UNAVAILABLE": 503,
        "DATA_LOSS": 500,
        "UNAUTHENTICATED": 401,
    }

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)  # both, so that it can be sent between processes
        self.code, self.message = code, message

    def __str__(self) -> str:
        return self.message

    @property
    def http_status(self) -> int:
        """The HTTP status of the code."""
        return self._HTTP[self.code]


def invalid(message: str) -> ServingError:
    """An error of the client's."""
    return ServingError("INVALID_ARGUMENT", message)


def not_found(message: str) -> ServingError:
    """Nothing of that name is served."""
    return ServingError("NOT_FOUND", message)


def reason_of(error: OSError) -> str:
    """A line for what the system refuses: the place and the reason, as far as it says them."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}." if error.filename is not None else f"{reason}."


def missing(error: ModuleNotFoundError, extra: str) -> str:
    """A line for a package that is not installed.

    Args:
        error: The failed import.
        extra: Name of the installation that brings the package.
    """
    return f"the package {error.name} is missing: pip install 'keras-t2i[{extra}]'."
