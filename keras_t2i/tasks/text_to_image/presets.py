"""Presets of No's thesis (Chosun University): attentive encoder, GAN-CLS."""

from dataclasses import replace

from keras_t2i.adversarial.augmentation import Cutout, Translation
from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage
from keras_t2i.adversarial.latents import Gaussian
from keras_t2i.adversarial.penalties import R1
from keras_t2i.networks.layers.condition_specs import AugmentedCondition, PlainCondition
from keras_t2i.networks.layers.enlarging_specs import Resized
from keras_t2i.tasks.text_to_image.encoder_stage import EncoderStage
from keras_t2i.tasks.text_to_image.gan_stage import CaptionGanStage
from keras_t2i.tasks.text_to_image.joint_encoder_stage import JointEncoderStage
from keras_t2i.tasks.text_to_image.task import TextToImage
from keras_t2i.tasks.text_to_image.terms import ConditioningDivergence
from keras_t2i.text.specs import Attentive, EncoderSpec, Recurrent, Transformer, Words
from keras_t2i.training.data_augmentation import NO_AUGMENTATION

_THESIS_VOCABULARY = 1029  # <start> and <end> included


def literal() -> TextToImage:
    """The recipe as in No's thesis: [z ; e] into the generator, a linear score, nothing added.

    The vocabulary has its size there. Weights are not averaged, and pictures neither cropped at
    random nor mirrored. Both players move at once.
    """
    return TextToImage(
        name="self-attention-gan-literal",
        encoder=EncoderStage(tokenizer=Words(limit=_THESIS_VOCABULARY)),
        gan=CaptionGanStage(averaging=NoAverage(), data_augmentation=NO_AUGMENTATION),
    )


def self_attention_gan() -> TextToImage:
    """The networks of No's thesis at their sizes, changed so that noise and captions both matter.

    Additions to No's thesis: the joint layer of Reed et al. 2016 in the discriminator, without
    which its score cannot tell a mismatch; conditioning augmentation and scaled embeddings, without
    which the generator ignores the noise; differentiable augmentation, without which a
    discriminator learns a small set by heart; averaged weights; pictures cropped and mirrored at
    random; a vocabulary of all words.
    """
    return TextToImage(
        name="self-attention-gan",
        gan=CaptionGanStage(
            joint_dim=512,
            latent=Gaussian(),
            condition=AugmentedCondition(32),
            generator_terms=(ConditioningDivergence(0.02),),
            standardize=True,
            augmentations=(Translation(), Cutout(0.3)),
        ),
    )


def narrow() -> TextToImage:
    """A quarter of the width: for small sets and machines without an accelerator."""
    experiment = self_attention_gan()
    return replace(
        experiment, name="self-attention-gan-narrow", gan=quarter(caption_gan(experiment))
    )


def recurrent() -> TextToImage:
    """The same GAN behind a plain bidirectional LSTM: what self-attention is measured against."""
    return _behind(self_attention_gan(), "bilstm-gan", Recurrent())


def recurrent_narrow() -> TextToImage:
    """The plain bidirectional LSTM with the GAN at a quarter of the width."""
    return _behind(narrow(), "bilstm-gan-narrow", Recurrent())


def recurrent_demo() -> TextToImage:
    """A small GAN for the drawn birds and two cores."""
    return _behind(demo(), "bilstm-gan-demo", Recurrent(word_dim=64, units=64))


def transformer() -> TextToImage:
    """The same GAN behind a Transformer encoder of the width in No's thesis (chapter II)."""
    return _behind(self_attention_gan(), "transformer-gan", Transformer())


def transformer_narrow() -> TextToImage:
    """The Transformer preset with its GAN at a quarter of the width."""
    experiment = transformer()
    gan = quarter(caption_gan(experiment))
    return replace(experiment, name="transformer-gan-narrow", gan=gan)


def transformer_demo() -> TextToImage:
    """A small GAN for the drawn birds and two cores."""
    small = Transformer(width=64, heads=4, layers=2, feed_forward=128)
    return _behind(demo(), "transformer-gan-demo", small)


def demo() -> TextToImage:
    """A small GAN for the drawn birds and two cores."""
    experiment = narrow()
    return replace(
        experiment,
        name="self-attention-gan-demo",
        encoder=demo_encoder(trained_encoder(experiment)),
        gan=demo_gan(caption_gan(experiment)),
    )


