"""Embeddings for TensorBoard's projector."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tensorboard.plugins import projector

from keras_t2i.pipelines.whole_file import whole_file, write_text


def write_projector(
    directory: Path, embeddings: np.ndarray, captions: Sequence[str], classes: Sequence[str]
) -> None:
    """Write embeddings and what they stand for where TensorBoard finds them.

    Args:
        directory: A folder of logs.
        embeddings: Embeddings, float (N, E).
        captions: Texts of the N rows.
        classes: Names of the N rows' classes.
    """
    with whole_file(directory / "embeddings.tsv") as partial:
        np.savetxt(partial, embeddings, fmt="%.5g", delimiter="\t")
    rows = [f"{' '.join(c.split())}\t{k}" for c, k in zip(captions, classes, strict=True)]
    write_text(directory / "captions.tsv", "\n".join(["caption\tclass", *rows]) + "\n")
    config = projector.ProjectorConfig()
    shown = config.embeddings.add()
    shown.tensor_name, shown.tensor_path = "captions", "embeddings.tsv"
    shown.metadata_path = "captions.tsv"
    projector.visualize_embeddings(str(directory), config)
