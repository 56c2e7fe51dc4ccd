"""The run folder that a worker writes to."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from keras_t2i.training.cluster import barrier, is_chief, place
from keras_t2i.training.run import LOCK, WRITER, Run

_LEFT_OUT = ("tensorboard", "samples", "evaluation", LOCK, WRITER)


def own_folder(run: Run) -> Run:
    """The run that this worker writes: the run itself, or a copy that ends with the process.

    The chief has opened the run before it calls this; the others wait for it here.
    """
    run.send()
    barrier()
    own = run
    if not is_chief():
        scratch = Path(tempfile.mkdtemp(prefix=f"keras-t2i-worker-{place()[0]}-"))
        atexit.register(shutil.rmtree, scratch, ignore_errors=True)
        os.environ["KERAS_T2I_CACHE"] = str(scratch / "cache")
        own = Run(scratch / run.path.name)
        if run.remote:
            run.remote.copy_of_chief(own.path)
        else:
            shutil.copytree(run.path, own.path, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    barrier()
    return own
