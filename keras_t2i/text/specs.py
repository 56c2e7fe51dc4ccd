"""Tokenizers and encoders as data, for experiments."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keras_t2i.components.bounds import FromZero, Share
from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError

if TYPE_CHECKING:
    from keras_t2i.text.encoder import TextEncoder
    from keras_t2i.text.tokenizer import Tokenizer


class TokenizerSpec(ABC):
    """A tokenizer of captions; each is a component with the field `length`, tokens per caption."""

    length: int

    @abstractmethod
    def learn(self, captions: Sequence[str]) -> "Tokenizer":
        """The tokenizer of these captions' vocabulary."""

    @abstractmethod
    def load(self, directory: Path) -> "Tokenizer":
        """The tokenizer of a run folder."""

    def is_learned(self, directory: Path) -> bool:
        """Whether a run folder has the tokenizer, and it is what was written."""
        from keras_t2i.text.tokenizer import is_whole

        return is_whole(directory)


class EncoderSpec(ABC):
    """A sentence encoder's network; each is a component."""

    @property
    def state_dim(self) -> int:
        """Width W of the state that the encoder gives of each word; 0 where it gives none.

        An encoder that gives states is a `keras_t2i.text.word_encoder.WordEncoder`.
        """
        return 0

    @abstractmethod
    def build(self, **common: int) -> "TextEncoder":
        """The encoder, untrained.

        Args:
            **common: Arguments of every encoder: `vocabulary_size`, `length`, `classes`,
                `embedding_dim` (`keras_t2i.text.encoder.TextEncoder`).
        """


@component
class Words(TokenizerSpec):
    """Lower-case words as tokens.

    Args:
        length: Number of tokens per caption, `<start>` and `<end>` included; longer captions are
            cut.
        limit: Size of the vocabulary at most, `<start>` and `<end>` included: the most frequent
            words, at least 3 tokens in all. The rest is unknown. 0 is without limit.
    """

    length: int = 32
    limit: FromZero = 0

    def learn(self, captions: Sequence[str]) -> "Tokenizer":
        """The tokenizer of these captions' vocabulary."""
        from keras_t2i.text.words import WordTokenizer

        return WordTokenizer.learn(captions, self.length, self.limit)

    def load(self, directory: Path) -> "Tokenizer":
        """The tokenizer of a run folder."""
        from keras_t2i.text.words import WordTokenizer

        return WordTokenizer.load(directory, self.length)


@component
class WordPieces(TokenizerSpec):
    """Pieces of words, for open vocabularies and for Korean.

    Args:
        length: Number of tokens per caption, frame included; longer captions are cut.
        size: Approximate number of pieces to learn.
    """

    length: int = 48
    size: int = 4000

    def learn(self, captions: Sequence[str]) -> "Tokenizer":
        """The tokenizer of pieces learned from these captions."""
        from keras_t2i.text.wordpieces import WordPieceTokenizer

        return WordPieceTokenizer.learn(captions, self.length, self.size)

    def load(self, directory: Path) -> "Tokenizer":
        """The tokenizer of a run folder."""
        from keras_t2i.text.wordpieces import WordPieceTokenizer

        return WordPieceTokenizer.load(directory, self.length)


@component
class Characters(TokenizerSpec):
    """Letters, digits and signs; see `text.characters`.

    Args:
        length: Number of tokens per caption, frame included; longer captions are cut.
    """

    length: int = 201

    def learn(self, captions: Sequence[str]) -> "Tokenizer":
        """The tokenizer of the alphabet."""
        from keras_t2i.text.characters import CharacterTokenizer

        return CharacterTokenizer.learn(captions, self.length)

    def load(self, directory: Path) -> "Tokenizer":
        """The tokenizer of a run folder."""
        from keras_t2i.text.characters import CharacterTokenizer

        return CharacterTokenizer.load(directory, self.length)


