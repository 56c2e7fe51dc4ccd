"""The planned length of a stage, kept in the run, so that an unfinished one is known."""

import sys
from functools import cache

from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.training.run import Run, read_note

FILE = "plan.json"


def keep_plan(run: Run, stage: str, steps: int) -> None:
    """Write into the stage's folder how many steps it is to have."""
    write_json(run.stage(stage) / FILE, {"steps": steps})


def unfinished(run: Run, stage: str, step: int) -> str | None:
    """A sentence about a stage that is not trained to its end; `None` of one that is.

    Args:
        run: The run.
        stage: Name of the stage.
        step: Step of the checkpoint that was restored.
    """
    if run.summary(stage) is not None:
        return None
    steps = read_note(run.stage(stage) / FILE).get("steps")
    planned = f" of {steps:,}" if isinstance(steps, int) else ""
    return (
        f"{run.path}: stage `{stage}` is at step {step:,}{planned}: its training is not finished; "
        "the same `fit` goes on with it."
    )


@cache
def tell(line: str) -> None:
    """Print a line on stderr, once a process."""
    print(line, file=sys.stderr)
