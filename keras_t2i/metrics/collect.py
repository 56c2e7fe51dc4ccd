"""Collection of the references that pictures are judged by."""

from pathlib import Path

from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.extractors import Extractor, GivesLabels
from keras_t2i.metrics.features import FeatureStore
from keras_t2i.metrics.inputs import Reference
from keras_t2i.metrics.pictures import PictureSet, real_pictures
from keras_t2i.metrics.stored_conditions import read_conditions
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.dataset_info import INFO_FILE, DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import read_split


def collect(
    *,
    data: Path | None,
    split: str,
    count: int,
    extractor: Extractor,
    store: FeatureStore,
    stored: Path | None = None,
    against: PictureSet | None = None,
    judge: Extractor | None = None,
    seed: int = 0,
    draws: int = 0,
) -> Reference:
    """Collect the references that pictures are judged by.

    Args:
        data: Folder of the data set; `None` leaves out all that needs real pictures.
        split: Name of the split of the unseen real pictures, whose conditions are asked for.
        count: Number of conditions that are drawn.
        extractor: The network that sees the pictures.
        store: The store of its features.
        stored: Folder of conditions that a run keeps (`write_conditions`); taken without `data`.
        against: Pictures that stand in the real ones' place, without any data set.
        judge: A network that reads labels; by default the extractor, if it does.
        seed: Seed of all random draws.
        draws: Number of draws of the bootstrap; 0 for no intervals.

    Raises:
        InputError: Neither data nor stored conditions nor other pictures are there; the split is
            unknown; or the judge reads other labels than the data have.
    """
    if against is not None:
        return Reference(
            conditions=Conditions.none(against.digest),
            extractor=extractor,
            store=store,
            real=against,
            judge=judge,
            seed=seed,
            draws=draws,
        )
    if data is not None:
        found: _Found = _of_data(data, split, count, seed)
    elif stored is not None and (stored / INFO_FILE).exists():
        kept = read_conditions(stored, split)
        found = kept.info, Conditions.drawn(kept, split, count, seed), None, None
    else:
        raise InputError(
            "--data is needed: the real pictures to compare with; or --against, a folder of them."
        )
    info, conditions, real, train = found
    schema = AttributeSchema(info.attributes) if info.attributes else None
    if judge is None and isinstance(extractor, GivesLabels):
        judge = extractor
    _check_labels(judge, schema)
    return Reference(
        conditions=conditions,
        extractor=extractor,
        store=store,
        real=real,
        train=train,
        judge=judge,
        schema=schema,
        classes=info.classes,
        seed=seed,
        draws=draws,
    )


_Found = tuple[DatasetInfo, Conditions, PictureSet | None, PictureSet | None]


def _of_data(data: Path, split: str, count: int, seed: int) -> _Found:
    """Parts of a data set: information, conditions, unseen pictures and training pictures."""
    info = DatasetInfo.load(data)
    if split not in info.splits:
        raise InputError(f"--split {split}: {data} has {', '.join(info.splits)}.")
    if info.splits[split].pictures < 2:
        raise InputError(
            f"--split {split}: {data} has one picture in it, and scores compare with two at least. "
            "Prepare it again with a larger --test-share, or choose another --split."
        )
    unseen, train = read_split(data, split), read_split(data, "train")
    conditions = Conditions.drawn(unseen, split, count, seed)
    return info, conditions, real_pictures(unseen, split), real_pictures(train, "train")


def _check_labels(judge: Extractor | None, schema: AttributeSchema | None) -> None:
    """Refuse a judge that reads other labels than the data have."""
    if not isinstance(judge, GivesLabels) or schema is None or judge.labels == schema.labels:
        return
    raise InputError(
        f"--judge reads other labels ({', '.join(judge.labels[:4])}, …) than the data have "
        f"({', '.join(schema.labels[:4])}, …)."
    )
