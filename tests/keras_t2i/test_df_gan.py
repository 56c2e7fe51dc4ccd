"""DF-GAN: its networks as its authors have them, and its game."""

import numpy as np
import pytest

from keras_t2i.adversarial.averaging import NoAverage
from keras_t2i.adversarial.losses import Hinge
from keras_t2i.adversarial.penalties import MatchingAwareGradientPenalty
from keras_t2i.adversarial.schedules import Alternating
from keras_t2i.catalogue import preset
from keras_t2i.tasks.text_to_image.df_gan import (
    Affine,
    DfDiscriminator,
    DfGenerator,
    DownBlock,
    UpBlock,
)

WIDTHS = (16, 12, 8)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.fixture(scope="module")
def generator():
    network = DfGenerator(WIDTHS, latent_dim=6, embedding_dim=5)
    network(normal(1, 6), normal(1, 5))
    return network


@pytest.fixture(scope="module")
def discriminator():
    network = DfDiscriminator((4, 8, 8), embedding_dim=5, joint_dim=4)
    network(normal(1, 16, 16, 3), normal(1, 5))
    return network


def test_the_networks_have_the_weights_of_the_authors():
    # Counted from `NetG`, `NetD` and `NetC` of github.com/tobran/DF-GAN at 886ae40, with
    # ngf = ndf = 32, pictures of 256 and their embeddings of 256.
    gan = preset("df-gan").gan
    generator, discriminator = gan.generator(256, "generator"), gan.discriminator(256)
    images, _ = generator(normal(1, 100), normal(1, 256))
    discriminator(images, normal(1, 256))
    assert images.shape == (1, 256, 256, 3)
    assert generator.count_params() == 9_744_131
    assert discriminator.count_params() == 6_717_766


def test_the_letter_is_the_papers():
    gan = preset("df-gan").gan
    assert gan.loss == Hinge()
    assert gan.critic_terms == (MatchingAwareGradientPenalty(weight=2.0, power=6.0),)
    assert (gan.generator_learning_rate, gan.discriminator_learning_rate) == (1e-4, 4e-4)
    assert (gan.beta_1, gan.beta_2) == (0.0, 0.9)
    assert isinstance(gan.schedule, Alternating)
    assert isinstance(gan.averaging, NoAverage)
    assert not gan.augmentations


def test_both_optimizers_have_the_decays():
    model = preset("df-gan-demo").gan.model(5)
    for player in (model.generator, model.critic):
        assert (player.optimizer.beta_1, player.optimizer.beta_2) == (0.0, 0.9)


def test_a_caption_scales_and_shifts_maps_from_nothing_on():
    layer, x = Affine(4), normal(3, 2, 2, 4)
    np.testing.assert_allclose(layer(x, normal(3, 5)), x, rtol=1e-6)  # γ = 1, β = 0
    for last in (layer._scale, layer._shift):
        last.kernel.assign(normal(*last.kernel.shape))
    one, other = (np.asarray(layer(x, normal(3, 5, seed=seed))) for seed in (1, 2))
    assert np.abs(one - other).max() > 0.1
    hidden = [np.maximum(np.asarray(h(normal(3, 5, seed=1))), 0) for h in layer._hidden]
    scale, shift = (
        h @ last.kernel.numpy() + last.bias.numpy()
        for h, last in zip(hidden, (layer._scale, layer._shift), strict=True)
    )
    np.testing.assert_allclose(
        one, scale[:, None, None] * x + shift[:, None, None], rtol=1e-4, atol=1e-5
    )


def test_an_up_block_adds_to_its_doubled_maps():
    block, x = UpBlock(4, 4), normal(2, 3, 3, 4)
    block(x, normal(2, 5))
    for convolution in block._convolutions:
        convolution.kernel.assign(np.zeros(convolution.kernel.shape))
    np.testing.assert_allclose(block(x, normal(2, 5)), x.repeat(2, 1).repeat(2, 2), rtol=1e-6)


def test_a_down_block_begins_as_an_average():
    block, x = DownBlock(4, 4), normal(2, 4, 4, 4)
    average = x.reshape(2, 2, 2, 2, 2, 4).mean((2, 4))
    np.testing.assert_allclose(block(x), average, rtol=1e-5, atol=1e-6)
    block._gamma.assign(1.0)
    assert np.abs(np.asarray(block(x)) - average).max() > 1e-3


def test_noise_matters_at_once_and_captions_from_the_first_step_on(generator):
    noise, one, other = normal(2, 6), normal(2, 5, seed=1), normal(2, 5, seed=2)
    images, divergence = generator(noise, one)
    assert images.shape == (2, 16, 16, 3)
    assert not np.any(divergence)
    assert np.abs(images[0] - images[1]).max() > 1e-3
    np.testing.assert_allclose(generator(noise, other)[0], images, atol=1e-6)
    affine = generator._blocks[0]._fusions[0]._affine[0]
    affine._shift.kernel.assign(normal(*affine._shift.kernel.shape))
    assert np.abs(generator(noise, other)[0] - generator(noise, one)[0]).max() > 1e-4


def test_a_score_depends_on_picture_and_caption_and_on_no_row_beside(discriminator):
    images, captions = normal(3, 16, 16, 3), normal(3, 5)
    scores = np.asarray(discriminator(images, captions))
    assert scores.shape == (3,)
    np.testing.assert_allclose(discriminator(images[:1], captions[:1]), scores[:1], rtol=1e-4)
    rolled = np.asarray(discriminator(images, np.roll(captions, 1, 0)))
    assert np.abs(rolled - scores).min() > 1e-6
    # Both at once: a caption does not add the same to all pictures, as a linear score would.
    same = np.repeat(captions[:1], 3, 0)
    added = scores - np.asarray(discriminator(images, same))
    expected = np.asarray(discriminator(images[:1].repeat(3, 0), captions)) - scores[0]
    assert np.abs(added - expected)[1:].max() > 1e-6
    joint = discriminator.score(discriminator.features(images), np.roll(captions, 1, 0))
    np.testing.assert_allclose(joint, rolled, rtol=1e-5)
