"""Train what `lower.py` wrote, by JAX alone, in loops on the device.

    python train.py job --seconds 90 --out trained

Needs JAX (tried with 0.10 and 0.11), NumPy and Pillow, and nothing of this project. Batches are
drawn, cropped and mirrored on the device. `trained` then has what `restore.py` takes:

    drawing.npz    the variables that draw, float16
    trained.json   the stage and how far it is trained
    log.jsonl      terms, steps and seconds
    STEP/          the first two, as they were at each step of `--keep-at`
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
Data = dict[str, jax.Array]
Step = Callable[[Batch, State], tuple[State, Batch]]


def main() -> None:
    """Train for so many steps or seconds, and keep what draws."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=job_folder)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--steps", type=int, help="the run's own number if left out")
    parser.add_argument("--steps-a-call", type=int, default=50)
    parser.add_argument("--keep-at", type=int, nargs="*", default=[], help="steps")
    parser.add_argument("--seed", type=int, default=0, help="seed of the order of pictures")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    described = json.loads((arguments.job / "step.json").read_text())
    state, steps = train(arguments, described)
    keep(state, described, steps, arguments.out)


def job_folder(path: str) -> Path:
    """The folder that `lower.py` wrote, from a word of the command line.

    Raises:
        ArgumentTypeError: A folder without a job.
    """
    if not (Path(path) / "step.json").is_file():
        raise argparse.ArgumentTypeError(f"{path} has no step.json: `lower.py` writes the folder.")
    return Path(path)


def train(arguments: argparse.Namespace, described: dict[str, Any]) -> tuple[State, int]:
    """Loops of steps until all are done or the time is over; returns the state and the steps."""
    inner, names = arguments.steps_a_call, [each["name"] for each in described["results"]]
    calls = max(1, (arguments.steps or described["steps"]) // inner)
    left = sorted(arguments.keep_at)
    data, key = data_of(arguments.job, described), jax.random.key(arguments.seed)
    state = initial(arguments.job)
    started = time.perf_counter()
    compiled = loop(arguments.job, described, inner).lower(state, data, key, 0).compile()
    print(f"compiled in {time.perf_counter() - started:.1f} s", flush=True)
    started = time.perf_counter()
    with (arguments.out / "log.jsonl").open("w") as log:
        for call in range(1, calls + 1):
            state, results = compiled(state, data, key, (call - 1) * inner)
            terms = {n: round(float(v), 4) for n, v in zip(names, results, strict=True)}
            seconds = time.perf_counter() - started
            line = {"step": call * inner, "seconds": round(seconds, 2), **terms}
            log.write(json.dumps(line) + "\n")
            if call % 50 == 1:
                print(line, flush=True)
            if not all(np.isfinite(list(terms.values()))):
                raise SystemExit(f"not finite at step {call * inner}: {terms}")
            while left and call * inner >= left[0]:
                keep(state, described, call * inner, arguments.out / str(left.pop(0)))
            if seconds > arguments.seconds:
                break
    print(line, flush=True)
    return state, call * inner


def loop(job: Path, described: dict[str, Any], inner: int) -> Any:
    """A function that takes `inner` steps: (state, data, key, first step) -> (state, terms)."""
    step, draw = program_of(job, "step"), partial(batch_of, described)

    @partial(jax.jit, donate_argnums=0)
    def steps(state: State, data: Data, key: jax.Array, first: jax.Array) -> tuple[State, Batch]:
        def body(i: Any, held: tuple[State, Batch]) -> tuple[State, Batch]:
            return step(draw(data, jax.random.fold_in(key, first + i)), held[0])

        empty = [jnp.zeros(e["shape"], e["dtype"]) for e in described["results"]]
        return jax.lax.fori_loop(0, inner, body, (state, empty))

    return steps


def program_of(job: Path, name: str) -> Step:
    """The lowered program as a function to be called inside `jax.jit`."""
    text = (job / f"{name}.mlir").read_text()
    described = json.loads((job / f"{name}.json").read_text())
    results = described["results"]
    written = [i for i, held in enumerate(described["state"]) if not held["constant"]]
    given = [
        ShapedArray(tuple(each["shape"]), jnp.dtype(each["dtype"]))
        for each in (*results, *(described["state"][i] for i in written))
    ]
    primitive = Primitive(re.sub(r"\W", "_", f"{job.name}_{name}"))
    primitive.multiple_results = True
    primitive.def_abstract_eval(lambda *_: given)

    def lowering(context: Any, *operands: Any) -> list[Any]:
        """A call of the step's own function, which is merged into JAX's module."""
        whole = context.module_context
        module = ir.Module.parse(text)
        merged = mlir.merge_mlir_modules(whole.module, name, module, dst_symtab=whole.symbol_table)
        function = next(
            each for each in whole.module.body.operations
            if ir.StringAttr(each.attributes["sym_name"]).value == merged
        )  # fmt: skip
        types = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value).results
        return list(func.CallOp(list(types), ir.FlatSymbolRefAttr.get(merged), operands).results)

    mlir.register_lowering(primitive, lowering)

    def step(batch: Batch, state: State) -> tuple[State, Batch]:
        outputs = primitive.bind(*batch, *state)
        new = list(state)
        for i, value in zip(written, outputs[len(results) :], strict=True):
            new[i] = value
        return new, list(outputs[: len(results)])

    return step


