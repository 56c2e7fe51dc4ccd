"""From what the command is given to the evidence."""

from typing import TYPE_CHECKING

from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.drawn import run_pictures, served_encoder, served_pictures
from keras_t2i.metrics.evidence import Evidence
from keras_t2i.metrics.extractors.finding import find_extractor
from keras_t2i.metrics.extractors.run_reader import RunReader
from keras_t2i.metrics.features import FeatureStore
from keras_t2i.metrics.pictures import folder_pictures, real_pictures
from keras_t2i.run import Run
from pipelines.attributes import AttributeSchema
from pipelines.errors import InputError
from pipelines.records import DatasetInfo, read_split

if TYPE_CHECKING:
    from keras_t2i.evaluate import Arguments


def gather(arguments: "Arguments", store: FeatureStore) -> Evidence:
    """The evidence that `evaluate` is asked to judge by.

    Raises:
        InputError: The subject, data, split, extractor or judge cannot be used.
    """
    subject = arguments.subject
    if not subject.exists():
        raise InputError(f"{subject}: no such run, SavedModel or folder.")
    run = Run(subject) if (subject / "experiment.json").exists() else None
    if run is None and arguments.data is None:
        raise InputError("--data is needed: the real pictures to compare with.")
    data = arguments.data or run.data
    info = DatasetInfo.load(data)
    if arguments.split not in info.splits:
        raise InputError(f"--split {arguments.split}: {data} has {', '.join(info.splits)}.")
    extractor = find_extractor(arguments.extractor, arguments.extractor_range)
    judge = RunReader(Run(arguments.judge)) if arguments.judge else None
    if judge is None and isinstance(extractor, RunReader):
        judge = extractor
    unseen, train = read_split(data, arguments.split), read_split(data, "train")
    schema = AttributeSchema(info.attributes) if info.attributes else None
    conditions = Conditions.drawn(unseen, arguments.split, arguments.count, arguments.seed)
    encode = None
    if run is not None:
        workshop = run.experiment.workshop(run, data)
        fake = run_pictures(workshop, conditions, arguments.seed)
        encode = getattr(workshop, "encode", None)
    elif any(subject.glob("**/saved_model.pb")):
        fake = served_pictures(subject, conditions, schema, arguments.seed)
        encode = served_encoder(subject)
    else:
        fake = folder_pictures(subject, arguments.skip_broken)
    _check_judge(judge, schema)
    return Evidence(
        fake=fake,
        real=real_pictures(unseen, arguments.split),
        train=real_pictures(train, "train"),
        extractor=extractor,
        store=store,
        seed=arguments.seed,
        schema=schema,
        judge=judge,
        encode=encode,
        draws=arguments.bootstrap,
    )


def _check_judge(judge: RunReader | None, schema: AttributeSchema | None) -> None:
    if judge is not None and schema is not None and judge.labels != schema.labels:
        raise InputError(
            f"--judge reads other labels ({', '.join(judge.labels[:4])}, …) than the data have "
            f"({', '.join(schema.labels[:4])}, …)."
        )
