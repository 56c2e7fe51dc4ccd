"""The signatures under which a model from pictures to pictures is served."""

import keras
import tensorflow as tf

from keras_t2i.exporting import signatures
from keras_t2i.exporting.inputs import PICTURES
from keras_t2i.exporting.signatures import Outputs, Signature, from_bytes, to_png
from keras_t2i.tasks.image_to_image.gan import ImageToImageGAN


def archive(gan: ImageToImageGAN, side: int, channels: int) -> keras.export.ExportArchive:
    """`translate` (image_bytes), or `complete` (image_bytes, mask_bytes) of one that fills holes.

    Args:
        gan: The trained GAN.
        side: Side of the pictures that the model takes, in pixels.
        channels: Channels of the pictures that the model takes: 3, or 4 with a mask.
    """

    def translate(image_bytes: tf.Tensor) -> Outputs:
        return to_png(gan.sample(from_bytes(image_bytes, side)))

    def complete(image_bytes: tf.Tensor, mask_bytes: tf.Tensor) -> Outputs:
        images = from_bytes(image_bytes, side)
        mask = tf.cast(from_bytes(mask_bytes, side)[..., :1] > 0.0, tf.float32)
        return to_png(gan.sample(tf.concat([images * (1.0 - mask), mask], -1)))

    name, signature = (
        ("translate", Signature(translate, {"image_bytes": PICTURES}))
        if channels == 3
        else (
            "complete",
            Signature(complete, {"image_bytes": PICTURES, "mask_bytes": PICTURES}),
        )
    )
    return signatures.archive({"serving_default": signature, name: signature}, [])
