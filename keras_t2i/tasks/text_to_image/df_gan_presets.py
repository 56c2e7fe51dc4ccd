"""Presets of DF-GAN (Tao et al. 2022), behind the encoder of No's thesis."""

from dataclasses import replace

from keras_t2i.adversarial.augmentation import Cutout, Translation
from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage
from keras_t2i.adversarial.schedules import Alternating
from keras_t2i.tasks.text_to_image import presets as ours
from keras_t2i.tasks.text_to_image.df_gan_stage import DfGanStage
from keras_t2i.tasks.text_to_image.task import TextToImage


def df_gan() -> TextToImage:
    """The GAN for birds of 256×256, as in the paper but for the encoder.

    Widths, batch and length are those of the authors' settings for CUB: 600 visits of 8,855
    pictures. The players move in turn; weights are not averaged. Their sentence encoder (DAMSM, of
    AttnGAN) is trained with an image encoder of ImageNet; here it is the attentive one.
    """
    gan = DfGanStage(
        pairs=600 * 8855,
        batch_size=24,
        generator_channels=(256, 256, 256, 256, 128, 64, 32),
        discriminator_channels=(32, 64, 128, 256, 256, 256, 256),
        schedule=Alternating(),
        averaging=NoAverage(),
    )
    return TextToImage(name="df-gan", encoder=ours.self_attention_gan().encoder, gan=gan)


def narrow() -> TextToImage:
    """A quarter of the width, 64×64, and what small sets need: for machines without accelerator."""
    like = ours.caption_gan(ours.narrow())
    gan = DfGanStage(
        pairs=like.pairs,
        generator_channels=(64, 64, 32, 16, 8),
        discriminator_channels=(8, 16, 32, 64, 64),
        joint_dim=16,
        standardize=True,
        augmentations=(Translation(), Cutout(0.3)),
        precision="float32",
        interval=like.interval,
        sample_every=like.sample_every,
    )
    return replace(df_gan(), name="df-gan-narrow", gan=gan)


def demo() -> TextToImage:
    """A small DF-GAN for the drawn birds and two cores."""
    like = ours.demo()
    gan = replace(
        _gan(narrow()),
        pairs=60_000,
        batch_size=32,
        augmentations=(),
        averaging=ExponentialAverage(0.995),
        generator_learning_rate=2e-4,
        interval=250,
        sample_every=1000,
    )
    return replace(like, name="df-gan-demo", gan=gan)


def _gan(experiment: TextToImage) -> DfGanStage:
    assert isinstance(experiment.gan, DfGanStage)
    return experiment.gan


PRESETS = {
    "df-gan": df_gan,
    "df-gan-narrow": narrow,
    "df-gan-demo": demo,
}