def small_birds() -> TextToImage:
    """The default: drawn birds of 32×32, for the most that two cores give in minutes.

    Pictures of half the side cost a quarter, so a GAN sees more of them in the same time. The
    encoder learns what tells a picture from all others and to recall the words; mismatched captions
    are those of any other picture; enlarging leaves no dots. A critic that R1 keeps flat, without
    BatchNorm, leaves the generator room to draw a caption in several poses.
    docs/tasks/text_to_image.md has what was tried.
    """
    experiment = demo()
    encoder = JointEncoderStage(
        tokenizer=Words(26),
        encoder=Attentive(word_dim=64, units=64, heads=4, attention_units=64),
        image_channels=(16, 32, 64),
        by_picture=True,
        word_weight=0.01,
        embedding_dim=64,
        batch_size=64,
        learning_rate=2e-3,
        epochs=60,
        precision="float32",
    )
    gan = replace(
        caption_gan(experiment),
        pairs=100_000,
        batch_size=16,
        generator_channels=(160, 96, 48, 24),
        discriminator_channels=(24, 64, 128),
        enlarging=Resized(),
        condition=PlainCondition(),
        generator_terms=(),
        mismatched_by_picture=True,
        critic_normalized=False,
        critic_terms=(R1(1.0),),
        beta_1=0.0,
    )
    return replace(experiment, name="small-birds", encoder=encoder, gan=gan)


def _behind(experiment: TextToImage, name: str, encoder: EncoderSpec) -> TextToImage:
    """An experiment with another encoder and all else as it is."""
    stage = replace(trained_encoder(experiment), encoder=encoder)
    return replace(experiment, name=name, encoder=stage)


def trained_encoder(experiment: TextToImage) -> EncoderStage:
    """The encoder's stage of an experiment that trains one."""
    assert isinstance(experiment.encoder, EncoderStage)
    return experiment.encoder


def caption_gan(experiment: TextToImage) -> CaptionGanStage:
    """The GAN's stage of an experiment of one stage of pictures."""
    assert isinstance(experiment.gan, CaptionGanStage)
    return experiment.gan


def quarter(gan: CaptionGanStage) -> CaptionGanStage:
    """The GAN at a quarter of the width, for 1.5 million pairs."""
    return replace(
        gan,
        pairs=1_500_000,
        generator_channels=(192, 96, 48, 24, 12),
        discriminator_channels=(16, 32, 64, 128),
        text_dim=32,
        joint_dim=min(gan.joint_dim, 128),
        precision="float32",  # faster than bfloat16 at these widths on two CPU cores
        interval=200,
        sample_every=2000,
    )


def demo_encoder(encoder: EncoderStage) -> EncoderStage:
    """The encoder at demo size."""
    return replace(
        encoder,
        tokenizer=Words(26),
        encoder=Attentive(word_dim=64, units=64, heads=4, attention_units=64),
        embedding_dim=64,
        batch_size=128,
        learning_rate=2e-3,
        epochs=4,
    )


def demo_gan(gan: CaptionGanStage) -> CaptionGanStage:
    """The GAN at demo size.

    Drawn birds are many and simple: no need of augmentation, and of few channels. A wider and
    sharper condition than the narrow one's, for their colours.
    """
    return replace(
        gan,
        pairs=112_000,
        batch_size=32,
        generator_channels=(128, 64, 32, 16, 16),
        text_dim=64,
        joint_dim=64,
        condition=AugmentedCondition(64),
        generator_terms=(ConditioningDivergence(0.01),),
        augmentations=(),
        averaging=ExponentialAverage(0.995),
        generator_learning_rate=5e-4,
        discriminator_learning_rate=5e-4,
        interval=250,
        sample_every=1000,
    )


PRESETS = {
    "small-birds": small_birds,
    "self-attention-gan": self_attention_gan,
    "self-attention-gan-literal": literal,
    "self-attention-gan-narrow": narrow,
    "self-attention-gan-demo": demo,
    "bilstm-gan": recurrent,
    "bilstm-gan-narrow": recurrent_narrow,
    "bilstm-gan-demo": recurrent_demo,
    "transformer-gan": transformer,
    "transformer-gan-narrow": transformer_narrow,
    "transformer-gan-demo": transformer_demo,
}
