"""Stage one with a sentence encoder that others made: it is given, not trained."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from keras_t2i.components.registry import component
from keras_t2i.metrics.programs import tell_of_program
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.sentence_stage import EncoderGiven, SentenceStage
from keras_t2i.text.frozen.files import is_saved_model, open_model, require
from keras_t2i.text.frozen.kept import FOLDER, keep, kept_encoder
from keras_t2i.text.specs import TokenizerSpec, Whole
from keras_t2i.training.stage import Training

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo
    from keras_t2i.text.frozen.frozen_encoder import FrozenEncoder
    from keras_t2i.text.frozen.sentence_model import SentenceModel

_OPTION = "--encoder.path"
_FEATURES = "features"


@component
class FrozenEncoderStage(SentenceStage):
    """Takes a sentence encoder from a file, for words that the training captions never had.

    Nothing is trained: each training caption is read once, and the embeddings' coordinates are
    fitted (`text.frozen.frozen_encoder`). The run keeps a copy of the file.

    Args:
        path: File of the encoder (.keras, .onnx) or folder of its SavedModel. It takes captions as
            strings, or the numbers of tokens by the file tokenizer.json beside it.
        embedding_dim: Width of the sentence embedding, at most that of the given encoder's.
    """

    path: str = ""
    embedding_dim: int = 128

    kept: ClassVar[tuple[str, ...]] = (FOLDER,)
    attends: ClassVar[bool] = False  # a caption is its only token

    @property
    def tokenizer(self) -> TokenizerSpec:  # type: ignore[override]  # no field: it cannot be chosen
        """Captions as they are."""
        return Whole()

    @property
    def given_files(self) -> tuple[str, ...]:
        """The encoder's path."""
        return (self.path,)

    def check(self) -> None:
        """Refuse a path at which no encoder lies."""
        if not self.path:
            raise InputError(
                f"{type(self).__name__} needs a sentence encoder, by {_OPTION} FILE: a .keras or "
                ".onnx file, or the folder of a SavedModel."
            )
        if "://" in self.path:
            raise InputError(f"{_OPTION} {self.path}: must be on this machine, not an address.")
        require(Path(self.path), _OPTION)

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse data without captions, and what turns out to be no encoder or too narrow."""
        super().check_data(info)
        width = _opened(Path(self.path)).width
        if self.embedding_dim > width:
            raise InputError(
                f"--encoder.embedding-dim must be at most {width}, the width of the embeddings of "
                f"{self.path}. Received: {self.embedding_dim}."
            )

    def begin_in(self, run: Path) -> None:
        """Copy the encoder into the run, or refuse files other than those of the copy."""
        keep(Path(self.path), run / self.name)

    def model_in(self, run: Path, classes: int) -> "FrozenEncoder":
        """The run's copy, with coordinates that are not fitted yet."""
        from keras_t2i.text.frozen.frozen_encoder import FrozenEncoder

        return FrozenEncoder(_opened(kept_encoder(run / self.name)), self.embedding_dim)

    def build(self, given: EncoderGiven) -> Training:
        """The stage, done: of no step. All captions are read here, once a run."""
        import tensorflow as tf

        from keras_t2i.images.batches import in_batches
        from keras_t2i.tasks.text_to_image.embedding_file import computed_rows, files, kept_rows

        model, captions = self.model_in(given.run, given.classes), given.split.captions
        folder = given.run / self.name
        features = kept_rows(folder, _FEATURES)
        if features is None:
            features = computed_rows(
                folder,
                (len(captions), model.features_dim),
                lambda rows: in_batches(model.features, captions[rows]),
                _FEATURES,
            )
        try:
            share = model.fit_axes(features)
        except ValueError as error:
            raise InputError(f"{_OPTION} {self.path}: {error}.") from error

        def finish() -> dict[str, Any]:
            computed_rows(
                folder,
                (len(captions), self.embedding_dim),
                lambda rows: in_batches(model.projected, features[rows]),
            )
            for name in files(_FEATURES):
                (folder / name).unlink(missing_ok=True)
            return {"kept_variance": round(share, 4), **given.finish(model)}

        return Training(
            model=model,
            dataset=lambda step, **options: tf.data.Dataset.from_tensors({"step": [step]}).repeat(),
            steps=0,
            interval=1,
            epoch=1,
            rows_per_step=len(captions),
            checkpoint_minutes=1.0,
            finish=finish,
        )


def _opened(path: Path) -> "SentenceModel":
    if is_saved_model(path):
        tell_of_program(path)
    return open_model(path, _OPTION)
