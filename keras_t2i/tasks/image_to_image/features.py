"""Terms that compare the generator's pictures with the real ones by a network's inner maps."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from keras_t2i.tasks.base.feature_networks import feature_networks
from keras_t2i.tasks.image_to_image.terms import FeatureReconstruction

if TYPE_CHECKING:
    from keras_t2i.adversarial.terms import Term


def files_of(terms: "Iterable[Term]") -> list[str]:
    """The files of the networks that terms compare pictures by."""
    return [term.extractor for term in terms if isinstance(term, FeatureReconstruction)]


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
    networks = feature_networks(files_of(terms))
    for term in terms:
        if isinstance(term, FeatureReconstruction):
            term.chosen(networks(term.extractor, tf.zeros((1, side, side, 3))))
