"""The terms that a run logged in training."""

import json
from typing import Any

from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.run import Run


def logged(run: Run) -> list[dict[str, Any]]:
    """Terms of a run's last stage, and their step, interval by interval.

    Raises:
        InputError: No run, one that has no log, or a line of it that is not JSON.
    """
    file = run.logs(run.experiment.stages[-1].name) / "log.jsonl"
    if not file.exists():
        raise InputError(f"{run.path}: its last stage has no log ({file}).")
    terms = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            terms.append(json.loads(line))
        except ValueError as error:
            raise InputError(f"{file}, line {number}: not JSON ({error}).") from error
    return terms
