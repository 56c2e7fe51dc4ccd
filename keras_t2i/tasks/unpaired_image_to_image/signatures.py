"""The signatures under which a model between two domains of pictures is served."""

import keras
import tensorflow as tf

from keras_t2i.exporting import signatures
from keras_t2i.exporting.inputs import PICTURES
from keras_t2i.exporting.signatures import Outputs, Signature, from_bytes, to_png
from keras_t2i.tasks.unpaired_image_to_image.gan import CycleGAN


def archive(gan: CycleGAN, side: int) -> keras.export.ExportArchive:
    """`translate` and `translate_back`, both from image_bytes to image_bytes.

    Args:
        gan: The trained GAN.
        side: Side of the model's pictures, in pixels.
    """

    def translate(image_bytes: tf.Tensor) -> Outputs:
        return to_png(gan.sample(from_bytes(image_bytes, side)))

    def translate_back(image_bytes: tf.Tensor) -> Outputs:
        return to_png(gan.sample(from_bytes(image_bytes, side), back=True))

    pictures = {"image_bytes": PICTURES}
    there = Signature(translate, pictures)
    named = {"translate": there, "translate_back": Signature(translate_back, pictures)}
    return signatures.archive({"serving_default": there, **named}, [])
