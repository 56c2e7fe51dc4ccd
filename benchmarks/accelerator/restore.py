"""Take what `train.py` brought back into the run: its next stage begins with it, or it draws.

python benchmarks/accelerator/restore.py RUN trained
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import keras_t2i
from keras_t2i.pipelines.command import run
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.tasks.base.task import Task
from keras_t2i.training.run import read_json


def main() -> None:
    """Restore the stage; draw and measure what it ends with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("trained", type=Path)
    arguments = parser.parse_args()
    task = keras_t2i.load(arguments.run)
    if not isinstance(task, Task):
        raise InputError(f"{arguments.run}: must be a run folder; it is an exported model.")
    restore(task, arguments.trained)


def restore(task: Task, trained: Path) -> None:
    """Write a stage's weights and summary into the run.

    Args:
        task: The run that was lowered; its stage must have no checkpoint here.
        trained: Folder that `train.py` wrote.
    """
    from keras_t2i.training.weights import FILE, save_weights

    facts = read_json(trained / "trained.json")
    stages = {each.name: each for each in task.experiment.stages}
    if facts["stage"] not in stages:
        raise InputError(f"{trained}: the run has no stage {facts['stage']}.")
    stage = stages[facts["stage"]]
    folder = task.run.stage(stage.name)
    if (folder / "checkpoints").exists():
        raise InputError(f"{folder} has checkpoints of its own; they would be taken first.")
    training = task.build(stage)
    variables = {
        f"{part}.{i}": variable
        for part, network in training.model.drawing_parts().items()
        for i, variable in enumerate(network.variables)
    }
    with np.load(trained / "drawing.npz") as held:
        # A variable that the step does not touch is not among them and stays as it is.
        if any(held[name].shape != _shape(variables.get(name)) for name in held.files):
            raise InputError(f"{trained / 'drawing.npz'}: the weights of another run's stage.")
        for name in held.files:
            variables[name].assign(held[name].astype(variables[name].dtype))
    training.model.step.assign(facts["steps"])
    folder.mkdir(exist_ok=True)
    save_weights(training.model, folder / FILE)
    kept = {"steps": facts["steps"], "rows": facts["rows"], "trained": "accelerator"}
    write_json(folder / "summary.json", kept | training.finish())


def _shape(variable: Any) -> tuple[int, ...] | None:
    return None if variable is None else tuple(variable.shape)


if __name__ == "__main__":
    run(main)
