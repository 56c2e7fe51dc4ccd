"""Networks by whose inner maps the generator's pictures are compared with the real ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keras_t2i.metrics.extractors import GivesGradients, fingerprint_of
from keras_t2i.metrics.extractors.finding import find_extractor
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.image_to_image.terms import FeatureReconstruction

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.adversarial.terms import Term

_RANGE = (0.0, 255.0)  # of the colours that a network takes


@dataclass(frozen=True)
class FeatureNetworks:
    """Extractors that are open, by their files.

    Args:
        held: The extractors by the files that terms name.
    """

    held: Mapping[str, GivesGradients]

    def __call__(self, file: str, images: "tf.Tensor") -> "list[tf.Tensor]":
        """Maps of pictures (N, S, S, 3) in [−1, 1] in the network of a file: of (N, h, w, C)."""
        return self.held[file].tensors((images + 1.0) * 127.5)


def feature_networks(terms: "Iterable[Term]") -> FeatureNetworks:
    """The networks that terms compare pictures by, opened.

    Raises:
        InputError: A file that is not there, or whose network has no gradient.
    """
    return FeatureNetworks({file: _opened(file) for file in _files(terms)})


def fingerprints(terms: "Iterable[Term]") -> dict[str, str]:
    """The sha256 of the networks' files, by file."""
    return {file: fingerprint_of(Path(file)) for file in _files(terms)}


def check_features(terms: "Iterable[Term]", side: int) -> None:
    """Try the networks on a grey picture, so that hours of training do not end with an error.

    Args:
        terms: Further terms of a generator.
        side: Side of the generator's pictures.

    Raises:
        InputError: A network that cannot be used, or without the map that a term asks for.
    """
    import tensorflow as tf

    terms = tuple(terms)
    networks = feature_networks(terms)
    for term in terms:
        if isinstance(term, FeatureReconstruction):
            term.chosen(networks(term.extractor, tf.zeros((1, side, side, 3))))


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


def _files(terms: "Iterable[Term]") -> list[str]:
    return [term.extractor for term in terms if isinstance(term, FeatureReconstruction)]


def _opened(file: str) -> GivesGradients:
    network = find_extractor(file, _RANGE)
    if not isinstance(network, GivesGradients):
        raise InputError(f"{file}: its network has no gradient; take an .npz or a .keras file.")
    return network
