"""CycleGAN: two generators that undo each other (Zhu et al. 2017)."""

from typing import Any

import keras
import tensorflow as tf

from keras_t2i.adversarial.context import StepContext, once
from keras_t2i.adversarial.losses import AdversarialLoss
from keras_t2i.adversarial.model import AdversarialModel
from keras_t2i.tasks.unpaired_image_to_image.image_pool import ImagePool, empty_pool
from keras_t2i.training.train_state import Terms, TrainState


class CycleContext(StepContext):
    """Pictures of both kinds, each turned into the other kind and back."""

    def __init__(
        self, model: "CycleGAN", batch: dict[str, tf.Tensor], seed: tf.Tensor, move: int
    ) -> None:
        super().__init__(batch, seed)
        self.model, self._move = model, move

    @once
    def fake_second(self) -> tf.Tensor:
        """G(x), (N, S, S, 3)."""
        return self.model.to_second(self.batch["first"], training=True)

    @once
    def fake_first(self) -> tf.Tensor:
        """F(y), (N, S, S, 3)."""
        return self.model.to_first(self.batch["second"], training=True)

    @once
    def cycled_first(self) -> tf.Tensor:
        """F(G(x))."""
        return self.model.to_first(self.fake_second, training=True)

    @once
    def cycled_second(self) -> tf.Tensor:
        """G(F(y))."""
        return self.model.to_second(self.fake_first, training=True)

    @once
    def shown_first(self) -> tf.Tensor:
        """Fakes of the first kind that its critic is shown, new or old."""
        return self._exchanged(0, self.fake_first)

    @once
    def shown_second(self) -> tf.Tensor:
        """Fakes of the second kind that its critic is shown, new or old."""
        return self._exchanged(1, self.fake_second)

    def _exchanged(self, kind: int, fakes: tf.Tensor) -> tf.Tensor:
        """A pool is asked as often a step as the critics move."""
        before = self.model.step.value * self.model.schedule.batches + self._move
        return self.model.pools[kind].exchange(tf.stop_gradient(fakes), before, self.seed(kind))


class CycleGAN(AdversarialModel):
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
        self.loss_object = loss
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight
        self.first_pool = empty_pool(pool_size, image_size, "first_pool")
        self.second_pool = empty_pool(pool_size, image_size, "second_pool")
        self.pools = (ImagePool(self.first_pool), ImagePool(self.second_pool))
        self.average_to_second.set_weights(to_second.get_weights())
        self.average_to_first.set_weights(to_first.get_weights())

    def round(self, batch: dict[str, tf.Tensor], move: int = 0) -> CycleContext:
        """The batch with this step's randomness."""
        return CycleContext(self, batch, self.seed_of(move), move)

    def critic_terms(self, own: CycleContext) -> Terms:
        """Each critic on its kind and on fakes; halved (section 7.1)."""
        judged = {
            "first": (self.first_critic, own.batch["first"], own.shown_first),
            "second": (self.second_critic, own.batch["second"], own.shown_second),
        }
        terms = {}
        for kind, (critic, real, fakes) in judged.items():
            scores = critic((real,), training=True), critic((fakes,), training=True)
            terms[f"real_{kind}"] = 0.5 * self.loss_object.real(scores[0])
            terms[f"fake_{kind}"] = 0.5 * self.loss_object.fake(scores[1])
            own.notes[f"score/real_{kind}"] = tf.reduce_mean(scores[0])
            own.notes[f"score/fake_{kind}"] = tf.reduce_mean(scores[1])
        return terms

    def generator_terms(self, own: CycleContext) -> Terms:
        """Please both critics, and come back."""
        first, second = own.batch["first"], own.batch["second"]
        scores = {
            "fake_first": self.first_critic((own.fake_first,), training=True),
            "fake_second": self.second_critic((own.fake_second,), training=True),
        }
        terms = {name: self.loss_object.generator(score) for name, score in scores.items()}
        terms["cycle_first"] = self.cycle_weight * _apart(own.cycled_first, first)
        terms["cycle_second"] = self.cycle_weight * _apart(own.cycled_second, second)
        if self.identity_weight:
            same = self.to_first(first, training=True), self.to_second(second, training=True)
            terms["identity_first"] = self.identity_weight * _apart(same[0], first)
            terms["identity_second"] = self.identity_weight * _apart(same[1], second)
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
