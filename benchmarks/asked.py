"""Checks of a benchmark's options before its work."""

from pathlib import Path
from typing import Any

from keras_t2i.pipelines.arguments import whole_number
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.writable import require_file


def at_least(arguments: Any, **least: int) -> None:
    """Refuse options that are too small.

    Args:
        arguments: The options.
        least: The least that each may be, by its name.

    Raises:
        InputError: A smaller one.
    """
    for name, number in least.items():
        whole_number(getattr(arguments, name), f"--{name.replace('_', '-')}", number)


def require_seed(seed: int) -> None:
    """Refuse a seed that NumPy and Keras do not take.

    Raises:
        InputError: Such a seed.
    """
    whole_number(seed, "--seed", 0, 2**32 - 1)


def require_runs(runs: tuple[Path, ...]) -> None:
    """Refuse a comparison of no run.

    Raises:
        InputError: There is none.
    """
    if not runs:
        raise InputError("One run is needed at least.")


def require_picture(out: Path, suffix: str = ".png") -> None:
    """Refuse a place for a picture that has another suffix, or cannot be written.

    Args:
        out: The picture.
        suffix: Suffix of its format.

    Raises:
        InputError: Such a place.
    """
    if out.suffix.lower() != suffix:
        raise InputError(f"--out {out} must be a {suffix} file.")
    require_file(out, "--out")
