"""Features of pictures, on disk while they are computed: bounded memory, and resumable."""

import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from keras_t2i.metrics.extractors import Extractor
from keras_t2i.metrics.pictures import PictureSet
from keras_t2i.metrics.resizing import clean
from keras_t2i.training.run import read_json, write_json

_BATCH = 64


@dataclass(frozen=True)
class Features:
    """What an extractor saw in a set of pictures, mapped from files.

    Args:
        features: float32 (N, D).
        logits: float32 (N, C), or `None` of an extractor that is no classifier.
    """

    features: np.ndarray
    logits: np.ndarray | None


@dataclass
class FeatureStore:
    """Computes features once: a folder for each set of pictures, and in it one for each extractor.

    What a killed process had done of a set is found again.

    Args:
        folder: Where they are kept.
        advance: Called with a set's name, pictures done and pictures in all.
        seconds: Filled with the time that went into reading or drawing, resizing and extracting.
    """

    folder: Path
    advance: Callable[[str, int, int], None] = lambda name, done, total: None
    seconds: Counter[str] = field(default_factory=Counter)

    def features(self, pictures: PictureSet, extractor: Extractor) -> Features:
        """The features of all pictures of a set."""
        final = self._place(pictures, extractor)
        if not final.exists():
            partial = final.with_suffix(".partial")
            self._compute(pictures, extractor, partial)
            partial.rename(final)
        self.advance(pictures.name, pictures.count, pictures.count)
        held = {path.stem: np.load(path, mmap_mode="r") for path in final.glob("*.npy")}
        return Features(held["features"], held.get("logits"))

    def forget(self, pictures: PictureSet) -> None:
        """Delete what is kept of a set that will not come again."""
        shutil.rmtree(self.folder / pictures.digest[:32], ignore_errors=True)

    def _place(self, pictures: PictureSet, extractor: Extractor) -> Path:
        key = f"{extractor.fingerprint} {extractor.name} clean-{extractor.size}"
        seen = hashlib.sha256(key.encode()).hexdigest()
        return self.folder / pictures.digest[:32] / seen[:32]

    def _compute(self, pictures: PictureSet, extractor: Extractor, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        progress = folder / "done.json"
        done = read_json(progress) if progress.exists() else 0
        while done < pictures.count:
            rows = np.arange(done, min(done + _BATCH, pictures.count))
            found = self.see(pictures, rows, extractor)
            for name, values in found.items():
                file = folder / f"{name}.npy"
                shape = (pictures.count, values.shape[1])
                whole = (
                    np.lib.format.open_memmap(file, "r+")
                    if file.exists()
                    else np.lib.format.open_memmap(file, "w+", "float32", shape)
                )
                whole[rows] = values
                whole.flush()
            done += len(rows)
            write_json(progress, done)
            self.advance(pictures.name, done, pictures.count)

    def see(
        self, pictures: PictureSet, rows: np.ndarray, extractor: Extractor
    ) -> dict[str, np.ndarray]:
        """What the extractor says of some rows of a set."""
        started = time.perf_counter()
        some = pictures.read(rows)
        drawn = time.perf_counter()
        resized = clean(some, extractor.size)
        ready = time.perf_counter()
        found = extractor(resized)
        self.seconds["pictures"] += drawn - started
        self.seconds["resize"] += ready - drawn
        self.seconds["extract"] += time.perf_counter() - ready
        return found
