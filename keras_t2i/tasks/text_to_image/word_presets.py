"""Presets of GANs whose generator looks at the words that the encoder of No's thesis reads."""

from dataclasses import replace

from keras_t2i.adversarial.augmentation import Cutout, Translation
from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.tasks.text_to_image import presets as ours
from keras_t2i.tasks.text_to_image.word_stage import WordGanStage
from keras_t2i.tasks.text_to_image.word_task import WordsToImage


def word_attention_gan() -> WordsToImage:
    """Words and sentence condition a residual generator of 64×64; the critic is matching-aware.

    Parts of other papers between the encoder and the critic of No's thesis: modulation by
    [z ; sentence] (DF-GAN, Tao et al. 2022), attention to the words' states at 16×16 and 32×32 (in
    the manner of AttnGAN, Xu et al. 2018), differentiable augmentation (Zhao et al. 2020). A
    critic without BatchNorm by a relativistic loss with R1 and R2 (R3GAN, Huang et al. 2024) was
    measured too, and drew worse pictures: docs/tasks/text_to_image.md.
    """
    gan = WordGanStage(augmentations=(Translation(), Cutout(0.3)))
    return WordsToImage(
        name="word-attention-gan", encoder=ours.trained_encoder(ours.self_attention_gan()), gan=gan
    )


def larger_128() -> WordsToImage:
    """`word-attention-gan` for pictures of 128×128: one more doubling."""
    return _wider(word_attention_gan(), "word-attention-gan-128", generator=(16,), critic=(512,))


def larger_256() -> WordsToImage:
    """`word-attention-gan` for pictures of 256×256: two more doublings."""
    made = _wider(
        word_attention_gan(), "word-attention-gan-256", generator=(32, 16), critic=(512, 512)
    )
    return replace(made, gan=replace(made.gan, batch_size=24))


def narrow() -> WordsToImage:
    """A quarter of the width, and cheap layers where pictures are large: for two CPU cores."""
    like = ours.caption_gan(ours.narrow())
    experiment = word_attention_gan()
    gan = replace(
        experiment.gan,
        pairs=like.pairs,
        generator_channels=(128, 64, 32, 24, 12),
        modulated=2,
        attention_sides=(16,),
        attention_dim=32,
        discriminator_channels=like.discriminator_channels,
        text_dim=like.text_dim,
        joint_dim=like.joint_dim,
        interval=like.interval,
        sample_every=like.sample_every,
    )
    return replace(experiment, name="word-attention-gan-narrow", gan=gan)


def demo() -> WordsToImage:
    """A small GAN for the drawn birds and two cores."""
    like = ours.demo()
    gan = replace(
        narrow().gan,
        pairs=60_000,
        batch_size=32,
        text_dim=64,
        joint_dim=64,
        augmentations=(),
        averaging=ExponentialAverage(0.995),
        generator_learning_rate=5e-4,
        discriminator_learning_rate=5e-4,
        interval=250,
        sample_every=1000,
    )
    return WordsToImage(name="word-attention-gan-demo", encoder=ours.trained_encoder(like), gan=gan)


def _wider(
    experiment: WordsToImage, name: str, generator: tuple[int, ...], critic: tuple[int, ...]
) -> WordsToImage:
    """An experiment for larger pictures, by further widths at the networks' ends."""
    gan = replace(
        experiment.gan,
        generator_channels=(*experiment.gan.generator_channels, *generator),
        discriminator_channels=(*experiment.gan.discriminator_channels, *critic),
    )
    return replace(experiment, name=name, gan=gan)


PRESETS = {
    "word-attention-gan": word_attention_gan,
    "word-attention-gan-128": larger_128,
    "word-attention-gan-256": larger_256,
    "word-attention-gan-narrow": narrow,
    "word-attention-gan-demo": demo,
}
