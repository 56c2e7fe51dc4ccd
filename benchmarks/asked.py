"""Checks of a benchmark's options and runs before its work."""

from pathlib import Path
from typing import Any, TypeVar

from keras_t2i.metrics.extractors import GivesMaps
from keras_t2i.pipelines.arguments import whole_number
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.writable import require_file

Kind = TypeVar("Kind")


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


def require_png(out: Path) -> None:
    """Refuse a place for a picture that is no PNG, or cannot be written.

    Raises:
        InputError: Such a place.
    """
    if out.suffix.lower() != ".png":
        raise InputError(f"--out {out} must be a .png file.")
    require_file(out, "--out")


def of_kind(model: Any, kind: type[Kind], what: str) -> Kind:
    """A run or model, if it is of the kind that is measured.

    Args:
        model: The run or exported model.
        kind: The class of its task.
        what: The kind in words, such as `a run that draws from captions`.

    Raises:
        InputError: A run or model of another kind.
    """
    if not isinstance(model, kind):
        raise InputError(f"{model!r} is not what is measured here: {what}.")
    return model


def extractor_of_maps(path: str) -> GivesMaps:
    """The extractor of a path, for perceptual distances.

    Raises:
        InputError: No such extractor, or one that shows no maps.
    """
    from keras_t2i.metrics.extractors.finding import find_extractor

    extractor = find_extractor(path)
    if not isinstance(extractor, GivesMaps):
        raise InputError(
            f"--extractor {path}: shows no maps, which perceptual distances need; SqueezeNet does."
        )
    return extractor
