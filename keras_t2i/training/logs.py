"""Logs of a training that goes on: what was logged after its checkpoint is forgotten."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from keras_t2i.pipelines.lazy import tf
from keras_t2i.pipelines.whole_file import whole_file, write_bytes
from keras_t2i.training.run import Run


def forget_after(run: Run, stage: str, step: int) -> None:
    """Remove what a killed training logged of steps that are done again, so each stands once.

    So in the stage's log.jsonl, in the scores that a watched training took, and in the files for
    TensorBoard.

    Args:
        run: The run.
        stage: Name of the stage.
        step: Step of the state that it goes on from.
    """
    _keep_lines(run.logs(stage) / "log.jsonl", lambda line: line["step"] <= step)
    forget_events(run.logs(stage), step)
    if stage == run.experiment.stages[-1].name:
        scores = run.path / "evaluation" / "metrics.jsonl"
        _keep_lines(scores, lambda line: not line.get("watched") or line["step"] <= step)
        forget_events(run.logs("evaluation"), step)


def _keep_lines(file: Path, wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Keep the lines that are wanted, and drop what is no such line, as one that a kill has cut."""
    if not file.exists():
        return
    lines = file.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if _holds(line, wanted)]
    if kept != lines:
        write_bytes(file, b"".join(kept))


def _holds(line: bytes, wanted: Callable[[dict[str, Any]], bool]) -> bool:
    """Whether a line is JSON to its end, and wanted."""
    try:
        return line.endswith(b"\n") and wanted(json.loads(line))
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def forget_events(folder: Path, step: int) -> None:
    """Remove events of later steps from a folder's files for TensorBoard.

    TensorBoard has a mark for this (`SessionLog.START`), but heeds it for scalars of TensorFlow 1
    alone.
    """
    from tensorboard.compat.proto.event_pb2 import Event

    for file in sorted(folder.glob("events.out.tfevents.*")):
        events = list(_events(file))
        kept = [event for event in events if Event.FromString(event).step <= step]
        if len(kept) < len(events):
            with whole_file(file) as partial, tf.io.TFRecordWriter(str(partial)) as writer:
                for event in kept:
                    writer.write(event)


def _events(file: Path) -> Iterator[bytes]:
    """The events of a file up to one that a kill has cut."""
    try:
        yield from tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    except tf.errors.DataLossError:
        return
