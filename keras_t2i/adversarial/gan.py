"""One generator, its average, one critic: what most GANs are."""

from collections.abc import Sequence
from typing import Any, TypeVar

import keras
import tensorflow as tf

from keras_t2i.adversarial.augmentation import Augmentation, augment
from keras_t2i.adversarial.context import CriticContext, once, own_replica
from keras_t2i.adversarial.latents import Latent
from keras_t2i.adversarial.losses import AdversarialLoss
from keras_t2i.adversarial.model import AdversarialModel
from keras_t2i.adversarial.terms import GeneratorTerm, Penalty, distinct
from keras_t2i.training.train_state import Terms, TrainState

_NOISE, _AUGMENT_REAL, _AUGMENT_FAKE = range(3)  # streams of random draws


class GanContext(CriticContext):
    """The pictures of a batch against the fakes of a `GAN`.

    A derived context gives `fakes` and `score`.

    Args:
        model: The GAN.
        batch: Dictionary of tensors with `image`, real pictures (N, …).
        seed: Seed of the context's randomness, int64 (2,).
    """

    def __init__(self, model: "GAN[Any]", batch: dict[str, tf.Tensor], seed: tf.Tensor) -> None:
        super().__init__(batch, seed)
        self.model = model

    @property
    def real(self) -> tf.Tensor:
        """Real pictures (N, S, S, C) in [−1, 1], or points (N, D)."""
        return self.batch["image"]

    @once
    def shown_real(self) -> tf.Tensor:
        """Real pictures as the critic sees them: augmented."""
        return self.augmented(self.real, _AUGMENT_REAL)

    @once
    def shown_fakes(self) -> tf.Tensor:
        """Fakes as the critic sees them: augmented."""
        return self.augmented(self.fakes, _AUGMENT_FAKE)

    def augmented(self, images: tf.Tensor, stream: int) -> tf.Tensor:
        """Pictures after the GAN's augmentations."""
        return augment(images, self.model.augmentations, self.seed(stream))

    def drawn_noise(self, width: int, stream: int = _NOISE) -> tf.Tensor:
        """Fresh noise (N, width), a row for each real picture."""
        if self.model.latent is None:
            raise TypeError(f"{type(self.model).__name__} has no distribution of noise.")
        rows = self.real.shape[0] or tf.shape(self.real)[0]
        replica, replicas = own_replica()
        # Drawn for the whole batch, so that it does not depend on how many replicas share it.
        noise = self.model.latent.sample((replicas * rows, width), self.common_seed(stream))
        return noise[replica * rows : (replica + 1) * rows] if replicas > 1 else noise


Context = TypeVar("Context", bound=GanContext)


class GAN(AdversarialModel[Context]):
    """A generator against a critic; a system derives from it and gives its `context`.

        L_D = critic(D(x), D(G(z))) + further terms,   L_G = generator(D(G(z))) + further terms

    Args:
        network: The generator that is trained, built.
        average: A generator of equal variables: the average that is sampled from; it starts at the
            network's weights.
        discriminator: The critic, built.
        optimizers: Optimizers of the generator and of the critic.
        loss: The adversarial loss.
        latent: The distribution of the noise; `None` for a generator that takes none.
        generator_extras: Further terms of the generator's loss.
        critic_extras: Further terms of the critic's loss.
        critic_constraint: Constraint on the critic's weights (`training.constraints`).
        augmentations: Augmentations of the critic's pictures, real and fake alike. A picture that
            the critic takes as a condition is not augmented.
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
        latent: Latent | None,
        generator_extras: Sequence[GeneratorTerm] = (),
        critic_extras: Sequence[Penalty] = (),
        critic_constraint: Any = None,
        augmentations: tuple[Augmentation, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            generator=TrainState([network], optimizers[0]),
            critic=TrainState([discriminator], optimizers[1], critic_constraint),
            average_of=[(average, network)],
            **kwargs,
        )
        self.network, self.average, self.discriminator = network, average, discriminator
        self.adversarial_loss, self.latent = loss, latent
        self.generator_extras = distinct(generator_extras)
        self.critic_extras = distinct(critic_extras)
        self.augmentations = augmentations
        average.set_weights(network.get_weights())

    def critic_loss(self, context: Context) -> Terms:
        """The adversarial loss of the critic, on real pictures and fakes."""
        return self.adversarial_loss.critic(context.real_logits, context.fake_logits)

    def critic_terms(self, context: Context) -> Terms:
        """The critic's loss and its further terms."""
        terms = self.critic_loss(context)
        return terms | {extra.name: extra(context) for extra in self.critic_extras}

    def generator_terms(self, context: Context) -> Terms:
        """The generator's loss and its further terms."""
        terms = context.generator_loss(self.adversarial_loss, context.fake_logits)
        return terms | {extra.name: extra(context) for extra in self.generator_extras}

    def drawing_parts(self) -> dict[str, Any]:
        """The averaged generator."""
        return {"average": self.average}

    def trained_parts(self) -> dict[str, Any]:
        """All weights, both optimizers, the average, the step."""
        return {
            "model": self,
            "generator_optimizer": self.generator.optimizer,
            "critic_optimizer": self.critic.optimizer,
        }
