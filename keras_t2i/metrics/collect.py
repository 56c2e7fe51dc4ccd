"""Collecting what scores are computed from."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.extractors.finding import find_extractor
from keras_t2i.metrics.extractors.run_classifier import RunClassifier
from keras_t2i.metrics.features import FeatureStore
from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.pictures import folder_pictures, real_pictures
from keras_t2i.metrics.sampled import run_pictures, served_encoder, served_pictures
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import DatasetInfo, read_split
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    from keras_t2i.evaluate import Arguments


def collect(arguments: "Arguments", store: FeatureStore) -> EvaluationInputs:
    """What `evaluate` is asked to judge by.

    Raises:
        InputError: The subject, data, split, extractor or judge cannot be used.
    """
    subject = arguments.subject
    if not subject.exists():
        raise InputError(f"{subject}: no such run, SavedModel or folder.")
    is_run = (subject / "experiment.json").exists()
    run = Run(subject, best=arguments.best) if is_run else None
    data = arguments.data or (run.data if run else None)
    if data is None:
        raise InputError("--data is needed: the real pictures to compare with.")
    inputs = real_inputs(
        data,
        arguments.split,
        arguments.count,
        seed=arguments.seed,
        extractor=arguments.extractor,
        extractor_range=arguments.extractor_range,
        judge=arguments.judge,
        store=store,
    )
    conditions, encode = inputs.fake.conditions, None
    if run is not None:
        task = run.experiment.task(run, data)
        fake = run_pictures(task, conditions, arguments.seed)
        encode = getattr(task, "encode", None)
    elif any(subject.glob("**/saved_model.pb")):
        fake = served_pictures(subject, conditions, inputs.schema, arguments.seed)
        encode = served_encoder(subject)
    else:
        fake = folder_pictures(subject, arguments.skip_broken)
    return replace(inputs, fake=fake, encode=encode, draws=arguments.bootstrap)


def real_inputs(
    data: Path,
    split: str,
    count: int,
    *,
    seed: int,
    extractor: str | None,
    store: FeatureStore,
    extractor_range: tuple[float, float] | None = None,
    judge: Path | None = None,
) -> EvaluationInputs:
    """Inputs whose fakes are still to come: real pictures in their place, as many as asked for.

    Args:
        data: Prepared data.
        split: Of the unseen real pictures.
        count: Conditions that are drawn from it.
        seed: Of every random choice.
        extractor: See `find_extractor`.
        store: Of the features.
        extractor_range: See `find_extractor`.
        judge: A run that reads labels.

    Raises:
        InputError: The data, the split, the extractor or the judge cannot be used.
    """
    info = DatasetInfo.load(data)
    if split not in info.splits:
        raise InputError(f"--split {split}: {data} has {', '.join(info.splits)}.")
    sees = find_extractor(extractor, extractor_range)
    reads = RunClassifier(Run(judge)) if judge else None
    if reads is None and isinstance(sees, RunClassifier):
        reads = sees
    schema = AttributeSchema(info.attributes) if info.attributes else None
    if reads is not None and schema is not None and reads.labels != schema.labels:
        raise InputError(
            f"--judge reads other labels ({', '.join(reads.labels[:4])}, …) than the data have "
            f"({', '.join(schema.labels[:4])}, …)."
        )
    unseen, train = read_split(data, split), read_split(data, "train")
    real = real_pictures(unseen, split)
    return EvaluationInputs(
        fake=replace(real, conditions=Conditions.drawn(unseen, split, count, seed)),
        real=real,
        train=real_pictures(train, "train"),
        extractor=sees,
        store=store,
        seed=seed,
        schema=schema,
        classes=info.classes,
        judge=reads,
    )
