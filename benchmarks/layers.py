"""Time of each layer of a network alone, forward and backward.

    python -m benchmarks.layers --size 256 --rows 16

PSC-GAN's encoder and decoder. A layer's rate beside that of matrix products says whether it is
bound by arithmetic or by memory.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import tyro


@dataclass(frozen=True)
class Arguments:
    """Time layers.

    Args:
        size: Side of the pictures.
        rows: Number of pictures of a batch.
        precision: Precision of the computation.
        timed: Number of runs of each layer; medians are printed.
    """

    size: int = 256
    rows: int = 16
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    timed: int = 9


def main() -> None:
    arguments = tyro.cli(Arguments)
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    import tensorflow as tf

    from benchmarks.flops import multiply_adds
    from keras_t2i.tasks.labels_to_image.autoencoder_stage import FaceNetworks
    from keras_t2i.tasks.labels_to_image.networks import Encoder
    from keras_t2i.training.hardware import precision_policy

    widths = FaceNetworks().down(arguments.size)
    with precision_policy(arguments.precision):
        encoder = Encoder(widths)
        decoder = FaceNetworks().decoder(arguments.size)
    images = tf.random.uniform((arguments.rows, arguments.size, arguments.size, 3), -1, 1)
    latents = encoder(images)
    decoder(latents)
    for name, network, given in (("encoder", encoder, images), ("decoder", decoder, latents)):
        rows = []
        for layer, inputs in calls(network, given):
            run = tf.function(partial(gradients, layer))
            work = multiply_adds(run.get_concrete_function(inputs))
            seconds = median_seconds(partial(run, inputs), arguments.timed)
            rows.append((type(layer).__name__, shape_of(inputs), seconds, work))
        whole = sum(seconds for _, _, seconds, _ in rows)
        print(f"\n{name}: {1e3 * whole:.0f} ms\n\n| layer | input | ms | share | GFLOP/s |")
        print("|---|---|---|---|---|")
        for kind, shape, seconds, work in rows:
            rate = f"{work / seconds / 1e9:.0f}" if work else "–"
            print(f"| {kind} | {shape} | {1e3 * seconds:.1f} | {seconds / whole:.0%} | {rate} |")


def calls(network: Any, given: Any) -> list[tuple[Any, Any]]:
    """The network's layers in the order of their calls, each with what it was called on."""
    recorded: list[tuple[Any, Any]] = []
    for layer in list(leaves(network)):
        call = layer.call

        def recording(
            inputs: Any, *rest: Any, own: Any = layer, call: Any = call, **more: Any
        ) -> Any:
            recorded.append((own, inputs))
            return call(inputs, *rest, **more)

        layer.call = recording
    network(given, training=True)
    for layer in leaves(network):
        del layer.call
    return recorded


def leaves(network: Any) -> Iterator[Any]:
    """Layers that a model is made of, with models within it opened."""
    import keras

    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        else:
            yield layer


def gradients(layer: Any, inputs: Any) -> Any:
    """The gradients of a layer's output by its input and weights."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = layer(inputs, training=True)
    return tape.gradient(output, [inputs, [v.value for v in layer.trainable_variables]])


def median_seconds(run: Any, times: int) -> float:
    """The median time of a call, after two to warm up."""
    seconds = []
    for _ in range(times + 2):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[2:])


def shape_of(inputs: Any) -> str:
    """Shape of a tensor, or of the last of several."""
    last = inputs[-1] if isinstance(inputs, list) else inputs
    return "×".join(str(n) for n in last.shape)


if __name__ == "__main__":
    main()
