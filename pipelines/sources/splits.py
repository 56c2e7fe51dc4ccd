"""Dividing pictures among splits."""

import hashlib
from collections.abc import Mapping, Sequence

from ..errors import InputError

SPLITS = ("train", "val", "test")
_NAMES = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}  # as the Hugging Face Hub takes names of files and folders for splits
_CALLED = {name: split for split, names in _NAMES.items() for name in names}


def split_called(name: str) -> str | None:
    """The split that a folder or a file is named after, if any: `validation` means `val`."""
    return _CALLED.get(name.lower())


def held_out(test_share: float) -> dict[str, float]:
    """Shares of `train` and `test`.

    Raises:
        InputError: The share lies outside [0, 1).
    """
    if not 0.0 <= test_share < 1.0:
        raise InputError(f"--test-share must lie in [0, 1). Received: {test_share}.")
    return {"train": 1.0 - test_share, "test": test_share}


def stratified(groups: Mapping[str, str], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """Divide the members of each group by shares.

    Every group fills the first split first, so that a group of one is trained on. Within a group
    the order is that of a hash of seed and name: adding a picture moves few others.

    Args:
        groups: Group of each picture, by its name.
        shares: Splits and their shares, which sum to 1.
        seed: Seed of the division.

    Returns:
        Name of each picture to its split.
    """
    members: dict[str, list[str]] = {}
    for name, group in groups.items():
        members.setdefault(group, []).append(name)
    result = {}
    for names in members.values():
        names.sort(key=lambda name: _hash(seed, name))
        for i, name in enumerate(names):
            place, total = (i + 0.5) / len(names), 0.0
            for split, share in shares.items():
                total += share
                if place <= total + 1e-9 or i == 0:
                    result[name] = split
                    break
    return result


def divided_pairs(
    captions: Mapping[str, Sequence[str]], shares: Mapping[str, float], seed: int
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Divide the pairs of a picture and one of its captions by shares, whatever the picture.

    Args:
        captions: Captions of each picture, by its name.
        shares: Splits and their shares, which sum to 1.
        seed: Seed of the division.

    Returns:
        Captions of each picture by split, in the order of both arguments; without empty parts.
    """
    places = [(name, i) for name, texts in captions.items() for i in range(len(texts))]
    numbered = {f"{name} {i}": (name, i) for name, i in places}
    split_of = stratified(dict.fromkeys(numbered, "all"), shares, seed)
    parts: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in captions}
    for split in shares:
        for pair, (name, i) in numbered.items():
            if split_of[pair] == split:
                part = parts[name]
                part[split] = (*part.get(split, ()), captions[name][i])
    return parts


def _hash(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed} {name}".encode()).digest()
