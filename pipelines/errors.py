"""The one error that a user of the commands is meant to read."""


class InputError(ValueError):
    """Something that the user gave is wrong; the message names it and the rule that it breaks."""
