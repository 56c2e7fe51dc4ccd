"""Cost of lowered steps, counted by XLA without a device.

    python costs.py job another-job

Needs JAX alone. Operations and bytes are those of the program as it was lowered: XLA fuses
operations later, for the device that it compiles for, so the bytes are a bound from above. They
compare two states of a program; how long it takes, `kernels.py` measures.
"""

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import jax
from jax._src.interpreters import mlir
from jaxlib.mlir import ir

if TYPE_CHECKING:
    from benchmarks.accelerator.train import job_folder, program_of
else:  # where only this folder is, and no package
    from train import job_folder, program_of

_TYPES = {"f32": "float32", "i32": "int32", "i64": "int64", "i1": "bool"}
_OPERATION = re.compile(r"= \"?stablehlo\.(\w+)")
_CONVOLUTION = re.compile(r"stablehlo\.convolution.*-> tensor<(?:\d+x)*(\w+)>")


def main() -> None:
    """Print a table of jobs' costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", type=job_folder, nargs="+")
    print("| job | operations | float32 convolutions | GFLOP | GB |")
    print("|---|---|---|---|---|")
    for job in parser.parse_args().jobs:
        text = text_of(job)
        types = _CONVOLUTION.findall(text)
        operations, bytes_moved = cost_of(job)
        print(
            f"| {job.name} | {len(_OPERATION.findall(text)):,} "
            f"| {types.count('f32')} of {len(types)} "
            f"| {operations / 1e9:,.1f} | {bytes_moved / 1e9:.2f} |"
        )


def cost_of(job: Path) -> tuple[float, float]:
    """Floating-point operations of a job's step, and the bytes that its operations pass on."""
    described, step = json.loads((job / "step.json").read_text()), program_of(job, "step")
    given = inputs_of(text_of(job))
    parts = len(given) - len(described["state"])
    cost = jax.jit(step).lower(given[:parts], given[parts:]).cost_analysis()
    return cost["flops"], cost["bytes accessed"]


def text_of(job: Path) -> str:
    """A job's program, in MLIR's usual form."""
    with mlir.make_ir_context():
        return str(ir.Module.parse((job / "step.mlir").read_text()))


def inputs_of(text: str) -> list[jax.ShapeDtypeStruct]:
    """Shapes and types of a program's inputs: parts of a batch, then the state."""
    (main,) = re.findall(r"func\.func (?:public )?@main\((.*?)\) ->", text)
    return [
        jax.ShapeDtypeStruct([int(side) for side in shape.split("x")[:-1]], _TYPES[kind])
        for shape, kind in re.findall(r"%arg\d+: tensor<((?:\d+x)*)(\w+)>", main)
    ]


if __name__ == "__main__":
    main()
