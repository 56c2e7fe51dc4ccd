"""Statistics of a data set, which a run keeps so that data of later can be compared with them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from keras_t2i.pipelines.attributes import AttributeSchema, count_labels
from keras_t2i.pipelines.dataset_info import DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.held import Rows
from keras_t2i.pipelines.records import Split
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.training.run import read_json, read_note

FILE = "statistics.json"
BINS = 16  # of the mean colours of pictures
_MOST_WORDS = 20_000  # that are listed
_MOST_PICTURES = 2_000  # whose colours are looked at: a large set is not read through for them
_BATCH = 256


@dataclass(frozen=True)
class SplitStatistics:
    """Counts of a split, from which shares follow.

    Args:
        pictures: Number of pictures.
        captions: Number of captions.
        classes: Number of pictures of each class that occurs.
        labels: Number of pictures with each label.
        caption_lengths: Number of captions of each length in words; JSON makes the keys texts.
        words: Number of times that each word stands in a caption, of the 20,000 most frequent.
        rare_words: Number of times that other words stand there.
        colours: Number of pictures by mean red, mean green and mean blue, 3 × 16 equal bins of
            [0, 255]; of 2,000 pictures, evenly spread, where there are more.
    """

    pictures: int
    captions: int
    classes: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    caption_lengths: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, int] = field(default_factory=dict)
    rare_words: int = 0
    colours: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class DataStatistics:
    """Statistics of all splits of a data set.

    Args:
        checksum: Checksum of the data set.
        splits: Statistics by split.
    """

    checksum: str
    splits: Mapping[str, SplitStatistics]

    def write(self, folder: Path) -> None:
        """Write `statistics.json` into a folder."""
        write_json(folder / FILE, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> "DataStatistics | None":
        """Read the `statistics.json` of a folder; `None` where there is none.

        Raises:
            InputError: A damaged file.
        """
        file = folder / FILE
        if not file.exists():
            return None
        held = read_json(file)
        try:
            splits = {name: SplitStatistics(**each) for name, each in held["splits"].items()}
            return cls(held["checksum"], splits)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{file}: a field is missing or of another type ({error}).") from error


def is_kept(folder: Path, checksum: str) -> bool:
    """Whether a folder has the statistics of a data set of this checksum."""
    return read_note(folder / FILE).get("checksum") == checksum


def data_statistics(info: DatasetInfo, read: Callable[[str], Split]) -> DataStatistics:
    """Statistics of a data set, split after split.

    Args:
        info: Description of the data set.
        read: Function from the name of a split to the split.
    """
    return DataStatistics(
        info.checksum, {name: statistics_of(read(name), name) for name in info.splits}
    )


def statistics_of(split: Split, name: str) -> SplitStatistics:
    """Statistics of a split.

    Args:
        split: The split.
        name: Name of the split in its data set.
    """
    info: DatasetInfo = split.info
    lengths, words = _words_of(split.captions)
    listed = Counter(words).most_common(_MOST_WORDS)
    labels = info.splits[name].labels
    if info.attributes and not labels:  # an earlier version prepared the data
        schema = AttributeSchema(info.attributes)
        labels = count_labels(schema, schema.multi_hot(split.attributes))
    return SplitStatistics(
        pictures=len(split.labels),
        captions=len(split.captions),
        classes={
            info.classes[number]: int((split.labels == number).sum())
            for number in np.unique(split.labels)
            if number >= 0
        },
        labels=dict(labels),
        caption_lengths={str(length): count for length, count in sorted(Counter(lengths).items())},
        words=dict(listed),
        rare_words=sum(words.values()) - sum(count for _, count in listed),
        colours=_colours_of(split.images),
    )


def _words_of(captions: list[str]) -> tuple[list[int], dict[str, int]]:
    """Length of each caption in words, and how often each word occurs: as a tokenizer of words."""
    if not captions:
        return [], {}
    import tensorflow as tf

    from keras_t2i.text.normalization import normalize
    from keras_t2i.text.segmentation import spaced
    from keras_t2i.text.words import split_words

    ragged = split_words(spaced(tf.constant(normalize(captions))))
    found, counts = np.unique(ragged.flat_values.numpy(), return_counts=True)
    words = {word.decode(): int(count) for word, count in zip(found, counts, strict=True)}
    return ragged.row_lengths().numpy().tolist(), words


def _colours_of(images: Rows) -> tuple[tuple[int, ...], ...]:
    """Counts of some pictures (N, S, S, 3) by their means of red, green and blue, 3 × `BINS`."""
    counts = np.zeros((3, BINS), "int64")
    rows = np.unique(np.linspace(0, len(images) - 1, min(len(images), _MOST_PICTURES)).astype(int))
    for start in range(0, len(rows), _BATCH):  # pictures may be mapped from a large file
        means = images[rows[start : start + _BATCH]].mean((1, 2))
        for channel in range(3):
            counts[channel] += np.histogram(means[:, channel], BINS, (0, 255))[0]
    return tuple(tuple(row) for row in counts.tolist())