class Whole(TokenizerSpec):
    """Captions as they are, for encoders that were given; nothing is learned.

    No component: an encoder that is trained here cannot read them.
    """

    length = 3

    def learn(self, captions: Sequence[str]) -> "Tokenizer":
        """The tokenizer, whatever the captions."""
        from keras_t2i.text.frozen.whole_captions import WholeCaptions

        return WholeCaptions()

    def load(self, directory: Path) -> "Tokenizer":
        """The tokenizer, whatever the folder."""
        return self.learn(())

    def is_learned(self, directory: Path) -> bool:
        """Always."""
        return True


@component
class Attentive(EncoderSpec):
    """BiLSTM with structured self-attention; see `text.attentive.AttentiveEncoder`.

    Args:
        word_dim: Width of a word embedding.
        units: Number u of LSTM units per direction.
        heads: Number r of attention heads.
        attention_units: Hidden width d_a of the attention.
        penalty_weight: Factor β of the penalty on the attention.
    """

    word_dim: int = 512
    units: int = 512
    heads: int = 4
    attention_units: int = 350
    penalty_weight: float = 1e-2

    @property
    def state_dim(self) -> int:
        """Width W of the state of a word: that of both directions."""
        return 2 * self.units

    def build(self, **common: int) -> "TextEncoder":
        """The encoder; `common` is what every encoder takes."""
        from keras_t2i.text.attentive import AttentiveEncoder

        return AttentiveEncoder(
            word_dim=self.word_dim,
            units=self.units,
            heads=self.heads,
            attention_units=self.attention_units,
            penalty_weight=self.penalty_weight,
            **common,
        )


@component
class Recurrent(EncoderSpec):
    """Plain BiLSTM; see `text.recurrent.RecurrentEncoder`.

    Args:
        word_dim: Width of a word embedding.
        units: Number of LSTM units per direction.
    """

    word_dim: int = 512
    units: int = 512

    @property
    def state_dim(self) -> int:
        """Width W of the state of a word: that of both directions."""
        return 2 * self.units

    def build(self, **common: int) -> "TextEncoder":
        """The encoder; `common` is what every encoder takes."""
        from keras_t2i.text.recurrent import RecurrentEncoder

        return RecurrentEncoder(word_dim=self.word_dim, units=self.units, **common)


@component
class Transformer(EncoderSpec):
    """Transformer; see `text.transformer.TransformerEncoder`.

    Args:
        width: Width of the states.
        heads: Number of attention heads.
        layers: Number of blocks.
        feed_forward: Hidden width of a block's feed-forward part.
        dropout: Share of values dropped in training, in [0, 1).
    """

    width: int = 512
    heads: int = 8
    layers: int = 2
    feed_forward: int = 1024
    dropout: Share = 0.1

    @property
    def state_dim(self) -> int:
        """Width W of the state of a word."""
        return self.width

    def build(self, **common: int) -> "TextEncoder":
        """The encoder; `common` is what every encoder takes."""
        from keras_t2i.text.transformer import TransformerEncoder

        if self.width % self.heads or self.width % 2:
            raise InputError(
                "A Transformer's width must be even and a multiple of its heads. "
                f"Received: width {self.width}, heads {self.heads}."
            )
        return TransformerEncoder(
            width=self.width,
            heads=self.heads,
            layers=self.layers,
            feed_forward=self.feed_forward,
            dropout=self.dropout,
            **common,
        )


@component
class CharacterRecurrent(EncoderSpec):
    """char-CNN-RNN; see `text.characters.CharacterEncoder`. Goes with `Characters`.

    Args:
        widths: Channels of the convolutions.
    """

    widths: tuple[int, ...] = (384, 512, 512)

    def build(self, **common: int) -> "TextEncoder":
        """The encoder; `common` is what every encoder takes.

        Its hidden layer is no bottleneck before a wide embedding.
        """
        from keras_t2i.text.characters import CharacterEncoder

        hidden = max(256, common["embedding_dim"])
        return CharacterEncoder(widths=self.widths, hidden_dim=hidden, **common)
