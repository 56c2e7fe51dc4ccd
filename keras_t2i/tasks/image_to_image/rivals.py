"""Rules without learning that an image-to-image generator is compared with."""

import numpy as np


def shown(sources: np.ndarray, side: int) -> np.ndarray:
    """Sources (N, s, s, 3 or 4) as pictures uint8 (N, side, side, 3), their pixels enlarged."""
    from keras_t2i.images.batches import to_uint8
    from keras_t2i.images.grid import enlarged

    return enlarged(to_uint8(sources[..., :3]), side)


def rivals(sources: np.ndarray, side: int) -> dict[str, np.ndarray]:
    """Results without learning: pictures enlarged by rules, or holes filled with their mean.

    Args:
        sources: Source pictures, float32 (N, s, s, 3), or (N, side, side, 4) with the mask of
            holes.
        side: Side of the results, in pixels.

    Returns:
        Results by name, uint8 (N, side, side, 3).
    """
    import tensorflow as tf

    from keras_t2i.images.batches import to_uint8

    if sources.shape[-1] == 4:
        given, mask = sources[..., :3], sources[..., 3:]
        known = np.maximum((1 - mask).sum((1, 2), keepdims=True), 1)
        mean = given.sum((1, 2), keepdims=True) / known
        return {"mean fill": to_uint8(given + mask * mean)}
    if sources.shape[1] == side:
        return {"given": to_uint8(sources)}
    enlarged = {
        name: tf.image.resize(sources, (side, side), name).numpy()
        for name in ("nearest", "bicubic")
    }
    return {name: to_uint8(images) for name, images in enlarged.items()}
