"""SqueezeNet v1.0 from an .npz of its weights (Iandola et al. 2016)."""

import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_t2i.metrics.extractors import fingerprint_of
from keras_t2i.pipelines.errors import InputError

_MEAN = (104.0, 117.0, 123.0)  # of ImageNet, blue, green, red
_FIRES = ((2, 3, 4), (5, 6, 7, 8), (9,))  # between poolings
_SMALLEST = 35  # side of the smallest pictures that have all maps
_KERNEL, _POOL = 7, 3  # sides of the first convolution and of the poolings
_PICTURES = tf.TensorSpec((None, 227, 227, 3), tf.float32)
_PARTS = ("squeeze1x1", "expand1x1", "expand3x3")


class SqueezeNet:
    """Features and ImageNet logits of pictures; the pictures' size is 227.

    Its distances are no FID: that name belongs to Inception's.

    Args:
        path: File of the arrays `<layer>/w` (out, in, height, width) and `<layer>/b`.

    Raises:
        InputError: No such file, or arrays are missing.
    """

    name = "squeezenet-1.0"
    size = 227
    canonical = False
    heads = None  # LPIPS's learned weights are not part of the file

    def __init__(self, path: Path) -> None:
        try:
            with zipfile.ZipFile(path):  # `numpy.load` takes other files too, and gives no archive
                pass
            with np.load(path) as arrays:
                held = {name: arrays[name].astype("float32") for name in arrays.files}
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: not readable as .npz ({error}).") from error
        fires = [f"fire{i}" for group in _FIRES for i in group]
        layers = ["conv1", *(f"{fire}/{part}" for fire in fires for part in _PARTS), "conv10"]
        missing = [f"{n}/{p}" for n in layers for p in "wb" if f"{n}/{p}" not in held]
        if missing:
            raise InputError(
                f"{path}: no weights of SqueezeNet v1.0: {missing[0]} is missing. "
                f"It has: {', '.join(sorted(held)[:6])}, …."
            )
        wrong = [n for n in layers if held[f"{n}/w"].ndim != 4 or held[f"{n}/b"].ndim != 1]
        if wrong:
            raise InputError(
                f"{path}: no weights of SqueezeNet v1.0: {wrong[0]}/w must have 4 axes and "
                f"{wrong[0]}/b one. Received: {held[f'{wrong[0]}/w'].shape} and "
                f"{held[f'{wrong[0]}/b'].shape}."
            )
        self._weights = {
            n: (tf.constant(held[f"{n}/w"].transpose(2, 3, 1, 0)), tf.constant(held[f"{n}/b"]))
            for n in layers
        }

        self.fingerprint = fingerprint_of(Path(path))
        try:
            self.tensors(tf.zeros((1, _SMALLEST, _SMALLEST, 3)))
        except (ValueError, tf.errors.InvalidArgumentError) as error:
            raise InputError(
                f"{path}: its layers do not follow on one another as SqueezeNet v1.0's do."
            ) from error

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures float32 (N, 227, 227, 3) in [0, 255] → features (N, 512), logits (N, 1000)."""
        last, scores = self._network(tf.constant(pictures, tf.float32))
        return {"features": last.numpy().mean((1, 2)), "logits": scores.numpy().mean((1, 2))}

    def maps(self, pictures: np.ndarray) -> list[np.ndarray]:
        """Maps before each pooling and the last ones: four of (N, h, w, C)."""
        return [x.numpy() for x in self._maps(tf.constant(pictures, tf.float32))]

    def tensors(self, images: tf.Tensor) -> list[tf.Tensor]:
        """The maps of pictures (N, S, S, 3) at their own side; from 35 pixels on there are four."""
        x = images[..., ::-1] - tf.constant(_MEAN)
        if x.shape[1] < _KERNEL:
            return []
        maps = [self._convolve("conv1", x, stride=2)]
        for fires in _FIRES:
            if maps[-1].shape[1] < _POOL:
                break
            x = tf.nn.max_pool2d(maps[-1], _POOL, 2, "VALID")
            for i in fires:
                x = self._fire(f"fire{i}", x)
            maps.append(x)
        return maps

    @tf.function(input_signature=[_PICTURES], autograph=False)
    def _maps(self, images: tf.Tensor) -> list[tf.Tensor]:
        """Images RGB in [0, 255] → the maps."""
        return self.tensors(images)

    # A graph of its own: one that gives out all maps is slower, and holds them all.
    @tf.function(input_signature=[_PICTURES], autograph=False)
    def _network(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Images RGB in [0, 255] → the last map, and the classes' scores (N, h, w, 1000)."""
        last = self.tensors(images)[-1]
        padded = tf.pad(last, [[0, 0], [1, 1], [1, 1], [0, 0]])
        return last, self._convolve("conv10", padded)

    def _fire(self, name: str, x: tf.Tensor) -> tf.Tensor:
        """A squeeze, then 1×1 and 3×3 side by side."""
        squeezed = self._convolve(f"{name}/squeeze1x1", x)
        sides = [
            self._convolve(f"{name}/expand1x1", squeezed),
            self._convolve(f"{name}/expand3x3", squeezed, padding="SAME"),
        ]
        return tf.concat(sides, -1)

    def _convolve(
        self, name: str, x: tf.Tensor, stride: int = 1, padding: str = "VALID"
    ) -> tf.Tensor:
        kernel, bias = self._weights[name]
        # TensorFlow makes one operation of these three, which it does not of `+`.
        return tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, stride, padding), bias))
