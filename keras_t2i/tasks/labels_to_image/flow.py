"""Flow matching: pictures of labels along a learned velocity."""

import json
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_t2i.adversarial.averaging import Average
from keras_t2i.adversarial.context import own_replica
from keras_t2i.adversarial.latents import Gaussian, Latent
from keras_t2i.components.values import to_json
from keras_t2i.networks.traced import traced
from keras_t2i.tasks.labels_to_image.autoencoder import LabelledAutoencoder
from keras_t2i.tasks.labels_to_image.flow_guidance import ClassifierGuidance
from keras_t2i.tasks.labels_to_image.flow_networks import VelocityNetwork
from keras_t2i.tasks.labels_to_image.flow_solvers import Solver
from keras_t2i.tasks.labels_to_image.flow_times import TrainingTimes
from keras_t2i.training.tracked_model import TrackedModel, fingerprint_of
from keras_t2i.training.train_state import Objective, Terms, TrainState

_NOISE, _TIMES = range(2)  # streams of random draws


class LabelFlow(TrackedModel):
    """A velocity from noise to pictures (Lipman et al. 2023; Liu et al. 2023).

    On the straight line from noise z to a picture x, x_t = (1 − t) z + t x, the network learns

        L = mean (v(x_t, t, y) − (x − z))²

    and so the mean velocity of all lines through a point (Lipman et al. 2023, theorem 2). Followed
    from noise at t = 0 it leads to a picture at t = 1, a function of noise and labels alone.

    A latent is a row [z ; y]: between two rows of the same noise lie mixtures of the labels.

    Args:
        network: The velocity that is trained.
        average: A network of equal variables, the average that is sampled from.
        optimizer: Optimizer of the network.
        averaging: Rule by which the average follows the network.
        times: Distribution of t in the training.
        solver: Way to follow the velocity.
        guidance: Correction of the velocity by a classifier.
        guide: The classifier, trained and frozen; `None` of a model that does not draw yet.
        seed: Seed of all noise; step n's is a function of the seed and n.
    """

    def __init__(
        self,
        *,
        network: VelocityNetwork,
        average: VelocityNetwork,
        optimizer: keras.optimizers.Optimizer,
        averaging: Average,
        times: TrainingTimes,
        solver: Solver,
        guidance: ClassifierGuidance,
        guide: LabelledAutoencoder | None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.network, self.average = network, average
        side = network.image_size
        for each in (network, average):
            each(tf.zeros((1, side, side, 3)), tf.zeros(1), tf.zeros((1, network.label_dim)))
        average.set_weights(network.get_weights())
        self.train_state = TrainState([network], optimizer)
        self.averaging, self.times = averaging, times
        self.solver, self.guidance, self._seed = solver, guidance, seed
        self.latent: Latent = Gaussian()
        self._guide = _Untracked(guide)

    @property
    def image_size(self) -> int:
        """Side S of the pictures."""
        return self.network.image_size

    @property
    def noise_dim(self) -> int:
        """Width of the noise: a number for each of a picture's."""
        return 3 * self.image_size**2

    @property
    def label_dim(self) -> int:
        """Number of labels n."""
        return self.network.label_dim

    # Drawing.

    def latents(self, noise: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Noise (N, noise_dim) and labels (N, n) → rows [z ; y], float32 (N, noise_dim + n)."""
        return tf.concat([noise, labels], axis=-1)

    @traced
    def decode(self, latents: tf.Tensor) -> tf.Tensor:
        """Latents (N, noise_dim + n) → pictures float32 (N, S, S, 3) in [−1, 1]."""
        return self._followed(latents[:, : self.noise_dim], latents[:, self.noise_dim :])

    @traced
    def sample(self, noise: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Noise (N, noise_dim) and labels (N, n) → pictures float32 (N, S, S, 3) in [−1, 1]."""
        return self._followed(noise, labels)

    def _followed(self, noise: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """The pictures at the end of the guided velocity."""

        def velocity(x: tf.Tensor, time: tf.Tensor) -> tf.Tensor:
            plain = self.average(x, tf.fill(tf.shape(x)[:1], time), labels)
            return self.guidance.guided(plain, x, time, labels, self._read)

        start = tf.reshape(noise, (-1, self.image_size, self.image_size, 3))
        return tf.clip_by_value(self.solver.solve(velocity, start), -1.0, 1.0)

    def _read(self, images: tf.Tensor) -> tf.Tensor:
        if self._guide.held is None:
            raise ValueError("A guided flow draws: it needs the `guide` that reads labels.")
        return self._guide.held.read(images)

    def fingerprint(self) -> str:
        """sha256 of the averaged weights, the solver, the guidance and the guide's weights."""
        how = json.dumps([to_json(self.solver), to_json(self.guidance)]).encode()
        weights = [*self.average.get_weights(), np.frombuffer(how, np.uint8)]
        guide = self._guide.held if self.guidance.strength else None
        return fingerprint_of([*weights, *(guide.get_weights() if guide else ())])

    # Training.

    def terms(self, images: tf.Tensor, labels: tf.Tensor) -> Terms:
        """The loss of pictures (N, S, S, 3) and their labels (N, n), with this step's draws."""
        noise, times = self.drawn(images.shape[0] or tf.shape(images)[0])
        states, target = straight_path(noise, images, times)
        error = self.network(states, times, labels) - target
        return {"velocity": tf.reduce_mean(tf.square(error))}

    def drawn(self, rows: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Noise (rows, S, S, 3) and times (rows,) of the present step, for a replica's own rows.

        Drawn for the whole batch, so that they do not depend on how many replicas share it.
        """
        fold = tf.random.experimental.stateless_fold_in
        step = tf.stack([tf.constant(self._seed, tf.int64), self.step.value])
        replica, replicas = own_replica()
        side, own = self.image_size, slice(replica * rows, (replica + 1) * rows)
        noise = self.latent.sample((replicas * rows, side, side, 3), fold(step, _NOISE))
        return noise[own], self.times.sample(replicas * rows, fold(step, _TIMES))[own]

    def prepare(self, **compile_options: Any) -> None:
        """Get ready for `fit`."""
        self.ready(("velocity", "gradient_norm"), **compile_options)

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: dict[str, tf.Tensor]) -> Terms:
        """One step of the network, then of its average."""
        values, norm = self.train_state.minimize(
            lambda: Objective(self.terms(data["image"], data["labels"]))
        )
        self.averaging.update(self.average, self.network, self.step.value)
        return self.track(values.terms | {"gradient_norm": norm})

    def drawing_parts(self) -> dict[str, Any]:
        """The averaged network."""
        return {"average": self.average}

    def begin_from_drawing_parts(self) -> None:
        """The trained network takes its average's values."""
        self.network.set_weights(self.average.get_weights())

    def trained_parts(self) -> dict[str, Any]:
        """Weights, optimizer, step."""
        return {"model": self, "optimizer": self.train_state.optimizer}


def straight_path(
    noise: tf.Tensor, images: tf.Tensor, times: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The states x_t = (1 − t) z + t x, and their velocities x − z.

    Args:
        noise: Noise z, float32 (N, S, S, 3).
        images: Pictures x of the same shape.
        times: Times t, float32 (N,).

    Returns:
        States and velocities, float32 (N, S, S, 3).
    """
    share = times[:, None, None, None]
    return (1.0 - share) * noise + share * images, images - noise


class _Untracked:
    """Holds a model that Keras shall not take for a part of the one that has it.

    Args:
        held: The model, or none.
    """

    def __init__(self, held: LabelledAutoencoder | None) -> None:
        self.held = held
