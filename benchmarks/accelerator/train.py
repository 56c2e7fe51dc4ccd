"""Train what `lower.py` wrote, by JAX alone, in loops on the device.

    python train.py job --seconds 90 --out trained

Needs JAX (tried with 0.10 and 0.11), NumPy and Pillow, and nothing of this project. Batches are
drawn, cropped and mirrored on the device. `trained` then has what `restore.py` takes:

    drawing.npz    the variables that draw, float16
    trained.json   the stage and how far it is trained
    log.jsonl      terms, steps and seconds
"""

import argparse
import io
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
from PIL import Image

jax.config.update("jax_enable_x64", True)  # the state counts its steps in 64 bits
Batch = list[jax.Array]
State = list[jax.Array]


def main() -> None:
    """Train for so many steps or seconds, and keep what draws."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=Path)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--steps", type=int, help="the run's own number if left out")
    parser.add_argument("--steps-a-call", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="seed of the order of pictures")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    described = json.loads((arguments.job / "step.json").read_text())
    state, steps = train(arguments, described)
    keep(state, described, arguments.out / "drawing.npz")
    trained = {"stage": described["stage"], "steps": steps, "rows": steps * described["rows"]}
    (arguments.out / "trained.json").write_text(json.dumps(trained))


def train(arguments: argparse.Namespace, described: dict[str, Any]) -> tuple[State, int]:
    """Loops of steps until all are done or the time is over; returns the state and the steps."""
    step = step_of(arguments.job, described)
    draw = draw_of(arguments.job, described, arguments.seed)
    inner, names = arguments.steps_a_call, [each["name"] for each in described["results"]]
    calls = max(1, (arguments.steps or described["steps"]) // inner)

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
        for call in range(1, calls + 1):
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
    print(line, flush=True)
    return state, call * inner


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


def draw_of(job: Path, described: dict[str, Any], seed: int) -> Callable[[jax.Array], Batch]:
    """A function from a step's number to its batch, whose parts `step.json` names."""
    rows = described["rows"]
    with np.load(job / "data.npz") as file:
        held = {name: file[name] for name in file.files}
    images = jnp.asarray(decoded(held.pop("files"), held.pop("ends")))
    arrays = {name: jnp.asarray(value) for name, value in held.items()}
    count = len(images)

    def place(pictures: jax.Array, key: jax.Array) -> jax.Array:
        """The number of one of each picture's captions."""
        starts = arrays["starts"]
        number = starts[pictures + 1] - starts[pictures]
        chosen = jax.random.uniform(key, pictures.shape) * number
        return starts[pictures] + chosen.astype(jnp.int32)

    def caption(pictures: jax.Array, key: jax.Array) -> jax.Array:
        return arrays["embeddings"][place(pictures, key)].astype(jnp.float32)

    def other(pictures: jax.Array, key: jax.Array) -> jax.Array:
        """The first of a dozen other pictures that may be mismatched."""
        others = jax.random.randint(key, (12, rows), 0, count)
        apart = arrays["differ_in"][others] != arrays["differ_in"][pictures]
        return jnp.take_along_axis(others, jnp.argmax(apart, axis=0)[None], 0)[0]

    def draw(step: jax.Array) -> Batch:
        keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), step), 6)
        pictures = jax.random.randint(keys[0], (rows,), 0, count)
        mirror = jax.random.bernoulli(keys[5], 0.5, (rows,)) & described["flip"]
        parts: dict[str, Callable[[], jax.Array]] = {
            "image": lambda: shown(images[pictures], mirror, keys[2], described),
            "caption": lambda: caption(pictures, keys[3]),
            "words": lambda: arrays["words"][place(pictures, keys[3])],
            "mismatched": lambda: caption(other(pictures, keys[1]), keys[4]),
            "labels": lambda: jnp.where(
                mirror[:, None], arrays["mirrored_labels"][pictures], arrays["labels"][pictures]
            ),
        }
        # What else a batch holds is a row for each picture.
        return [
            parts[name]() if name in parts else arrays[name][pictures]
            for name in described["batch"]
        ]

    return draw


def decoded(files: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Pictures uint8 (N, S, S, 3) from their files, end to end."""
    parts = np.split(files, ends[:-1])
    return np.stack([np.asarray(Image.open(io.BytesIO(part.tobytes()))) for part in parts])


def shown(
    images: jax.Array, mirror: jax.Array, key: jax.Array, described: dict[str, Any]
) -> jax.Array:
    """Pictures uint8 (N, S, S, 3), cut at random or in the middle → (N, side, side, 3) in ±1."""
    side = described["side"]
    spare = images.shape[1] - side
    corners = (
        jax.random.randint(key, (len(images), 2), 0, spare + 1)
        if described["crop"]
        else jnp.full((len(images), 2), spare // 2)
    )

    def crop(image: jax.Array, corner: jax.Array) -> jax.Array:
        return jax.lax.dynamic_slice(image, (corner[0], corner[1], 0), (side, side, 3))

    cropped = jax.vmap(crop)(images, corners)
    turned = jnp.where(mirror[:, None, None, None], cropped[:, :, ::-1], cropped)
    return turned.astype(jnp.float32) / 127.5 - 1


def keep(state: State, described: dict[str, Any], file: Path) -> None:
    """Write the variables that draw, by part and number."""
    arrays = {
        each["name"]: np.asarray(halved(value))
        for each, value in zip(described["state"], state, strict=True)
        if each["name"]
    }
    np.savez_compressed(file, **arrays)


def halved(value: jax.Array) -> jax.Array:
    """Numbers as float16; counts and flags as they are."""
    return value.astype(jnp.float16) if jnp.issubdtype(value.dtype, jnp.floating) else value


if __name__ == "__main__":
    main()
