"""Train what `lower.py` wrote, by JAX alone, in loops on the device.

    python train.py job --seconds 90 --out trained

Needs JAX (tried with 0.10 and 0.11) and NumPy, and nothing of this project. Batches are drawn,
cropped and mirrored on the device. `trained` then has what `restore.py` takes:

    average.npz    the averaged generator, float16
    log.jsonl      terms, steps and seconds
"""

import argparse
import json
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax._src.core import ShapedArray
from jax._src.interpreters import mlir
from jax.extend.core import Primitive
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import func

jax.config.update("jax_enable_x64", True)  # the state counts its steps in 64 bits
Batch = list[jax.Array]
State = list[jax.Array]


def main() -> None:
    """Train for so many seconds, and keep the averages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=Path)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--steps-a-call", type=int, default=50)
    parser.add_argument("--calls", type=int, default=10**9, help="at most so many")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    described = json.loads((arguments.job / "step.json").read_text())
    state = train(arguments, described)
    keep(state, described, arguments.out / "average.npz")


def train(arguments: argparse.Namespace, described: dict[str, Any]) -> State:
    """Loops of steps until the time is over; returns the state."""
    step = step_of(arguments.job, described)
    draw = draw_of(arguments.job, described)
    inner, names = arguments.steps_a_call, [each["name"] for each in described["results"]]

    @partial(jax.jit, donate_argnums=0)
    def steps(state: State, first: jax.Array) -> tuple[State, Batch]:
        def body(i: Any, held: tuple[State, Batch]) -> tuple[State, Batch]:
            return step(draw(first + i), held[0])

        empty = [jnp.zeros(e["shape"], e["dtype"]) for e in described["results"]]
        return jax.lax.fori_loop(0, inner, body, (state, empty))

    state = initial(arguments.job, described)
    started = time.perf_counter()
    compiled = steps.lower(state, jnp.int64(0)).compile()
    print(f"compiled in {time.perf_counter() - started:.1f} s", flush=True)
    started = time.perf_counter()
    with (arguments.out / "log.jsonl").open("w") as log:
        for call in range(1, arguments.calls + 1):
            state, results = compiled(state, jnp.int64((call - 1) * inner))
            terms = {n: round(float(v), 4) for n, v in zip(names, results, strict=True)}
            seconds = time.perf_counter() - started
            line = {"step": call * inner, "seconds": round(seconds, 2), **terms}
            log.write(json.dumps(line) + "\n")
            if call % 50 == 1:
                print(line, flush=True)
            if not all(np.isfinite(list(terms.values()))):
                raise SystemExit(f"not finite at step {call * inner}: {terms}")
            if seconds > arguments.seconds:
                break
    return state


def step_of(job: Path, described: dict[str, Any]) -> Callable[[Batch, State], tuple[State, Batch]]:
    """The lowered step as a function to be called inside `jax.jit`."""
    text = (job / "step.mlir").read_text()
    results = described["results"]
    written = [i for i, held in enumerate(described["state"]) if not held["constant"]]
    given = [ShapedArray(tuple(e["shape"]), jnp.dtype(e["dtype"])) for e in results]
    given += [
        ShapedArray(
            tuple(described["state"][i]["shape"]), jnp.dtype(described["state"][i]["dtype"])
        )
        for i in written
    ]
    primitive = Primitive(re.sub(r"\W", "_", job.name) or "step")
    primitive.multiple_results = True
    primitive.def_abstract_eval(lambda *_: given)

    def lowering(context: Any, *operands: Any) -> list[Any]:
        """A call of the step's own function, which is merged into JAX's module."""
        whole = context.module_context
        module = ir.Module.parse(text)
        name = mlir.merge_mlir_modules(whole.module, "step", module, dst_symtab=whole.symbol_table)
        function = next(
            each for each in whole.module.body.operations
            if ir.StringAttr(each.attributes["sym_name"]).value == name
        )  # fmt: skip
        types = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value).results
        return list(func.CallOp(list(types), ir.FlatSymbolRefAttr.get(name), operands).results)

    mlir.register_lowering(primitive, lowering)

    def step(batch: Batch, state: State) -> tuple[State, Batch]:
        outputs = primitive.bind(*batch, *state)
        new = list(state)
        for i, value in zip(written, outputs[len(results) :], strict=True):
            new[i] = value
        return new, list(outputs[: len(results)])

    return step


def initial(job: Path, described: dict[str, Any]) -> State:
    """The untrained state."""
    with np.load(job / "state.npz") as held:
        return [jnp.array(held[each["array"]], each["dtype"]) for each in described["state"]]


def draw_of(job: Path, described: dict[str, Any]) -> Callable[[jax.Array], Batch]:
    """A function from a step's number to its batch: captions, pictures, mismatched captions."""
    rows, side = described["rows"], described["side"]
    with np.load(job / "data.npz") as held:
        images, embeddings, starts, labels = (
            jnp.asarray(held[name]) for name in ("images", "embeddings", "starts", "labels")
        )
    count = images.shape[0]
    own = jnp.arange(count) if described["by_picture"] else labels

    def caption(pictures: jax.Array, key: jax.Array) -> jax.Array:
        number = starts[pictures + 1] - starts[pictures]
        chosen = jax.random.uniform(key, pictures.shape) * number
        return embeddings[starts[pictures] + chosen.astype(jnp.int32)]

    def draw(step: jax.Array) -> Batch:
        keys = jax.random.split(jax.random.fold_in(jax.random.key(0), step), 5)
        pictures = jax.random.randint(keys[0], (rows,), 0, count)
        # Of a dozen other pictures, the first of another class.
        others = jax.random.randint(keys[1], (12, rows), 0, count)
        first = jnp.argmax(own[others] != own[pictures], axis=0)
        other = jnp.take_along_axis(others, first[None], 0)[0]
        shown = cropped_and_mirrored(images[pictures], keys[2], side)
        return [caption(pictures, keys[3]), shown, caption(other, keys[4])]

    return draw


def cropped_and_mirrored(images: jax.Array, key: jax.Array, side: int) -> jax.Array:
    """Pictures uint8 (N, S, S, 3) → float32 (N, side, side, 3) in [−1, 1]."""
    place, mirror = jax.random.split(key)
    corners = jax.random.randint(place, (len(images), 2), 0, images.shape[1] - side + 1)

    def crop(image: jax.Array, corner: jax.Array) -> jax.Array:
        return jax.lax.dynamic_slice(image, (corner[0], corner[1], 0), (side, side, 3))

    cropped = jax.vmap(crop)(images, corners)
    mirrored = jax.random.bernoulli(mirror, 0.5, (len(images), 1, 1, 1))
    return jnp.where(mirrored, cropped[:, :, ::-1], cropped).astype(jnp.float32) / 127.5 - 1


def keep(state: State, described: dict[str, Any], file: Path) -> None:
    """Write the averaged generator, by its variables' numbers."""
    arrays = {
        each["name"].split()[1]: np.asarray(value.astype(jnp.float32)).astype("float16")
        for each, value in zip(described["state"], state, strict=True)
        if each["name"].startswith("average ")
    }
    np.savez_compressed(file, **arrays)


if __name__ == "__main__":
    main()
