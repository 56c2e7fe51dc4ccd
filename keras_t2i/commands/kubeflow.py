"""`kubeflow`: prepare, fit, evaluate and push as a Kubeflow pipeline."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.writable import require_file


@dataclass(frozen=True)
class Arguments:
    """Write the steps of `deliver` as a pipeline that Kubeflow Pipelines runs.

    The pipeline's parameters are those of `deliver`, and the folder of the model's versions.

    Args:
        out: File for the pipeline, .yaml.
        image: Container image of all steps, with keras-t2i[kubeflow] in it.
    """

    out: Annotated[Path, tyro.conf.Positional]
    image: str


def main() -> None:
    """Parse the command line and write the pipeline."""
    arguments = tyro.cli(Arguments, prog="python -m keras_t2i.kubeflow")
    print(compiled(arguments.image, arguments.out))


def compiled(image: str, out: Path) -> Path:
    """Write the pipeline; returns its file.

    Args:
        image: Container image of all steps.
        out: The file, .yaml.

    Raises:
        InputError: Another suffix, a place that cannot be written, or kfp is not installed.
    """
    if out.suffix not in (".yaml", ".yml"):
        raise InputError(f"{out}: the file of a pipeline must end in .yaml.")
    require_file(out, "The pipeline")
    try:
        from kfp import compiler

        from keras_t2i.commands.kubeflow_pipeline import delivery
    except ModuleNotFoundError as error:
        if error.name != "kfp":
            raise
        raise InputError(
            "Kubeflow pipelines need the package kfp: pip install 'keras-t2i[kubeflow]'."
        ) from error
    from keras_t2i.pipelines.whole_file import whole_file

    with whole_file(out) as partial:
        compiler.Compiler().compile(delivery(image), str(partial))
    return out
