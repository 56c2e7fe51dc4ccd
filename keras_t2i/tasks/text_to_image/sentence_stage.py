"""Contract of stage one: captions to embeddings."""

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from keras_t2i.pipelines.requirements import require_captions
from keras_t2i.text.specs import TokenizerSpec
from keras_t2i.training.stage import Given, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    import tensorflow as tf

    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.text.sentence_encoder import SentenceEncoder
    from keras_t2i.text.tokenizer import Tokenizer


@dataclass(frozen=True, kw_only=True)
class EncoderGiven(Given):
    """Training data of a sentence encoder.

    Args:
        split: The training pictures with their captions.
        tokenizer: The tokenizer, learned.
        classes: Number of classes that it distinguishes.
        run: The run folder, for what is computed once.
    """

    split: "Split"
    tokenizer: "Tokenizer"
    classes: int
    run: Path


class SentenceStage(Stage):
    """A stage whose result is a sentence encoder.

    Attributes:
        tokenizer: Tokenizer of the captions.
        embedding_dim: Width of the sentence embedding.
        attends: Whether the encoder weights words, so that its attention can be shown.
    """

    tokenizer: TokenizerSpec
    embedding_dim: int

    name = "encoder"
    attends: ClassVar[bool] = True

    @abstractmethod
    def model_in(self, run: Path, classes: int) -> Any:
        """The encoder, or what is trained with it, untrained, of the sizes of a run.

        Args:
            run: The run folder.
            classes: Width of the head that tells classes.

        Raises:
            InputError: The run lacks what the model is made of.
        """

    def begin_in(self, run: Path) -> None:
        """Give a run what the stage needs there, or check that it is what the run began with.

        Args:
            run: The run folder.

        Raises:
            InputError: The run began with something else.
        """
        return None

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse data without captions."""
        require_captions(info)

    def suited_to(self, info: "DatasetInfo") -> "SentenceStage":
        """The stage for some data: itself.

        Args:
            info: Description of the data set.
        """
        return self

    def classes_in(self, info: "DatasetInfo") -> int:
        """Width of the head that tells classes.

        Args:
            info: Description of the data set.
        """
        return max(1, len(info.classes))

    @property
    def sees_pictures(self) -> bool:
        """Whether the stage also trains an image encoder."""
        return False

    def reader_of(self, model: Any) -> "Callable[[tf.Tensor], tf.Tensor] | None":
        """Function from pictures to embeddings like the captions', if one is trained; here none."""
        return None

    def encoder_of(self, model: Any) -> "SentenceEncoder":
        """The sentence encoder in what the stage trains: here the model itself."""
        return model
