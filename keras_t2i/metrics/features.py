"""Features of pictures, on disk while they are computed: bounded memory, and resumable."""

import hashlib
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from filelock import FileLock

from keras_t2i.metrics.extractors import Extractor
from keras_t2i.metrics.pictures import PictureSet
from keras_t2i.metrics.resizing import clean
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.ordered import ordered_map
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.training.run import read_json

_BATCH = 64


@dataclass(frozen=True)
class Features:
    """Features and logits of a set of pictures, mapped from files.

    Args:
        features: Features, float32 (N, D).
        logits: Logits, float32 (N, C); `None` of an extractor that is no classifier.
    """

    features: np.ndarray
    logits: np.ndarray | None


@dataclass
class FeatureStore:
    """Computes features once: a folder for each set of pictures, and in it one for each extractor.

    Several processes may share a store. One computes a set while the others that need it wait, and
    then find it done; the system releases the lock of a process that dies, and what it had done of
    the set is found again.

    Args:
        folder: Folder that keeps the features.
        advance: Function that is called with a set's name, pictures done and pictures in all.
        seconds: Seconds that went into `pictures` (reading or drawing), `resize` and `extract`; the
            first two run beside the third.
    """

    folder: Path
    advance: Callable[[str, int, int], None] = lambda name, done, total: None
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def features(self, pictures: PictureSet, extractor: Extractor) -> Features:
        """The features of all pictures of a set.

        Raises:
            InputError: The store's folder cannot be written to.
        """
        final = self._place(pictures, extractor)
        with self._locked(pictures):
            if not final.exists():
                partial = final.with_suffix(".partial")
                self._compute(pictures, extractor, partial)
                partial.rename(final)
            # What is mapped once stays readable when another process forgets the set.
            held = {path.stem: np.load(path, mmap_mode="r") for path in final.glob("*.npy")}
        self.advance(pictures.name, pictures.count, pictures.count)
        return Features(held["features"], held.get("logits"))

    def forget(self, pictures: PictureSet) -> None:
        """Delete what is kept of a set that will not come again."""
        with self._locked(pictures):
            shutil.rmtree(self.folder / pictures.digest[:32], ignore_errors=True)

    @contextmanager
    def _locked(self, pictures: PictureSet) -> Iterator[None]:
        """Keep other processes from a set. Lock files stay: 256 at most, shared by many sets."""
        file = self.folder / "locks" / pictures.digest[:2]
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(file)
            lock.acquire()
        except OSError as error:
            raise InputError(
                f"{self.folder}: features cannot be kept there ({error.strerror}); --cache gives "
                "another folder."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _place(self, pictures: PictureSet, extractor: Extractor) -> Path:
        key = f"{extractor.fingerprint} {extractor.name} clean-{extractor.size}"
        seen = hashlib.sha256(key.encode()).hexdigest()
        return self.folder / pictures.digest[:32] / seen[:32]

    def _compute(self, pictures: PictureSet, extractor: Extractor, folder: Path) -> None:
        progress = folder / "done.json"
        if not progress.exists():  # a process was killed before its files were whole
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        done = read_json(progress) if progress.exists() else 0

        def resized(start: int) -> tuple[np.ndarray, np.ndarray]:
            return self._resized(pictures, start, extractor.size)

        # The next pictures are drawn and resized while the extractor sees some.
        with ThreadPoolExecutor(1, "pictures") as thread:
            starts = range(done, pictures.count, _BATCH)
            for rows, ready in ordered_map(resized, starts, thread, ahead=1):
                started = time.perf_counter()
                found = extractor(ready)
                self.seconds["extract"] += time.perf_counter() - started
                for name, values in found.items():
                    _write_rows(folder / f"{name}.npy", rows, values, pictures.count)
                done = int(rows[-1]) + 1
                write_json(progress, done)
                self.advance(pictures.name, done, pictures.count)

    def _resized(
        self, pictures: PictureSet, start: int, side: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Some rows of a set from one on: their numbers, and their pictures at the side."""
        rows = np.arange(start, min(start + _BATCH, pictures.count))
        started = time.perf_counter()
        some = pictures.read(rows)
        drawn = time.perf_counter()
        ready = clean(some, side)
        self.seconds["pictures"] += drawn - started
        self.seconds["resize"] += time.perf_counter() - drawn
        return rows, ready


def _write_rows(file: Path, rows: np.ndarray, values: np.ndarray, count: int) -> None:
    """Write rows of an array of `count` rows that lies in a file, made at the first ones."""
    if file.exists():
        whole = np.lib.format.open_memmap(file, "r+")
    else:
        whole = np.lib.format.open_memmap(file, "w+", "float32", (count, values.shape[1]))
    whole[rows] = values
    whole.flush()
