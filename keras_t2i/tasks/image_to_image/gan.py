"""GANs from a picture to a picture."""

import tensorflow as tf

from keras_t2i.adversarial.context import StepContext, once
from keras_t2i.adversarial.gan import GAN, mean_answers
from keras_t2i.training.train_state import Terms


class ImageToImageContext(StepContext):
    """Given pictures, what they should become, what they do, and what the critic says of it."""

    def __init__(
        self, model: "ImageToImageGAN", batch: dict[str, tf.Tensor], seed: tf.Tensor
    ) -> None:
        super().__init__(batch, seed)
        self.model = model

    @property
    def source(self) -> tf.Tensor:
        """What is given (N, …)."""
        return self.batch["source"]

    @property
    def real(self) -> tf.Tensor:
        """What it should become, (N, S, S, 3) in [−1, 1]."""
        return self.batch["image"]

    @once
    def fakes(self) -> tf.Tensor:
        """What it becomes, (N, S, S, 3)."""
        return self.model.network(self.source, training=True)

    @once
    def real_logits(self) -> tf.Tensor:
        """The critic on what it should become."""
        return self.judge(self.real)

    @once
    def fake_logits(self) -> tf.Tensor:
        """The critic on what it becomes."""
        return self.judge(self.fakes)

    def judge(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits, one a picture or one a patch."""
        return self.model.discriminator((self.source, images), training=True)

    def metrics(self) -> Terms:
        """The critic's mean answers, in [0, 1]; at the equilibrium each is ½."""
        return mean_answers(real=self.real_logits, fake=self.fake_logits)


class ImageToImageGAN(GAN):
    """A generator from pictures to pictures (Isola et al. 2017, Ledig 2017, Pathak 2016).

    The critic takes a pair (given, judged); whether it looks at the first is its own affair. There
    is no noise: `latent` is `None`.
    """

    def sample(self, sources: tf.Tensor) -> tf.Tensor:
        """What the averaged generator makes of pictures, float32 (N, S, S, 3) in [−1, 1]."""
        return self.average(sources, training=False)

    def round(self, batch: dict[str, tf.Tensor], move: int = 0) -> ImageToImageContext:
        """The batch with this step's randomness."""
        return ImageToImageContext(self, batch, self.seed_of(move))
