"""The work of a preparation on a cluster: shards by the workers of an Apache Beam runner.

A shard is a unit of work. All workers see the folders of the source and of the data under the same
paths, as on a shared disk; through Beam itself only the shards' names travel.
"""

import pickle
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .errors import InputError
from .filling import unfinished, write_alone
from .finished import Finished, finished_in
from .plan import Plan, Unit


def pipeline_of(runner: str, options: Sequence[str]) -> Any:
    """An empty pipeline of Apache Beam.

    Args:
        runner: Name of its runner, such as `direct` or `flink`.
        options: Beam's further options, as on its command line.

    Raises:
        InputError: Beam is not installed, or knows no such runner or options.
    """
    try:
        from apache_beam import Pipeline
        from apache_beam.options.pipeline_options import PipelineOptions
    except ImportError as error:
        raise InputError(
            f"--runner needs Apache Beam: pip install 'keras-t2i[beam]' ({error})."
        ) from error
    try:
        parsed = PipelineOptions([f"--runner={runner}", *options])
        parsed.get_all_options()
        return Pipeline(options=parsed)
    # Beam's command line ends the process where it cannot read it.
    except (ValueError, SystemExit) as error:
        raise InputError(
            f"Apache Beam refuses --runner {runner} with the options {list(options)} ({error})."
        ) from error


def fill_by_beam(
    folder: Path,
    plan: Plan,
    units: Sequence[Unit],
    pipeline: Any,
    tell: Callable[[int], None],
) -> dict[str, Finished]:
    """Write the shards that a folder lacks, in any order, by the workers of a runner.

    Args:
        folder: The folder (`whole_folder`), whose plan is written; all workers see it.
        plan: The preparation.
        units: The shards to write.
        pipeline: An empty pipeline (`pipeline_of`).
        tell: Function that is called with the number of items that are done.

    Returns:
        All shards by name.

    Raises:
        InputError: Something cannot be used and is not to be skipped, what the source yields
            cannot be sent to workers.
    """
    for file in folder.glob("*.error"):  # of a preparation that was killed
        file.unlink()
    left = unfinished(folder, units)
    for unit in left:
        _put(folder, unit)
    import apache_beam as beam

    with pipeline:
        names = pipeline | beam.Create([unit.name for unit in left]) | beam.Reshuffle()
        _ = names | beam.Map(partial(_write, folder, plan))
    for file in sorted(folder.glob("*.error")):
        raise InputError(file.read_text("utf-8"))
    tell(sum(len(unit.items) for unit in units))
    return finished_in(folder)


def _put(folder: Path, unit: Unit) -> None:
    """Lay a shard's items where a worker finds them: a pipeline itself may not grow large."""
    try:
        _items(folder, unit.name).write_bytes(pickle.dumps(unit))
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise InputError(
            f"--runner: what this source yields cannot be sent to workers ({error})."
        ) from error


def _write(folder: Path, plan: Plan, name: str) -> None:
    """Write a shard; what is wrong with the source is left as a text, for it is no failure."""
    file = _items(folder, name)
    if not file.exists():  # a worker was given the shard again after it had ended it
        return
    try:
        write_alone(folder, plan, pickle.loads(file.read_bytes()))
    except InputError as error:
        file.with_suffix(".error").write_text(str(error), "utf-8")
    file.unlink(missing_ok=True)


def _items(folder: Path, name: str) -> Path:
    return (folder / name).with_suffix(".items")
