"""Runs that a benchmark opens: of the kind that it measures, and of another."""

import pytest

from benchmarks.opening import opened
from keras_t2i.catalogue import preset
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.points.task import PointsTask
from keras_t2i.tasks.text_to_image.task import TextToImageTask
from keras_t2i.training.run import Run


def test_a_run_of_another_task_is_named_in_the_error(tmp_path):
    run = Run(tmp_path / "run")
    run.open(preset("gan-8-gaussians"))
    assert opened(run.path, PointsTask).run == run
    with pytest.raises(InputError, match=r"points from noise, .* must be TextToImageTask"):
        opened(run.path, TextToImageTask)
