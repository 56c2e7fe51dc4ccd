"""`InputError`: the error whose message users of the commands read."""


class InputError(ValueError):
    """Wrong input of the user; the message names it and the rule that it breaks."""
