"""One generator, its average, one critic: what most GANs are."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_t2i.adversarial.augmentation import CriticAugmentation
from keras_t2i.adversarial.context import StepContext
from keras_t2i.adversarial.losses import AdversarialLoss
from keras_t2i.adversarial.model import AdversarialModel
from keras_t2i.training.train_state import Terms, TrainState


class GAN(AdversarialModel):
    """A generator against a critic; a system derives from it and gives its `round`.

        L_D = real(D(x)) + fake(D(G(z))) + further terms,   L_G = generator(D(G(z))) + further terms

    Its rounds have `real_logits` and `fake_logits`.

    Args:
        network: The generator that is trained, built.
        average: A generator of equal variables: the average that is sampled from; it starts at the
            network's weights.
        discriminator: The critic, built.
        optimizers: The generator's and the critic's.
        loss: `adversarial.losses`.
        latent: The distribution of the noise (`adversarial.latents`).
        generator_extras: Objects with a `name` that turn a round into a scalar.
        critic_extras: The same for the critic (`adversarial.penalties`).
        critic_constraint: What the critic's weights must obey (`adversarial.constraints`).
        augmentations: What the critic's pictures undergo, real and fake alike.
        **kwargs: `schedule`, `averaging`, `seed` of `AdversarialModel`.
    """

    def __init__(
        self,
        *,
        network: keras.Model,
        average: keras.Model,
        discriminator: keras.Model,
        optimizers: tuple[keras.optimizers.Optimizer, keras.optimizers.Optimizer],
        loss: AdversarialLoss,
        latent: Any,
        generator_extras: Sequence[Any] = (),
        critic_extras: Sequence[Any] = (),
        critic_constraint: Any = None,
        augmentations: tuple[CriticAugmentation, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            generator=TrainState([network], optimizers[0]),
            critic=TrainState([discriminator], optimizers[1], critic_constraint),
            average_of=[(average, network)],
            **kwargs,
        )
        self.network, self.average, self.discriminator = network, average, discriminator
        self.loss_object, self.latent = loss, latent
        self.generator_extras, self.critic_extras = tuple(generator_extras), tuple(critic_extras)
        self.augmentations = augmentations
        average.set_weights(network.get_weights())

    def critic_terms(self, own: StepContext) -> Terms:
        """The critic's loss on real pictures and fakes, and its further terms."""
        terms = {
            "real": self.loss_object.real(own.real_logits),
            "fake": self.loss_object.fake(own.fake_logits),
        }
        return terms | {extra.name: extra(own) for extra in self.critic_extras}

    def generator_terms(self, own: StepContext) -> Terms:
        """The generator's loss and its further terms."""
        terms = {"fake": self.loss_object.generator(own.fake_logits)}
        return terms | {extra.name: extra(own) for extra in self.generator_extras}

    def trained_parts(self) -> dict[str, Any]:
        """All weights, both optimizers, the average, the step."""
        return {
            "model": self,
            "generator_optimizer": self.generator.optimizer,
            "critic_optimizer": self.critic.optimizer,
        }


def mean_answers(**logits: tf.Tensor) -> Terms:
    """The critic's mean answers, in [0, 1], by name; at the equilibrium each is ½."""
    return {f"answer/{name}": tf.reduce_mean(tf.sigmoid(values)) for name, values in logits.items()}
