"""GANs from a picture to a picture."""

import tensorflow as tf

from keras_t2i.adversarial.context import once
from keras_t2i.adversarial.gan import GAN, GanContext


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
        """Pictures that the generator makes of the sources, (N, S, S, 3)."""
        return self.model.network(self.source, training=True)

    def score(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits of pictures with their sources, one for each picture or patch."""
        return self.model.discriminator((self.source, images), training=True)


class ImageToImageGAN(GAN[ImageToImageContext]):
    """A generator from pictures to pictures (Isola et al. 2017, Ledig 2017, Pathak 2016).

    The critic takes a pair (given, judged); whether it looks at the first is its own affair. There
    is no noise: `latent` is `None`.
    """

    def sample(self, sources: tf.Tensor) -> tf.Tensor:
        """Pictures float32 (N, S, S, 3) in [−1, 1] that the averaged generator makes of sources."""
        return self.average(sources, training=False)

    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> ImageToImageContext:
        """The batch with this step's randomness."""
        return ImageToImageContext(self, batch, self.seed_of(move))
