"""CycleGAN: two generators that undo each other (Zhu et al. 2017)."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_t2i.adversarial.context import CriticContext, StepContext, once
from keras_t2i.adversarial.losses import AdversarialLoss
from keras_t2i.adversarial.model import AdversarialModel
from keras_t2i.adversarial.terms import Penalty, distinct
from keras_t2i.networks.traced import traced
from keras_t2i.tasks.unpaired_image_to_image.image_pool import ImagePool, empty_pool
from keras_t2i.training.train_state import Terms, TrainState


class DomainContext(CriticContext):
    """One domain in a step: real pictures, fakes, and the logits of the domain's critic.

    Args:
        real: Real pictures of the domain (N, S, S, 3).
        source: Real pictures of the other domain (N, S, S, 3).
        generator: Generator from pictures to pictures of the domain.
        critic: The domain's critic.
        pool: Pool that keeps fakes for the critic.
        asked: Number of times that the pool was asked before, int64.
        seed: Seed of the context's randomness, int64 (2,).
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
        """Real pictures of the domain (N, S, S, 3)."""
        return self.batch["real"]

    @once
    def fakes(self) -> tf.Tensor:
        """Translations of the other domain's pictures (N, S, S, 3)."""
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
        """Pictures (N, S, S, 3) as pictures of the domain."""
        return self._generator(images, training=True)

    def score(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits (N, s, s, 1)."""
        return self._critic((images,), training=True)


class CycleContext(StepContext):
    """Pictures of both domains, each turned into the other domain and back."""

    def __init__(
        self, model: "CycleGAN", batch: dict[str, tf.Tensor], seed: tf.Tensor, move: int
    ) -> None:
        super().__init__(batch, seed)
        # A pool is asked as often a step as the critics move, and draws for the global batch.
        asked = model.step.value * model.schedule.batches + move
        self.first = DomainContext(
            real=batch["first"], source=batch["second"], generator=model.b_to_a,
            critic=model.critic_a, pool=model.pools[0], asked=asked, seed=self.common_seed(0),
        )  # fmt: skip
        self.second = DomainContext(
            real=batch["second"], source=batch["first"], generator=model.a_to_b,
            critic=model.critic_b, pool=model.pools[1], asked=asked, seed=self.common_seed(1),
        )  # fmt: skip

    @property
    def domains(self) -> dict[str, DomainContext]:
        """Both domains by name."""
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
    """Pictures of one domain into another and back, without pairs (eq. 3).

        L_G = L(D_Y(G(x))) + L(D_X(F(y))) + λ (‖F(G(x)) − x‖₁ + ‖G(F(y)) − y‖₁)

    with means over pixels, and λ_id times the same for pictures that are of the target domain
    already (section 5.2).

    Args:
        a_to_b: Generator G, built.
        b_to_a: Generator F, built.
        averages: Averages of G and of F, which are sampled from.
        critics: Critics of domain A and of domain B; they take a tuple of one.
        optimizers: Optimizers of both generators and of both critics.
        loss: The adversarial loss; the paper's is least squares.
        cycle_weight: Factor λ of the cycles' absolute error.
        identity_weight: Factor λ_id of the identity term.
        pool_size: Number of fakes that are kept for each critic, at least a batch.
        image_size: Side of the pictures.
        critic_extras: Further terms of each critic's loss, each with the critic's own domain.
        **kwargs: `schedule`, `averaging`, `seed` of `AdversarialModel`.
    """

    replicas_exchange = True  # of the fakes, for the pools

    def __init__(
        self,
        *,
        a_to_b: keras.Model,
        b_to_a: keras.Model,
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
            generator=TrainState([a_to_b, b_to_a], optimizers[0]),
            critic=TrainState(critics, optimizers[1]),
            average_of=[(averages[0], a_to_b), (averages[1], b_to_a)],
            **kwargs,
        )
        self.a_to_b, self.b_to_a = a_to_b, b_to_a
        self.average_a_to_b, self.average_b_to_a = averages
        self.critic_a, self.critic_b = critics
        self.adversarial_loss, self.critic_extras = loss, distinct(critic_extras)
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight
        self.pool_a = empty_pool(pool_size, image_size, "pool_a")
        self.pool_b = empty_pool(pool_size, image_size, "pool_b")
        self.pools = (ImagePool(self.pool_a), ImagePool(self.pool_b))
        self.average_a_to_b.set_weights(a_to_b.get_weights())
        self.average_b_to_a.set_weights(b_to_a.get_weights())

    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> CycleContext:
        """The batch with this step's randomness."""
        return CycleContext(self, batch, self.seed_of(move), move)

    def critic_terms(self, context: CycleContext) -> Terms:
        """Each critic's loss on its domain, halved (section 7.1), and its further terms."""
        terms: Terms = {}
        for side, domain in context.domains.items():
            losses = self.adversarial_loss.critic(domain.real_logits, domain.fake_logits)
            terms |= {f"{name}_{side}": 0.5 * value for name, value in losses.items()}
            terms |= {f"{extra.name}_{side}": extra(domain) for extra in self.critic_extras}
            domain.logged["score/real"] = tf.reduce_mean(domain.real_logits)
            domain.logged["score/fake"] = tf.reduce_mean(domain.fake_logits)
            context.logged |= {f"{name}_{side}": value for name, value in domain.logged.items()}
        return terms

    def generator_terms(self, context: CycleContext) -> Terms:
        """Please both critics, and come back."""
        first, second = context.first, context.second
        terms: Terms = {}
        for side, domain in context.domains.items():
            losses = domain.generator_loss(self.adversarial_loss, domain.new_logits)
            terms |= {f"{name}_{side}": value for name, value in losses.items()}
        terms["cycle_first"] = self.cycle_weight * _apart(context.cycled_first, first.real)
        terms["cycle_second"] = self.cycle_weight * _apart(context.cycled_second, second.real)
        if self.identity_weight:
            same = first.generate(first.real), second.generate(second.real)
            terms["identity_first"] = self.identity_weight * _apart(same[0], first.real)
            terms["identity_second"] = self.identity_weight * _apart(same[1], second.real)
        return terms

    @traced
    def sample(self, images: tf.Tensor, back: bool = False) -> tf.Tensor:
        """Pictures (N, S, S, 3) in [−1, 1] as domain B's, or back: as A's."""
        return (self.average_b_to_a if back else self.average_a_to_b)(images, training=False)

    def trained_parts(self) -> dict[str, Any]:
        """All weights, both optimizers, the averages, the pools, the step."""
        return {
            "model": self,
            "generator_optimizer": self.generator.optimizer,
            "critic_optimizer": self.critic.optimizer,
        }


def _apart(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.abs(one - other))
