"""Checkpoints of versions before 2026-11-27: TensorFlow's files, and a list of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import tf
from keras_t2i.pipelines.pattern_free import pattern_free


def restore(variables: Mapping[str, Any], folder: Path) -> bool:
    """Give variables the values of the last checkpoint of that kind, if a folder has one.

    Args:
        variables: Variables by part and place, as in today's checkpoints.
        folder: Folder of the checkpoints.

    Raises:
        InputError: A checkpoint that does not fit the variables, or cannot be read.
    """
    if not folder.is_dir():
        return False
    with pattern_free(folder) as place:
        latest = tf.train.latest_checkpoint(str(place))
        if latest is None:
            return False
        checkpoint = tf.train.Checkpoint(**{name: v.value for name, v in variables.items()})
        try:
            # It also holds running means, which only a training asks for.
            checkpoint.restore(latest).assert_existing_objects_matched().expect_partial()
        except (tf.errors.OpError, AssertionError, ValueError, IndexError) as error:
            reason = str(error).split("\n", maxsplit=1)[0]
            file = folder / Path(latest).name
            raise InputError(f"{file}: the checkpoint cannot be restored ({reason}).") from error
    return True


def remove(folder: Path) -> None:
    """Remove the files of that kind, once there is a state of today's kind."""
    for file in [
        folder / "checkpoint",
        *folder.glob("ckpt-*.index"),
        *folder.glob("ckpt-*.data-*"),
    ]:
        file.unlink(missing_ok=True)
