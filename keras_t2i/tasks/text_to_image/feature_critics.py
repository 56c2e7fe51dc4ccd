"""Further critics beside the discriminator: small networks on the maps of a frozen one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.feature_networks import require_network

if TYPE_CHECKING:
    import tensorflow as tf


@component
class FeatureCritics:
    """Critics on the maps of a frozen network (Projected GAN, Sauer et al. 2021).

    The network has learned elsewhere to see what a picture shows: few pictures need not teach it.
    Each map goes through a fixed random projection of its channels (3.2, "cross-channel mixing");
    the mixing across scales of that paper is left out. The run keeps the file's sha256.

    Args:
        extractor: File of the network: an .npz of SqueezeNet, or a .keras file of a network from
            RGB pictures in [0, 255] to maps.
        maps: Places of the maps that have a critic among those of the network, from 1.
        width: Channels of the projected maps, and of the critics' layers.
    """

    extractor: str = ""
    maps: tuple[int, ...] = (2, 3, 4)
    width: int = 64

    def check(self, option: str) -> None:
        """Refuse a file that is not there or of a kind without gradients, and no maps at all.

        Args:
            option: Option that stands for this component, for messages.
        """
        require_network(self.extractor, type(self).__name__, f"{option}.extractor")
        if not self.maps:
            raise InputError(f"{option}.maps must have at least one place. Received: none.")

    def chosen(self, found: "Sequence[tf.Tensor]") -> "list[tf.Tensor]":
        """The maps that have a critic.

        Raises:
            InputError: There are fewer maps.
        """
        if max(self.maps) > len(found):
            raise InputError(
                f"{type(self).__name__}: maps must be at most {len(found)}, the number of maps "
                f"that {self.extractor} gives for pictures of this side. "
                f"Received: {list(self.maps)}."
            )
        return [found[place - 1] for place in self.maps]