def initial(job: Path, name: str = "step") -> State:
    """The state that a program begins with."""
    described = json.loads((job / f"{name}.json").read_text())
    with np.load(job / f"{name}.npz") as held:
        return [jnp.array(held[each["array"]], each["dtype"]) for each in described["state"]]


def data_of(job: Path, described: dict[str, Any]) -> Data:
    """Arrays that batches are drawn from, on the device."""
    with np.load(job / "data.npz") as file:
        held = {name: file[name] for name in file.files}
    held["images"] = decoded(held.pop("files"), held.pop("ends"))
    data = {name: jnp.asarray(value) for name, value in held.items()}
    if "words" in described["batch"]:
        data["words"] = words_of(job, data.pop("tokens"))
    return data


def words_of(job: Path, tokens: jax.Array) -> jax.Array:
    """States of the captions' words, float16 (captions, n, W)."""
    rows = json.loads((job / "reader.json").read_text())["rows"]
    program, state = program_of(job, "reader"), initial(job, "reader")
    read = jax.jit(lambda tokens, state: program([tokens], state)[1][0])
    filled = jnp.pad(tokens, ((0, -len(tokens) % rows), (0, 0)))
    parts = [read(part, state) for part in jnp.split(filled, len(filled) // rows)]
    return jnp.concatenate(parts)[: len(tokens)]


def batch_of(described: dict[str, Any], data: Data, key: jax.Array) -> Batch:
    """A batch, whose parts `step.json` names, as a key draws it."""
    rows, count = described["rows"], len(data["images"])
    keys = jax.random.split(key, 6)

    def place(pictures: jax.Array, key: jax.Array) -> jax.Array:
        """The number of one of each picture's captions."""
        starts = data["starts"]
        number = starts[pictures + 1] - starts[pictures]
        chosen = jax.random.uniform(key, pictures.shape) * number
        return starts[pictures] + chosen.astype(jnp.int32)

    def caption(pictures: jax.Array, key: jax.Array) -> jax.Array:
        return data["embeddings"][place(pictures, key)].astype(jnp.float32)

    def other(pictures: jax.Array, key: jax.Array) -> jax.Array:
        """The first of a dozen other pictures that may be mismatched."""
        others = jax.random.randint(key, (12, rows), 0, count)
        apart = data["differ_in"][others] != data["differ_in"][pictures]
        return jnp.take_along_axis(others, jnp.argmax(apart, axis=0)[None], 0)[0]

    pictures = jax.random.randint(keys[0], (rows,), 0, count)
    mirror = jax.random.bernoulli(keys[5], 0.5, (rows,)) & described["flip"]
    parts: dict[str, Callable[[], jax.Array]] = {
        "image": lambda: shown(data["images"][pictures], mirror, keys[2], described),
        "caption": lambda: caption(pictures, keys[3]),
        "words": lambda: data["words"][place(pictures, keys[3])],
        "mismatched": lambda: caption(other(pictures, keys[1]), keys[4]),
        "labels": lambda: jnp.where(
            mirror[:, None], data["mirrored_labels"][pictures], data["labels"][pictures]
        ),
    }
    # What else a batch holds is a row for each picture.
    return [parts[name]() if name in parts else data[name][pictures] for name in described["batch"]]


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


def keep(state: State, described: dict[str, Any], steps: int, out: Path) -> None:
    """Write the variables that draw, by part and number, and how far they are trained."""
    arrays = {
        each["name"]: np.asarray(halved(value))
        for each, value in zip(described["state"], state, strict=True)
        if each["name"]
    }
    out.mkdir(exist_ok=True)
    np.savez_compressed(out / "drawing.npz", allow_pickle=False, **arrays)
    trained = {"stage": described["stage"], "steps": steps, "rows": steps * described["rows"]}
    (out / "trained.json").write_text(json.dumps(trained))


def halved(value: jax.Array) -> jax.Array:
    """Numbers as float16; counts and flags as they are."""
    return value.astype(jnp.float16) if jnp.issubdtype(value.dtype, jnp.floating) else value


if __name__ == "__main__":
    main()
