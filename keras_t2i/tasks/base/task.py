"""A task: what can be done with a run."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.exporting.loaded import Loaded, NotOffered
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import load_tensorflow, tf
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.plan import tell, unfinished
from keras_t2i.training.run import Run, read_json
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.metrics.inputs import Encode
    from keras_t2i.metrics.subject import Generates, ReadsLabels
    from keras_t2i.pipelines.records import DatasetInfo
    from keras_t2i.tasks.base.options import GenerateOptions
    from keras_t2i.training.tracked_model import TrackedModel

_FACTS = "task.json"


class Task(Loaded, ABC):
    """A run of an experiment, as far as it is trained: the one contract of all commands.

    Drawing, exporting and serving need the run folder alone. Training, and scores against real
    pictures, open the data set.

    Args:
        experiment: The experiment.
        run: Run folder of the experiment.
        data: Folder of the data set; by default the one that the run was started with.
    """

    @property
    def options(self) -> frozenset[str]:
        """Options of `generate` that the task offers, beside those of all (`GenerateOptions`)."""
        return frozenset()

    @property
    @abstractmethod
    def kind(self) -> str:
        """Description of such a run, as messages say it: `a run that draws from captions`."""

    @property
    def scored(self) -> bool:
        """Whether its pictures can be compared with real ones: whether it has a `subject`."""
        return False

    def __init__(self, experiment: Experiment, run: Run, data: Path | None = None) -> None:
        self.experiment, self.run, self._data = experiment, run, data

    def __repr__(self) -> str:
        return f"{self.run.path}, {self.kind},"

    # What it is made of.

    @cached_property
    def info(self) -> "DatasetInfo":
        """Information about the data set, from the run folder alone."""
        return self.run.info

    @property
    def data(self) -> Path:
        """Folder of the data set.

        Raises:
            InputError: The data set's folder is gone.
        """
        folder = self._data or self.run.data
        if folder is None:
            raise InputError(f"{self.run.path} brings no data set along; --data gives one.")
        if not (folder / "dataset.json").exists():
            raise InputError(
                f"{self.run.path}: its data set is not at {folder} any more; --data gives its new "
                "place."
            )
        return folder

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Facts of the data that drawing and exporting need, from the run folder if it has them.

        Raises:
            InputError: An older version wrote the run, and its data set is gone.
        """
        file = self.run.path / _FACTS
        return read_json(file) if file.exists() else self.facts_of_data()

    def remember(self) -> None:
        """Write into the run folder what drawing, exporting and scores without pictures need."""
        write_json(self.run.path / _FACTS, self.facts_of_data())

    def facts_of_data(self) -> dict[str, Any]:
        """Facts of the data that drawing and exporting need, as JSON values, from the data."""
        return {}

    @property
    def learned_by(self) -> frozenset[str]:
        """sha256 of the networks by whose maps its pictures were judged or compared in training."""
        file = self.run.path / _FACTS
        kept = read_json(file) if file.exists() else {}
        return frozenset(kept.get("extractors", {}).values())

    @abstractmethod
    def model_of(self, stage: Stage) -> Any:
        """The untrained model of a stage, of the sizes that this run's data have."""

    def trained(self, stage: Stage) -> Any:
        """The model of a stage as far as it is trained.

        Raises:
            InputError: The run has no checkpoint of it yet.
        """
        load_tensorflow()  # without its chatter, whoever asks first
        # Who asks may be tracing a graph, in which values given to variables would be lost.
        with tf.init_scope():
            return self.restore(self.model_of(stage), stage.name)

    def restore(self, model: Any, stage: str) -> Any:
        """The model with a stage's latest checkpoint in it; the best one of a `--best` run.

        A pretrained model has weights alone in place of checkpoints.

        Raises:
            InputError: The run has none yet.
        """
        from keras_t2i.pipelines.whole_folder import recover
        from keras_t2i.training import checkpoint
        from keras_t2i.training.weights import FILE, load_weights

        folder = self.run.stage(stage) / "checkpoints"
        if self.run.best and stage == self.experiment.stages[-1].name:
            folder = self.run.stage(stage) / "best"
            recover(folder)
            if not folder.exists():
                raise InputError(
                    f"{self.run.path} has no best state: `fit --watch.every` keeps it."
                )
        weights = self.run.stage(stage) / FILE
        if weights.exists() and not folder.exists():
            load_weights(model, weights)
            return model
        if checkpoint.restore(model, folder):
            self._require_end(stage, int(model.step.numpy()))
            if not self.run.best and (line := unfinished(self.run, stage, int(model.step.numpy()))):
                tell(line)
            return model
        if self.run.pretrained:
            raise InputError(f"{weights}: the file is missing.")
        raise InputError(
            f"{self.run.path}: stage `{stage}` has no checkpoint yet; go on with `fit`."
        )

    def _require_end(self, stage: str, step: int) -> None:
        """Refuse an earlier state of a stage that a later one has learned from.

        Raises:
            InputError: The state that the stage ended with is damaged.
        """
        ended = (self.run.summary(stage) or {}).get("steps", step)
        if step < ended and stage != self.experiment.stages[-1].name:
            raise InputError(
                f"{self.run.path}: stage `{stage}` ended at step {ended}, and that state is "
                "damaged; the stages after it do not fit an earlier one. `fit` says what to do."
            )

    # Training.

    @abstractmethod
    def build(self, stage: Stage) -> Training:
        """A stage's training on the data, after the stages before it.

        Args:
            stage: One of the experiment's stages.

        Raises:
            InputError: The data are gone, or do not fit the stage.
        """

    def common(self) -> dict[str, Any]:
        """Inputs that every stage gets; seeds Keras.

        A stage's first weights depend on nothing that the process did before.
        """
        import keras

        keras.utils.set_random_seed(self.experiment.seed)
        return {"seed": self.experiment.seed, "xla": self.experiment.xla}

    def log_image(
        self, stage: str, name: str, picture: Any, step: int, captions: Sequence[str] = ()
    ) -> Path:
        """Keep a picture under the run's samples, as PNG and for TensorBoard; returns the file."""
        import tensorflow as tf

        from keras_t2i.images.grid import save_png

        path = self.run.samples / f"{name}-{step:07d}.png"
        save_png(picture, path)
        writer = tf.summary.create_file_writer(str(self.run.logs(stage)), filename_suffix=".images")
        with writer.as_default(step):
            tf.summary.image(name, np.asarray(picture)[None])
            if captions:
                tf.summary.text("captions", list(captions))
        writer.close()
        return path

    def within(self, path: Path) -> str:
        """A file's place in the run folder, for a summary."""
        return str(path.relative_to(self.run.path))

    # What commands ask.

    @property
    def example(self) -> str | None:
        """Words of `generate` that draw something with this run; `None` where nothing can be."""
        return None

    @property
    def beside(self) -> tuple[str, ...]:
        """Suffixes of the files that `generate` writes beside each picture (`grid.BESIDE`)."""
        return ()

    def names(self, options: "GenerateOptions") -> list[str]:
        """Names of the pictures that `render` draws, without suffix, in its order."""
        return options.names

    def render(self, options: "GenerateOptions") -> "list[Image.Image]":
        """Draw for the options of `generate`, which are checked already.

        Raises:
            InputError: An option that this run does not offer.
        """
        raise self.refusal("generate")

    def subject(self, model: "TrackedModel | None" = None) -> "Generates":
        """The trained generator, which scores judge.

        Args:
            model: The last stage's model while it trains, in place of its checkpoint.

        Raises:
            NotOffered: The task draws no pictures that could be compared with real ones.
        """
        raise NotOffered(f"{self!r} draws no pictures that scores could compare with real ones.")

    @property
    def text_encoder(self) -> "Encode | None":
        """Captions to embeddings, by the encoder that pictures are drawn with, if there is one."""
        return None

    def classifier(self) -> "ReadsLabels":
        """The network that reads labels in pictures, and so can judge them.

        Raises:
            InputError: The task reads none.
        """
        raise InputError(
            f"{self!r} does not read labels in pictures; `python -m keras_t2i.fit "
            "label-classifier` trains a run that does."
        )

    @abstractmethod
    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model, ready to be written."""

    @abstractmethod
    def example_inputs(self) -> dict[str, Any]:
        """A value for each named input of the signatures that is no plain number or vector.

        Texts as they are; pictures as PNG bytes. Warm-up requests are made of them.
        """

    def save_pretrained(self, out: Path | str, *, overwrite: bool = False) -> Path:
        """Write what the run draws with into a small folder that `load` opens (`hub.saving`).

        Raises:
            InputError: A stage is not trained yet, or the folder is in use.
        """
        from keras_t2i.hub.saving import save_pretrained

        return save_pretrained(self, out, overwrite=overwrite)

    def push_to_hub(self, repo: str, *, private: bool = False) -> str:
        """Upload the run to the Hugging Face Hub, for `load("hf://owner/name")`.

        Args:
            repo: Repository on the hub, `owner/name`.
            private: Whether a new repository is private.

        Raises:
            InputError: huggingface_hub is missing, not logged in, or refuses.
        """
        from keras_t2i.hub.huggingface import push_to_hub

        return push_to_hub(self, repo, private=private)

    def export(self, out: Path | str, notes: Mapping[str, Any] | None = None) -> Path:
        """Write the model as the next version of a SavedModel below a folder; returns it.

        Args:
            out: Folder of the model's versions, or its address; then the folder returned is that of
                the version here, which was sent.
            notes: Further fields of the model card.

        Raises:
            InputError: The run is not trained far enough, or `out` is a file.
        """
        from keras_t2i.exporting.model_card import model_card
        from keras_t2i.exporting.sent import models_at
        from keras_t2i.exporting.version import check_folder, write_version

        check_folder(Path(out))
        archive, subject = self.archive(), self.subject() if self.scored else None
        card = {**model_card(self.run, subject), **(notes or {})}
        with models_at(Path(out)) as models:
            return write_version(models, archive, self.example_inputs(), card)
