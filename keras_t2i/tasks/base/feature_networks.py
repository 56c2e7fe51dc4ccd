"""Networks that are given by files, by whose inner maps pictures are compared or judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from keras_t2i.metrics.extractors import GivesGradients, fingerprint_of
from keras_t2i.metrics.extractors.finding import find_extractor
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import load_tensorflow
from keras_t2i.pipelines.remote.address import is_address

if TYPE_CHECKING:
    import tensorflow as tf


class MapsOf(Protocol):
    """Function from a network's file and pictures (N, S, S, 3) in [−1, 1] to maps (N, h, w, C)."""

    def __call__(self, file: str, images: "tf.Tensor") -> "list[tf.Tensor]":
        """Maps of pictures in the network of a file."""

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Fingerprints of the networks by their files; none where they are not open."""


_RANGE = (0.0, 255.0)  # of the colours that a network takes
_SUFFIXES = (".npz", ".keras")


@dataclass(frozen=True)
class FeatureNetworks:
    """Extractors that are open, by their files.

    Args:
        held: The extractors by their files.
    """

    held: Mapping[str, GivesGradients]

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Fingerprints of the networks by their files."""
        return {file: network.fingerprint for file, network in self.held.items()}

    def __call__(self, file: str, images: "tf.Tensor") -> "list[tf.Tensor]":
        """Maps of pictures (N, S, S, 3) in [−1, 1] in the network of a file: of (N, h, w, C)."""
        return self.held[file].tensors((images + 1.0) * 127.5)


@dataclass(frozen=True)
class RememberedMaps:
    """Stands in for networks where nothing is trained, and their files need not be there.

    Args:
        shapes: Shapes (h, w, C) of the maps that the networks gave in training, by their files.
    """

    shapes: Mapping[str, Sequence[Sequence[int]]]
    fingerprints: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, file: str, images: "tf.Tensor") -> "list[tf.Tensor]":
        """Maps of pictures (N, S, S, 3), all 0."""
        import tensorflow as tf

        rows = images.shape[0]
        return [tf.zeros((rows, *shape)) for shape in self.shapes[file]]


def feature_networks(files: Iterable[str]) -> FeatureNetworks:
    """The networks of files, opened.

    Raises:
        InputError: A file that is not there, or whose network has no gradient.
    """
    load_tensorflow()  # without its chatter, which the import below would let through
    return FeatureNetworks({file: _opened(file) for file in files})


def fingerprints(files: Iterable[str]) -> dict[str, str]:
    """The sha256 of the networks' files, by file.

    Raises:
        InputError: A file that is not there.
    """
    found = {}
    for file in files:
        try:
            found[file] = fingerprint_of(Path(file))
        except OSError as error:
            raise InputError(f"{file}: not readable ({error.strerror}).") from error
    return found


def require_network(file: str, owner: str, option: str) -> None:
    """Refuse a file that is not there or of a kind without gradients; nothing is loaded.

    Args:
        file: File of a network.
        owner: Name of the component that needs it, for the message.
        option: Option that names it, for the message.

    Raises:
        InputError: No such file, or one of another kind.
    """
    if is_address(file):
        raise InputError(f"{option} {file}: must be on this machine, not an address.")
    if not file.endswith(_SUFFIXES):
        raise InputError(
            f"{owner} needs the file of a network: an .npz of SqueezeNet or a file .keras, by "
            f"{option} FILE. Received: {file!r}."
        )
    if not Path(file).is_file():
        raise InputError(f"{option} {file}: no such file.")


def check_unchanged(begun: Mapping[str, str], found: Mapping[str, str]) -> None:
    """Refuse to go on with networks other than those that a training began with.

    Args:
        begun: Fingerprints of the files when the run was started.
        found: Fingerprints of the files today.

    Raises:
        InputError: A file whose content is another.
    """
    for file, wanted in begun.items():
        if found.get(file, wanted) != wanted:
            raise InputError(
                f"{file}: the run was started with a file of sha256 {wanted}. Received: "
                f"{found[file]}. Put the former file there, or use another --run folder."
            )


def _opened(file: str) -> GivesGradients:
    network = find_extractor(file, _RANGE)
    if not isinstance(network, GivesGradients):
        raise InputError(f"{file}: its network has no gradient; take an .npz or a .keras file.")
    return network
