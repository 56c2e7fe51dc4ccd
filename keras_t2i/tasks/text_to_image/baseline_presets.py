"""Baseline of No's thesis: plain BiLSTM encoder, GAN-CLS with INT (Reed et al. 2016)."""

from dataclasses import replace

from keras_t2i.adversarial.averaging import NoAverage
from keras_t2i.adversarial.latents import Gaussian
from keras_t2i.adversarial.schedules import Alternating
from keras_t2i.networks.layers.condition_specs import CompressedCondition
from keras_t2i.networks.layers.enlarging_specs import Enlarged
from keras_t2i.networks.layers.text_map_specs import ReplicatedText
from keras_t2i.tasks.text_to_image import presets as ours
from keras_t2i.tasks.text_to_image.gan_stage import CaptionGanStage
from keras_t2i.tasks.text_to_image.joint_encoder_stage import JointEncoderStage
from keras_t2i.tasks.text_to_image.task import TextToImage
from keras_t2i.tasks.text_to_image.terms import Interpolation
from keras_t2i.text.specs import CharacterRecurrent, Recurrent


def gan_int_cls() -> TextToImage:
    """Everything as in `self-attention-gan` but the encoder, and INT in the generator's loss."""
    return _baseline(ours.self_attention_gan(), "gan-int-cls", Recurrent())


def literal() -> TextToImage:
    """GAN-INT-CLS as in its paper (Reed et al. 2016, 4 and 5), behind its authors' encoder.

    Embeddings are compressed to 128 in both networks; the players move in turn (algorithm 1);
    widths are those of the authors' code, as are random crop and mirror image and the length: 600
    visits of 8,855 pictures. That code has more: residual blocks, BatchNorm of the discriminator's
    compressed text, the mean of four captions, and a rate that halves every 100 epochs. The encoder
    differs as `CharacterEncoder` and `JointEncoderStage` say.
    """
    return TextToImage(
        name="gan-int-cls-literal",
        encoder=JointEncoderStage(),
        gan=CaptionGanStage(
            pairs=600 * 8855,
            generator_channels=(1024, 512, 256, 128),
            picture=Enlarged(),
            joint_dim=512,
            joint_normalized=True,
            text_map=ReplicatedText(),
            latent=Gaussian(),
            condition=CompressedCondition(128),
            generator_terms=(Interpolation(),),
            schedule=Alternating(),
            averaging=NoAverage(),
        ),
    )


def narrow() -> TextToImage:
    """A quarter of the width."""
    return _baseline(ours.narrow(), "gan-int-cls-narrow", Recurrent())


def demo() -> TextToImage:
    """A small GAN for the drawn birds and two cores."""
    return _baseline(ours.demo(), "gan-int-cls-demo", Recurrent(word_dim=64, units=64))


def characters() -> TextToImage:
    """The baseline with its authors' encoder: char-CNN-RNN, the structured joint objective."""
    experiment = gan_int_cls()
    return replace(experiment, name="gan-int-cls-characters", encoder=JointEncoderStage())


def characters_narrow() -> TextToImage:
    """A quarter of the width, of the encoder too; more epochs, for small sets have few pictures."""
    stage = JointEncoderStage(
        encoder=CharacterRecurrent((96, 128, 128)),
        image_channels=(16, 32, 64, 128),
        embedding_dim=256,
        epochs=1500,
    )
    return replace(narrow(), name="gan-int-cls-characters-narrow", encoder=stage)


def characters_demo() -> TextToImage:
    """A small GAN for the drawn birds and two cores."""
    stage = JointEncoderStage(
        encoder=CharacterRecurrent((32, 64, 64)),
        image_channels=(16, 32, 64),
        embedding_dim=64,
        learning_rate=2e-3,
        epochs=120,
    )
    return replace(demo(), name="gan-int-cls-characters-demo", encoder=stage)


def _baseline(experiment: TextToImage, name: str, encoder: Recurrent) -> TextToImage:
    terms = (*experiment.gan.generator_terms, Interpolation())
    return replace(
        experiment,
        name=name,
        encoder=replace(ours.trained_encoder(experiment), encoder=encoder),
        gan=replace(experiment.gan, generator_terms=terms),
    )


PRESETS = {
    "gan-int-cls": gan_int_cls,
    "gan-int-cls-literal": literal,
    "gan-int-cls-narrow": narrow,
    "gan-int-cls-demo": demo,
    "gan-int-cls-characters": characters,
    "gan-int-cls-characters-narrow": characters_narrow,
    "gan-int-cls-characters-demo": characters_demo,
}
