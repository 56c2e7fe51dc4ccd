"""Serving of SavedModels with the published signatures; independent of the training code."""

import signal
import sys

_IS_COMMAND = sys.argv[:1] == ["-m"]  # `python -m …` is about to run one of this package
if _IS_COMMAND and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Ctrl-C while it is still being imported ends it without a traceback; the command takes over.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
