"""The classifier that judges generated pictures."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.catalogue import preset
from keras_t2i.commands.export import export
from keras_t2i.commands.generate import draw
from keras_t2i.metrics.extractors.run_classifier import RunClassifier
from keras_t2i.metrics.pictures import real_pictures
from keras_t2i.metrics.subject import ReadsLabels
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import read_split
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.training import loop
from keras_t2i.training.intervals import train_intervals
from keras_t2i.training.run import Run
from tests.runs import assert_same_state
from tests.tiny_labels import SCHEMA


def tiny_classifier():
    experiment = preset("label-classifier")
    stage = replace(
        experiment.classifier,
        epochs=12,
        batch_size=16,
        channels=(8, 16),
        dropout=0.1,
        learning_rate=1e-2,
        precision="float32",
    )
    return replace(experiment, deterministic=True, classifier=stage)


@pytest.fixture(scope="module")
def run(labelled_data, tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("runs") / "classifier")
    fit(tiny_classifier(), labelled_data, run)
    return run


def test_it_reads_unseen_pictures(run, labelled_data):
    scores = run.summary("classifier")["test"]
    assert scores["label_accuracy"] > 0.9
    assert set(scores) == {"label_accuracy", "colour", "bright side", "marks"}
    split = read_split(labelled_data, "test")
    reader = run.experiment.task(run, labelled_data).classifier()
    assert isinstance(reader, ReadsLabels)
    assert (reader.labels, reader.image_size) == (SCHEMA.labels, 16)
    network, pictures = RunClassifier(reader, "mine"), real_pictures(split, "test")
    logits = network(np.float32(pictures.read(np.arange(12))))["logits"]
    columns = SCHEMA.multi_hot(split.attributes)
    assert np.mean((logits > 0) == (columns > 0.5)) > 0.8


def stopped_at_15(training, *arguments, **keywords):
    keywords["asked_to_stop"] = lambda: int(training.model.step.numpy()) >= 15
    train_intervals(training, *arguments, **keywords)


def test_a_stopped_training_ends_alike(run, labelled_data, tmp_path):
    """The learning rate falls with the step, which a checkpoint holds."""
    other = Run(tmp_path / "stopped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "train_intervals", stopped_at_15)
        fit(tiny_classifier(), labelled_data, other)
    (other.stage("classifier") / "summary.json").unlink()
    fit(tiny_classifier(), labelled_data, other)
    assert_same_state(run, other)


def test_it_is_served_and_draws_nothing(run, labelled_data, tmp_path):
    signatures = tf.saved_model.load(str(export(run, tmp_path / "model"))).signatures
    assert set(signatures) == {"serving_default", "classify"}
    with pytest.raises(InputError, match="draws no pictures"):
        draw(GenerateOptions(run=run.path))
