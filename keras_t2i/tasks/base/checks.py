"""All that can be known before a training begins, in the order of its cost."""

import sys
from pathlib import Path

from keras_t2i.components.bounds import check_numbers
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.field_types import check_types
from keras_t2i.pipelines.records import DatasetInfo
from keras_t2i.tasks.base.experiment import TaskExperiment


def check_experiment(experiment: TaskExperiment) -> None:
    """Refuse an experiment that can be seen to be wrong without any data.

    Raises:
        InputError: No experiment, a value of another type than its field's, a number that means
            nothing, or settings that contradict each other.
    """
    if not isinstance(experiment, TaskExperiment):
        raise InputError(
            "An experiment must be a preset's name, or an object such as keras_t2i.preset(name) "
            f"returns. Received: {experiment!r}."
        )
    check_types(experiment)
    check_numbers(experiment)
    experiment.check()


def check_data(experiment: TaskExperiment, data: Path | None) -> DatasetInfo | None:
    """Refuse data that do not fit an experiment, and say what deserves a look.

    Args:
        experiment: The experiment.
        data: Folder of a prepared data set, if the experiment needs one.

    Returns:
        The data set's description; `None` where none is needed.

    Raises:
        InputError: No data set, or one that a stage of the experiment cannot be trained on.
    """
    if data is None:
        return None
    info = DatasetInfo.load(data)
    info.require(data, experiment.data_kind)
    experiment.check_data(info)
    for stage in experiment.stages:
        for remark in stage.remarks(info):
            print(remark, file=sys.stderr)
    return info
