import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.networks.layers.batch_normalization import FusedBatchNormalization
from keras_t2i.networks.layers.conditioning import ConditioningAugmentation, PlainConditioning
from keras_t2i.networks.layers.stride_two import Downsample, Upsample
from keras_t2i.tasks.text_to_image.df_gan import DfGenerator
from keras_t2i.tasks.text_to_image.networks import Generator
from keras_t2i.tasks.text_to_image.word_generator import WordGenerator
from keras_t2i.training.adam import FusedAdam
from keras_t2i.training.hardware import precision_policy


def outputs_and_gradients(layer, inputs, cotangent, **options):
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, **options)
        total = tf.reduce_sum(outputs * tf.constant(cotangent, outputs.dtype))
    weights = [v.value for v in layer.trainable_variables]
    return [outputs, *tape.gradient(total, [inputs, *weights])]


@pytest.mark.parametrize("rows", [3, 40])  # both forms of the filter gradient
@pytest.mark.parametrize(
    ("ours", "theirs", "shape", "result"),
    [
        (Downsample(5), keras.layers.Conv2D(5, 4, 2, "same", use_bias=False), (8, 6), (4, 3)),
        (Upsample(5), keras.layers.Conv2DTranspose(5, 4, 2, "same", use_bias=False), (4, 3),
         (8, 6)),
    ],
)  # fmt: skip
def test_stride_two_layers_equal_keras(rows, ours, theirs, shape, result):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(rows, *shape, 2)).astype("float32")
    cotangent = rng.normal(size=(rows, *result, 5)).astype("float32")
    theirs(inputs)
    ours(inputs)
    ours.set_weights(theirs.get_weights())
    for own, other in zip(
        outputs_and_gradients(ours, inputs, cotangent),
        outputs_and_gradients(theirs, inputs, cotangent),
        strict=True,
    ):
        np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-4)


def test_batch_normalization_equals_keras_in_training_and_after():
    rng = np.random.default_rng(0)
    inputs = rng.normal(2, 3, (6, 4, 4, 3)).astype("float32")
    cotangent = rng.normal(size=inputs.shape).astype("float32")
    ours = FusedBatchNormalization(momentum=0.8, epsilon=1e-3)
    theirs = keras.layers.BatchNormalization(momentum=0.8, epsilon=1e-3)
    for _ in range(3):
        for own, other in zip(
            outputs_and_gradients(ours, inputs, cotangent, training=True),
            outputs_and_gradients(theirs, inputs, cotangent, training=True),
            strict=True,
        ):
            np.testing.assert_allclose(own, other, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(ours.moving_mean, theirs.moving_mean, rtol=1e-5)
    # The fused kernel's variance is the unbiased one, N/(N-1) of Keras's: 96/95 here.
    np.testing.assert_allclose(ours.moving_variance, theirs.moving_variance, rtol=2e-2)
    np.testing.assert_allclose(ours(inputs), theirs(inputs), rtol=2e-2, atol=2e-2)


def test_batch_normalization_reads_bfloat16_with_float32_statistics():
    layer = FusedBatchNormalization(dtype="mixed_bfloat16")
    inputs = tf.cast(tf.random.stateless_normal((8, 4, 4, 3), (1, 2)) * 3 + 1, tf.bfloat16)
    outputs = layer(inputs, training=True)
    assert outputs.dtype == tf.bfloat16
    assert layer.gamma.dtype == layer.moving_mean.dtype == "float32"
    np.testing.assert_allclose(tf.reduce_mean(tf.cast(outputs, tf.float32)), 0, atol=0.02)


def test_fused_adam_equals_keras():
    rng = np.random.default_rng(0)
    start = rng.normal(size=(3, 2)).astype("float32")
    gradients = rng.normal(size=(6, 3, 2)).astype("float32")
    ends = []
    for kind in (FusedAdam, keras.optimizers.Adam):
        variable, optimizer = keras.Variable(start), kind(0.01, beta_1=0.5)
        optimizer.build([variable])
        for gradient in gradients:
            optimizer.apply([tf.constant(gradient)], [variable])
        moments = [v.numpy() for v in optimizer.variables[2:]]
        ends.append([variable.numpy(), *moments, optimizer.iterations.numpy()])
    for own, other in zip(*ends, strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-5, atol=1e-7)


def test_conditioning_augmentation_is_a_normal_distribution():
    layer = ConditioningAugmentation(2)
    embedding = np.ones((1, 3), "float32")
    layer(embedding, np.zeros((1, 2), "float32"))
    kernel = np.zeros((3, 4), "float32")
    layer.set_weights([kernel, np.array([1.0, -2.0, 0.0, np.log(4.0)], "float32")])
    condition, divergence = layer(embedding, np.array([[1.0, 1.0]], "float32"))
    np.testing.assert_allclose(condition, [[1 + 1, -2 + 2]], atol=1e-6)
    # KL(N(1, 1)) = ½; KL(N(-2, 4)) = ½ (4 + 4 − 1 − ln 4)
    np.testing.assert_allclose(divergence, [0.5 + 0.5 * (7 - np.log(4))], rtol=1e-6)


def test_plain_conditioning_changes_nothing():
    layer = PlainConditioning()
    embedding = np.ones((2, 3), "float32")
    condition, divergence = layer(embedding, np.zeros((2, 0), "float32"))
    np.testing.assert_array_equal(condition, embedding)
    np.testing.assert_array_equal(divergence, [0, 0])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Generator((8, 6, 4)),
        lambda: DfGenerator((8, 6, 4)),
        lambda: WordGenerator((8, 6, 4), 1, (8,), 4),
    ],
    ids=["self-attention-gan", "df-gan", "word-attention-gan"],
)
def test_a_picture_is_made_in_the_precision_of_the_other_layers(make):
    """In float32 beside bfloat16 layers it took an eighth of a step on an H200."""
    with precision_policy("bfloat16"):
        generator = make()
    assert generator._picture.compute_dtype == "bfloat16"
