"""Requirements of a training on its data, checked by `dataset.json` alone."""

from .dataset_info import DatasetInfo
from .errors import InputError


def require_captions(info: DatasetInfo) -> None:
    """Refuse training data without captions.

    Raises:
        InputError: There are none.
    """
    if not info.splits["train"].captions:
        raise InputError(
            f"The data of source {info.source!r} have no captions; prepare captioned pictures "
            "(birds, cub, folder)."
        )


def require_labels(info: DatasetInfo) -> None:
    """Refuse data without labels.

    Raises:
        InputError: There are none.
    """
    if not info.attributes:
        raise InputError(
            f"The data of source {info.source!r} have no labels; prepare labelled pictures "
            "(faces, celeba, labelled)."
        )


def require_pairs(info: DatasetInfo) -> None:
    """Refuse data of pictures without partners.

    Raises:
        InputError: The pictures have no partners.
    """
    if not info.paired:
        raise InputError(
            f"The data of source {info.source!r} are no pairs; prepare pairs of pictures "
            "(bird-maps, pairs)."
        )


def require_mismatches(info: DatasetInfo, by_picture: bool, option: str) -> None:
    """Refuse training data that have no mismatched caption for a picture.

    Args:
        info: Description of the data.
        by_picture: Whether the caption of any other picture will do, not of another class alone.
        option: Option that allows the caption of any other picture, for the message.

    Raises:
        InputError: There is one picture only, or all are of one class.
    """
    train = info.splits["train"]
    if train.pictures < 2:
        raise InputError(
            "Mismatched captions are those of other pictures: the split train must have two "
            f"pictures at least. Received: {train.pictures}."
        )
    if train.classes == 1 and not by_picture:
        raise InputError(
            "Mismatched captions are those of other classes: the split train must have two classes "
            f"at least, or none. Received: {train.pictures} pictures of one class. Prepare "
            f"pictures of more classes, or set {option}."
        )


def require_side(info: DatasetInfo, least: int) -> None:
    """Refuse pictures that are too small.

    Raises:
        InputError: A side below the least.
    """
    if info.image_size < least:
        raise InputError(
            f"The pictures' side must be at least {least}; prepare the data with another "
            f"--image-size. Received: {info.image_size}."
        )
