"""GANs from a picture to a picture."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_t2i.adversarial.context import once
from keras_t2i.adversarial.gan import GAN, GanContext
from keras_t2i.networks.traced import traced
from keras_t2i.tasks.image_to_image.critic_views import CriticView, FinishedPicture


class ImageToImageContext(GanContext):
    """Source pictures, the real ones, the generator's, and the critic's logits.

    `real` has the pictures that they should become, (N, S, S, 3) in [−1, 1].
    """

    model: "ImageToImageGAN"

    @property
    def source(self) -> tf.Tensor:
        """Source pictures (N, …)."""
        return self.batch["source"]

    @once
    def fakes(self) -> tf.Tensor:
        """Pictures that the generator makes of the sources, (N, S, S, 3), as the view has them."""
        return self.model.view.fakes(self.model.network, self.source)

    def maps(self, file: str, images: tf.Tensor) -> list[tf.Tensor]:
        """Maps of pictures (N, S, S, 3) in [−1, 1] in the network of a file."""
        if self.model.maps is None:
            raise TypeError("This GAN was built without the networks of its terms.")
        return self.model.maps(file, images)

    def score(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits of pictures with their sources, one for each picture or patch.

        Args:
            images: Whole pictures (N, S, S, 3); the critic sees their part within the window.
        """
        part = self.model.window
        seen = self.source[:, part, part], images[:, part, part]
        return self.model.discriminator(seen, training=True)


class ImageToImageGAN(GAN[ImageToImageContext]):
    """A generator from pictures to pictures (Isola et al. 2017, Ledig 2017, Pathak 2016).

    The critic takes a pair (given, judged); whether it looks at the first is its own affair. There
    is no noise: `latent` is `None`.

    Args:
        view: Part of the pictures that the critic sees.
        window: Rows and columns of a picture that the critic sees.
        maps: Function from the file of a network and pictures (N, S, S, 3) in [−1, 1] to their maps
            in it; only training with terms of features asks for it.
        **kwargs: The arguments of `GAN`.
    """

    def __init__(
        self,
        *,
        view: CriticView | None = None,
        window: slice = slice(None),
        maps: Callable[[str, tf.Tensor], list[tf.Tensor]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.view, self.window, self.maps = view or FinishedPicture(), window, maps

    @traced
    def sample(self, sources: tf.Tensor) -> tf.Tensor:
        """Pictures float32 (N, S, S, 3) in [−1, 1] that the averaged generator makes of sources."""
        return self.average(sources, training=False)

    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> ImageToImageContext:
        """The batch with this step's randomness."""
        return ImageToImageContext(self, batch, self.seed_of(move))
