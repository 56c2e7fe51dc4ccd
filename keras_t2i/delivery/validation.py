"""Validation of the data of today against those that a run learned from."""

from functools import partial
from pathlib import Path

from keras_t2i.delivery.drift import Distance, drift, schema_faults
from keras_t2i.delivery.statistics import DataStatistics, data_statistics
from keras_t2i.pipelines.dataset_info import DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import read_split
from keras_t2i.training.run import Run


def compare_data(run: Run, data: Path) -> tuple[list[str], list[Distance]]:
    """Faults of the schema and distances of the statistics; none of the very same data.

    Args:
        run: The run, which keeps description and statistics of its data.
        data: Folder of the data of today.

    Returns:
        Lines on what differs in the schema; where nothing does, the distances.

    Raises:
        InputError: Data that cannot be read, or a run without statistics.
    """
    then, today = run.info, DatasetInfo.load(data)
    if then.checksum == today.checksum:
        return [], []
    faults = schema_faults(then, today)
    if faults:
        return faults, []
    kept = DataStatistics.load(run.path)
    if kept is None or kept.checksum != then.checksum:
        raise InputError(
            f"{run.path} keeps no statistics of its data, which {data} could be compared with. The "
            "same `fit` command on the run's data adds them; without them --data must be the very "
            "data that it learned from."
        )
    return [], drift(kept, data_statistics(today, partial(read_split, data)))
