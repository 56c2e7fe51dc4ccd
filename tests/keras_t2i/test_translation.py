"""Networks from picture to picture, and their game."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.adversarial.averaging import NoAverage
from keras_t2i.adversarial.losses import NoAdversarialLoss, NonSaturating
from keras_t2i.adversarial.schedules import Simultaneous
from keras_t2i.networks.patch_critic import PatchCritic, UnconditionalCritic
from keras_t2i.pipelines.paired import CentreMask, Downsample, paired_pictures
from keras_t2i.tasks.image_to_image.context_encoder import ChannelwiseDense, ContextEncoder
from keras_t2i.tasks.image_to_image.gan import ImageToImageGAN
from keras_t2i.tasks.image_to_image.super_resolution import SRGANDiscriminator, SRResNet
from keras_t2i.tasks.image_to_image.terms import HoleReconstruction, Reconstruction
from keras_t2i.tasks.image_to_image.unet import UNet

SYSTEMS = {
    "pix2pix": (lambda: UNet((8, 8, 8)), lambda: PatchCritic((8, 8)), CentreMask()),
    "SRGAN": (lambda: SRResNet(4, 8, 2), lambda: SRGANDiscriminator(8), Downsample(4)),
    "Context Encoders": (
        lambda: ContextEncoder((8, 8)), lambda: UnconditionalCritic((8, 8)), CentreMask(0.5)
    ),
}  # fmt: skip


def gan(name, batch, **options):
    network, critic, _ = SYSTEMS[name]
    made, average, judge = network(), network(), critic()
    for each in (made, average):
        images = each(batch["source"])
    judge((batch["source"], images))
    model = ImageToImageGAN(
        network=made, average=average, discriminator=judge, latent=None, averaging=NoAverage(),
        optimizers=(keras.optimizers.Adam(2e-3, 0.5), keras.optimizers.Adam(2e-3, 0.5)),
        schedule=Simultaneous(), seed=0,
        **{"loss": NonSaturating(), "generator_extras": [Reconstruction(100.0)], **options},
    )  # fmt: skip
    model.ready(model.term_names(batch))
    return model


def pairs(name, colours, rows=6):
    return next(iter(paired_pictures(colours, rows, SYSTEMS[name][2])))


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_step_moves_both_players_and_a_few_bring_the_picture_nearer(name, colours):
    batch = pairs(name, colours)
    model = gan(name, batch)
    assert model.sample(batch["source"]).shape == batch["image"].shape
    before = [v.numpy() for v in model.generator.variables + model.critic.variables]
    step = tf.function(model.train_step)
    first = step(batch)
    after = [v.numpy() for v in model.generator.variables + model.critic.variables]
    moved = [not np.array_equal(a, b) for a, b in zip(after, before, strict=True)]
    assert np.mean(moved) > 0.95
    assert all(np.isfinite(float(value)) for value in first.values())
    for _ in range(60):
        last = step(batch)
    assert float(last["generator/reconstruction"]) < 0.7 * float(first["generator/reconstruction"])


def test_what_is_given_stays_and_the_hole_is_filled(colours):
    batch = pairs("Context Encoders", colours)
    filled = gan("Context Encoders", batch).sample(batch["source"]).numpy()
    mask = batch["source"].numpy()[..., 3:]
    np.testing.assert_array_equal(filled * (1 - mask), batch["image"].numpy() * (1 - mask))
    assert np.abs(filled * mask).max() > 0


def test_channels_do_not_mix_in_the_spreading_layer():
    layer = ChannelwiseDense()
    maps = np.zeros((1, 2, 2, 3), "float32")
    maps[0, 0, 1, 2] = 1.0
    moved = layer(maps).numpy()
    assert np.abs(moved[..., :2]).max() == 0
    np.testing.assert_allclose(moved[0, ..., 2].ravel(), layer.kernel.numpy()[2, 1], rtol=1e-6)


def test_without_a_game_the_critic_learns_nothing(colours):
    batch = pairs("pix2pix", colours)
    model = gan("pix2pix", batch, loss=NoAdversarialLoss())
    before = [v.numpy() for v in model.critic.variables]
    model.train_step(batch)
    for variable, value in zip(model.critic.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_reconstruction_is_the_mean_of_a_power(colours):
    batch = pairs("pix2pix", colours)
    model = gan("pix2pix", batch)
    context = model.context(batch)
    apart = np.abs(context.real.numpy() - context.fakes.numpy())
    np.testing.assert_allclose(Reconstruction(3.0, 1.0)(context), 3 * apart.mean(), rtol=1e-5)
    np.testing.assert_allclose(Reconstruction(2.0, 2.0)(context), 2 * (apart**2).mean(), rtol=1e-5)


def test_only_the_hole_is_reconstructed(colours):
    batch = pairs("Context Encoders", colours)
    context = gan("Context Encoders", batch).context(batch)
    hole = batch["source"].numpy()[..., 3] > 0.5
    missed = ((context.real.numpy() - context.fakes.numpy())[hole] ** 2).mean()
    np.testing.assert_allclose(HoleReconstruction(2.0)(context), 2 * missed, rtol=1e-5)


def test_single_pictures_train_a_network_that_draws_as_well_alone(colours):
    """With BatchNorm on its smallest map, a U-Net of batch 1 draws anything but what it learned."""
    batch = pairs("pix2pix", colours)
    keras.utils.set_random_seed(0)
    network = UNet((8, 8, 8, 8))
    network(batch["source"])
    optimizer, variables = keras.optimizers.Adam(2e-3, 0.5), network.trainable_variables

    @tf.function
    def step(source, image):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.abs(network(source, training=True) - image))
        optimizer.apply(tape.gradient(loss, variables), variables)

    for i in range(360):
        one = slice(i % 6, i % 6 + 1)
        step(batch["source"][one], batch["image"][one])
    alone = network(batch["source"], training=False)
    assert np.abs(alone - batch["image"]).mean() < 0.2


def test_context_encoders_have_no_dense_layer_over_channels():
    """What the channel-wise layer is for: m n⁴ weights, not m² n⁴ (Pathak et al. 2016, 3.1)."""
    network = ContextEncoder((8, 16, 32))
    network(tf.zeros((1, 32, 32, 4)))
    spread = 32 * (4 * 4) ** 2
    convolutions = 16 * (4 * 8 + 8 * 16 + 16 * 32) + 33 * 32 + 16 * (32 * 16 + 16 * 8) + 16 * 8 * 3
    assert network.count_params() - spread - convolutions < 1000  # norms and biases


def test_a_patch_sees_as_many_pixels_as_the_paper_says():
    critic = PatchCritic((4, 4, 4))
    images = tf.Variable(tf.random.stateless_normal((1, 128, 128, 3), (0, 1)))
    with tf.GradientTape() as tape:
        score = critic((tf.zeros((1, 128, 128, 3)), images))[0, 8, 8, 0]
    seen = np.abs(tape.gradient(score, images).numpy()).sum((0, 3)) > 0
    assert seen.any(0).sum() == seen.any(1).sum() == 70


def test_enlarging_keeps_the_order_of_the_pixels():
    """A pixel of the small picture changes its own square of the large one, and what is near."""
    network = SRResNet(4, 8, 1)
    small = tf.Variable(tf.random.stateless_normal((1, 16, 16, 3), (0, 1)))
    with tf.GradientTape() as tape:
        corner = tf.reduce_sum(network(small)[0, :4, :4])
    seen = np.abs(tape.gradient(corner, small).numpy()).sum((0, 3))
    assert seen[:2, :2].min() > 0
    assert seen[15, 15] == 0
