"""CycleGAN: two generators that undo each other (Zhu et al. 2017)."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_t2i.adversarial.context import CriticContext, StepContext, once
from keras_t2i.adversarial.losses import AdversarialLoss
from keras_t2i.adversarial.model import AdversarialModel
from keras_t2i.adversarial.terms import Penalty, distinct
from keras_t2i.tasks.unpaired_image_to_image.image_pool import ImagePool, empty_pool
from keras_t2i.training.train_state import Terms, TrainState


class DomainContext(CriticContext):
    """One kind of pictures in a step: real ones, fakes, and what the kind's critic says of them.

    Args:
        real: Real pictures of the kind (N, S, S, 3).
        source: Real pictures of the other kind (N, S, S, 3).
        generator: Pictures to pictures of the kind.
        critic: The kind's critic.
        pool: Keeps fakes for the critic.
        asked: How many times the pool was asked before, int64.
        seed: int64 (2,), the context's own randomness.
    """

    def __init__(
        self,
        *,
        real: tf.Tensor,
        source: tf.Tensor,
        generator: keras.Model,
        critic: keras.Model,
        pool: ImagePool,
        asked: tf.Tensor,
        seed: tf.Tensor,
    ) -> None:
        super().__init__({"real": real, "source": source}, seed)
        self._generator, self._critic = generator, critic
        self._pool, self._asked = pool, asked

    @property
    def real(self) -> tf.Tensor:
        """Real pictures of the kind (N, S, S, 3)."""
        return self.batch["real"]

    @once
    def fakes(self) -> tf.Tensor:
        """What the other kind's pictures become (N, S, S, 3)."""
        return self.generate(self.batch["source"])

    @once
    def shown_fakes(self) -> tf.Tensor:
        """Fakes that the critic is shown, new or from the pool."""
        return self._pool.exchange(tf.stop_gradient(self.fakes), self._asked, self._seed)

    @once
    def new_logits(self) -> tf.Tensor:
        """The critic on the fakes of this step, for the generator."""
        return self.score(self.fakes)

    def generate(self, images: tf.Tensor) -> tf.Tensor:
        """Pictures (N, S, S, 3) as pictures of the kind."""
        return self._generator(images, training=True)

    def score(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits (N, s, s, 1)."""
        return self._critic((images,), training=True)


class CycleContext(StepContext):
    """Pictures of both kinds, each turned into the other kind and back."""

    def __init__(
        self, model: "CycleGAN", batch: dict[str, tf.Tensor], seed: tf.Tensor, move: int
    ) -> None:
        super().__init__(batch, seed)
        # A pool is asked as often a step as the critics move.
        asked = model.step.value * model.schedule.batches + move
        self.first = DomainContext(
            real=batch["first"], source=batch["second"], generator=model.to_first,
            critic=model.first_critic, pool=model.pools[0], asked=asked, seed=self.seed(0),
        )  # fmt: skip
        self.second = DomainContext(
            real=batch["second"], source=batch["first"], generator=model.to_second,
            critic=model.second_critic, pool=model.pools[1], asked=asked, seed=self.seed(1),
        )  # fmt: skip

    @property
    def domains(self) -> dict[str, DomainContext]:
        """Both kinds by name."""
        return {"first": self.first, "second": self.second}

    @once
    def cycled_first(self) -> tf.Tensor:
        """F(G(x)), (N, S, S, 3)."""
        return self.first.generate(self.second.fakes)

    @once
    def cycled_second(self) -> tf.Tensor:
        """G(F(y)), (N, S, S, 3)."""
        return self.second.generate(self.first.fakes)


class CycleGAN(AdversarialModel[CycleContext]):
    """Pictures of one kind into another and back, without pairs (eq. 3).

        L_G = L(D_Y(G(x))) + L(D_X(F(y))) + λ (‖F(G(x)) − x‖₁ + ‖G(F(y)) − y‖₁)

    with means over pixels, and λ_id times the same for pictures that are of the wanted kind already
    (section 5.2).

    Args:
        to_second: G, built.
        to_first: F, built.
        averages: Of G and of F: what is sampled from.
        critics: Of the first kind and of the second; they take a tuple of one.
        optimizers: Of both generators and of both critics.
        loss: The adversarial loss; the paper's is least squares.
        cycle_weight: λ.
        identity_weight: λ_id.
        pool_size: Fakes that are kept for each critic, at least a batch.
        image_size: Side of the pictures.
        critic_extras: Further terms of each critic's loss, each with the critic's own kind.
        **kwargs: `schedule`, `averaging`, `seed` of `AdversarialModel`.
    """

    def __init__(
        self,
        *,
        to_second: keras.Model,
        to_first: keras.Model,
        averages: tuple[keras.Model, keras.Model],
        critics: tuple[keras.Model, keras.Model],
        optimizers: tuple[keras.optimizers.Optimizer, keras.optimizers.Optimizer],
        loss: AdversarialLoss,
        cycle_weight: float,
        identity_weight: float,
        pool_size: int,
        image_size: int,
        critic_extras: Sequence[Penalty] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            generator=TrainState([to_second, to_first], optimizers[0]),
            critic=TrainState(critics, optimizers[1]),
            average_of=[(averages[0], to_second), (averages[1], to_first)],
            **kwargs,
        )
        self.to_second, self.to_first = to_second, to_first
        self.average_to_second, self.average_to_first = averages
        self.first_critic, self.second_critic = critics
        self.adversarial_loss, self.critic_extras = loss, distinct(critic_extras)
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight
        self.first_pool = empty_pool(pool_size, image_size, "first_pool")
        self.second_pool = empty_pool(pool_size, image_size, "second_pool")
        self.pools = (ImagePool(self.first_pool), ImagePool(self.second_pool))
        self.average_to_second.set_weights(to_second.get_weights())
        self.average_to_first.set_weights(to_first.get_weights())

    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> CycleContext:
        """The batch with this step's randomness."""
        return CycleContext(self, batch, self.seed_of(move), move)

    def critic_terms(self, context: CycleContext) -> Terms:
        """Each critic's loss on its kind, halved (section 7.1), and its further terms."""
        terms: Terms = {}
        for kind, domain in context.domains.items():
            losses = self.adversarial_loss.critic(domain.real_logits, domain.fake_logits)
            terms |= {f"{name}_{kind}": 0.5 * value for name, value in losses.items()}
            terms |= {f"{extra.name}_{kind}": extra(domain) for extra in self.critic_extras}
            domain.logged["score/real"] = tf.reduce_mean(domain.real_logits)
            domain.logged["score/fake"] = tf.reduce_mean(domain.fake_logits)
            context.logged |= {f"{name}_{kind}": value for name, value in domain.logged.items()}
        return terms

    def generator_terms(self, context: CycleContext) -> Terms:
        """Please both critics, and come back."""
        first, second = context.first, context.second
        terms: Terms = {}
        for kind, domain in context.domains.items():
            losses = domain.generator_loss(self.adversarial_loss, domain.new_logits)
            terms |= {f"{name}_{kind}": value for name, value in losses.items()}
        terms["cycle_first"] = self.cycle_weight * _apart(context.cycled_first, first.real)
        terms["cycle_second"] = self.cycle_weight * _apart(context.cycled_second, second.real)
        if self.identity_weight:
            same = first.generate(first.real), second.generate(second.real)
            terms["identity_first"] = self.identity_weight * _apart(same[0], first.real)
            terms["identity_second"] = self.identity_weight * _apart(same[1], second.real)
        return terms

    def sample(self, images: tf.Tensor, back: bool = False) -> tf.Tensor:
        """Pictures (N, S, S, 3) in [−1, 1] as the second kind, or back: as the first."""
        return (self.average_to_first if back else self.average_to_second)(images, training=False)

    def trained_parts(self) -> dict[str, Any]:
        """All weights, both optimizers, the averages, the pools, the step."""
        return {
            "model": self,
            "generator_optimizer": self.generator.optimizer,
            "critic_optimizer": self.critic.optimizer,
        }


def _apart(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.abs(one - other))
