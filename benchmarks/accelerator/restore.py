"""Take what `train.py` brought back into the run: it then draws, is measured, exported and served.

python benchmarks/accelerator/restore.py RUN trained
"""

import argparse
import json
from pathlib import Path

import numpy as np

import keras_t2i
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.tasks.text_to_image.task import TextToImageTask
from keras_t2i.training.weights import FILE, save_weights


def main() -> None:
    """Restore the GAN and draw its sample grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("trained", type=Path)
    arguments = parser.parse_args()
    task = keras_t2i.load(arguments.run)
    assert isinstance(task, TextToImageTask), "a run of captions"
    restore(task, arguments.trained)


def restore(task: TextToImageTask, trained: Path) -> None:
    """Write the GAN's weights and summary into the run.

    Args:
        task: The run that was lowered; its GAN must have no checkpoint here.
        trained: Folder that `train.py` wrote.
    """
    stage = task.experiment.gan
    folder = task.run.stage(stage.name)
    if (folder / "checkpoints").exists():
        raise SystemExit(f"{folder} has checkpoints of its own; they would be taken first.")
    embeddings = task.embeddings()
    gan = stage.model(embeddings.shape[1], embeddings, task.experiment.seed)
    with np.load(trained / "average.npz") as held:
        for i, variable in enumerate(gan.average.variables):
            variable.assign(held[str(i)].astype("float32"))
    last = json.loads((trained / "log.jsonl").read_text().splitlines()[-1])
    gan.step.assign(last["step"])
    folder.mkdir(exist_ok=True)
    save_weights(gan, folder / FILE)
    facts = {"steps": last["step"], "rows": last["step"] * stage.rows, "trained": "accelerator"}
    write_json(folder / "summary.json", facts | task.finish_samples(gan))


if __name__ == "__main__":
    main()
