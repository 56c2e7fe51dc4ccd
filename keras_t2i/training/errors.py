"""Errors that end a training before its last step."""


class Interrupted(Exception):
    """The user or the system asked the training to stop; its state is saved.

    Args:
        message: Message that says where the training stopped.
        signal: The number of the signal that asked.
    """

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal


class NonFiniteLoss(Exception):
    """A term of a loss became NaN or infinite."""
