"""What pictures are asked to show: the captions and labels of real ones."""

from dataclasses import dataclass

import numpy as np

from keras_t2i.pipelines.records import Split


@dataclass(frozen=True)
class Conditions:
    """A caption, class and labels for each of N pictures, all of the same real picture.

    Args:
        split: Name of the real pictures' split.
        rows: int64 (N,): their places in it.
        captions: One of each one's captions.
        classes: int64 (N,), −1 where there are none.
        labels: Multi-hot float32 (N, n); n is 0 where there are none.
    """

    split: str
    rows: np.ndarray
    captions: tuple[str, ...]
    classes: np.ndarray
    labels: np.ndarray

    @classmethod
    def of_rows(cls, split: Split, name: str, rows: np.ndarray, seed: int = 0) -> "Conditions":
        """Those of rows (N,) of a split; which of a picture's captions, is drawn from the seed."""
        from keras_t2i.pipelines.labels import label_vectors

        starts = split.caption_starts
        counts = starts[rows + 1] - starts[rows]
        drawn = np.random.default_rng(seed).integers(0, np.maximum(counts, 1))
        texts = [*split.captions, ""]  # the last for pictures without captions
        chosen = np.where(counts > 0, starts[rows] + drawn, -1)
        vectors = label_vectors(split)[rows] if split.info.attributes else np.zeros((len(rows), 0))
        return cls(
            split=name,
            rows=np.asarray(rows),
            captions=tuple(texts[i] for i in chosen),
            classes=split.labels[rows],
            labels=vectors.astype("float32"),
        )

    @classmethod
    def drawn(cls, split: Split, name: str, count: int, seed: int) -> "Conditions":
        """Conditions of `count` pictures: each real one once before any comes a second time."""
        rng = np.random.default_rng(seed)
        turns = -(-count // len(split.images))
        rows = np.concatenate([rng.permutation(len(split.images)) for _ in range(turns)])[:count]
        return cls.of_rows(split, name, rows, seed)

    def __getitem__(self, some: np.ndarray) -> "Conditions":
        """Those of some places."""
        return Conditions(
            self.split,
            self.rows[some],
            tuple(self.captions[i] for i in some),
            self.classes[some],
            self.labels[some],
        )
