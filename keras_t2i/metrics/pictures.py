"""Sets of pictures that are compared: drawn or read when they are needed."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.state import State
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.file_listing import FileListing, pictures_below
from keras_t2i.pipelines.images import open_picture
from keras_t2i.pipelines.records import Split

Pictures = Sequence[np.ndarray] | np.ndarray
"""N pictures, uint8 (H, W, 3), perhaps of several sizes."""


@dataclass(frozen=True)
class PictureSet:
    """Pictures, and the names that identify them.

    Args:
        name: Name in tables.
        key: JSON values that determine the pictures: what is cached belongs to them.
        count: Number of pictures.
        read: Rows of the set to that many pictures; a row's picture is always the same.
        conditions: Condition that each picture was drawn for; `None` where they are unknown.
        state: Weights or files that they come from, of judged pictures; `None` of those that only
            place their scores.
    """

    name: str
    key: dict[str, Any]
    count: int
    read: Callable[[np.ndarray], Pictures]
    conditions: Conditions | None = None
    state: State | None = None

    @property
    def digest(self) -> str:
        """sha256 of the key."""
        return hashlib.sha256(json.dumps(self.key, sort_keys=True).encode()).hexdigest()

    @property
    def label(self) -> str:
        """Name and count, as they stand in the names of scores."""
        return f"{self.name.replace(' ', '-')}-{self.count}"

    def part(self, count: int, seed: int) -> "PictureSet":
        """At most `count` of them, drawn by a seed."""
        if count >= self.count:
            return self
        rows = np.sort(np.random.default_rng(seed).permutation(self.count)[:count])
        return replace(
            self,
            key={**self.key, "part": [count, seed]},
            count=count,
            read=lambda some: self.read(rows[some]),
            conditions=self.conditions and self.conditions[rows],
        )


def real_pictures(split: Split, name: str, rows: np.ndarray | None = None) -> PictureSet:
    """A split's pictures, cropped at the centre to the size of training.

    Args:
        split: Prepared pictures: their resizing was antialiased.
        name: Name of the split.
        rows: Places of those that are wanted; by default all.
    """
    rows = np.arange(len(split.images)) if rows is None else np.asarray(rows)
    from keras_t2i.images.batches import centre_crop

    size = split.info.image_size

    def read(some: np.ndarray) -> Pictures:
        return centre_crop(split.images[rows[some]], size)

    key = {"data": split.info.checksum, "split": name, "rows": rows.tolist(), "size": size}
    return PictureSet(f"real {name}", key, len(rows), read, Conditions.of_rows(split, name, rows))


def noise_pictures(size: int, count: int, seed: int) -> PictureSet:
    """Pixels of uniform noise (size, size, 3): what is as bad as can be."""

    def read(some: np.ndarray) -> Pictures:
        return [
            np.random.default_rng((seed, int(row))).integers(0, 256, (size, size, 3), np.uint8)
            for row in some
        ]

    return PictureSet("noise", {"noise": [size, count, seed]}, count, read)


def folder_pictures(folder: Path, skip_broken: bool = False) -> PictureSet:
    """All pictures below a folder, in the order of their names.

    Args:
        folder: Folder of pictures, at any depth (`pipelines.file_listing`).
        skip_broken: Whether to leave out files that are no pictures, instead of stopping at the
            first.

    Raises:
        InputError: No such folder, fewer than two pictures in it, or a broken one.
    """
    listing = scored_files(folder)
    whole, digest, sizes = [], hashlib.sha256(), set()
    broken = listing.unusable_pictures
    for name in listing.pictures:
        file = listing.path(name)
        try:
            picture = open_picture(file)
        except InputError as error:
            broken.append(str(error))
            if not skip_broken:
                break
            continue
        whole.append(file)
        sizes.add(picture.size)
        digest.update(file.name.encode() + str(file.stat().st_size).encode() + picture.tobytes())
    if broken and not skip_broken:
        raise InputError(f"{broken[0]} (--skip-broken goes on without it.)")
    if len(whole) < 2:
        raise InputError(f"{folder}: {len(whole)} of its pictures are whole; scores need two.")

    def read(some: np.ndarray) -> Pictures:
        return [np.asarray(open_picture(whole[row])) for row in some]

    left_out = f", {len(broken)} broken ones left out" if broken else ""
    mixed = f", of {len(sizes)} sizes" if len(sizes) > 1 else ""
    name, held = f"{folder}{mixed}{left_out}", digest.hexdigest()
    return PictureSet(name, {"pictures": held}, len(whole), read, state=State(held))


def scored_files(folder: Path, flag: str = "") -> FileListing:
    """List the files below a folder of pictures that are to be scored.

    Args:
        folder: The folder.
        flag: Option that names it, for messages.

    Raises:
        InputError: No such folder, or fewer than two pictures in it.
    """
    listing = pictures_below(folder, flag)
    if len(listing.pictures) + len(listing.unusable_pictures) < 2:
        raise InputError(f"{folder}: has one picture, and scores compare two at least.")
    return listing
