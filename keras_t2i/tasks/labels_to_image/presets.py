"""Presets of PSC-GAN and of the GANs that the paper compares it with (tables 1 and 3)."""

from dataclasses import replace

from keras_t2i.adversarial.augmentation import Cutout, Translation
from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage
from keras_t2i.adversarial.penalties import R1
from keras_t2i.networks.layers.enlarging_specs import Interpolated, Resized
from keras_t2i.tasks.labels_to_image.autoencoder_stage import AutoencoderStage, FaceNetworks
from keras_t2i.tasks.labels_to_image.gan_stage import LabelGanStage
from keras_t2i.tasks.labels_to_image.initializers import FromAutoencoder, RandomWeights
from keras_t2i.tasks.labels_to_image.task import LabelsToImage
from keras_t2i.training.data_augmentation import NO_AUGMENTATION


def literal() -> LabelsToImage:
    """PSC-GAN as in the paper: a random dense layer before the decoder, nothing added.

    Weights are not averaged, and pictures neither cropped at random nor mirrored, in both stages.
    The adversarial term is −log D where the paper writes log(1 − D), and both players move at once.
    """
    return LabelsToImage(
        name="psc-gan-literal",
        autoencoder=AutoencoderStage(data_augmentation=NO_AUGMENTATION),
        gan=LabelGanStage(averaging=NoAverage(), data_augmentation=NO_AUGMENTATION),
    )


def psc_gan() -> LabelsToImage:
    """The paper's system: pre-trained decoder, frozen encoder and label head as a guide.

    Additions to the paper: a dense layer that starts at the latents of real pictures, so that the
    pre-trained decoder is not unlearned in the first epochs; a critic without BatchNorm that a
    penalty of its slope keeps from running ahead (R1, Mescheder et al. 2018), and that sees shifted
    pictures; a decoder that enlarges by nearest neighbours, and interpolates features of smaller
    scales before it adds them. Weights are averaged, and pictures cropped and mirrored at random.
    """
    gan = LabelGanStage(
        initializer=FromAutoencoder(fit_entry_layer=True),
        critic_normalized=False,
        critic_terms=(R1(1.0),),
        augmentations=(Translation(),),
        beta_1=0.0,
    )
    networks = FaceNetworks(enlarging=Resized(), doubling=Interpolated())
    return LabelsToImage(name="psc-gan", networks=networks, gan=gan)


def vanilla_gan() -> LabelsToImage:
    """The same generator from random weights, without labels."""
    experiment = psc_gan()
    gan = replace(
        experiment.gan, conditioned=False, initializer=RandomWeights(), generator_terms=()
    )
    return replace(experiment, name="vanilla-gan", gan=gan)


def pretrained_decoder_gan() -> LabelsToImage:
    """The pre-trained decoder as generator, without labels."""
    experiment = psc_gan()
    gan = replace(experiment.gan, conditioned=False, generator_terms=())
    return replace(experiment, name="pretrained-decoder-gan", gan=gan)


def ablation() -> LabelsToImage:
    """Labels beside the noise, and nothing that holds the generator to them (figure 7)."""
    experiment = psc_gan()
    return replace(
        experiment, name="psc-gan-ablation", gan=replace(experiment.gan, generator_terms=())
    )


def ablation_random() -> LabelsToImage:
    """The ablation whose dense layer before the decoder starts at random, as in the paper."""
    experiment = ablation()
    gan = replace(experiment.gan, initializer=FromAutoencoder())
    return replace(experiment, name="psc-gan-ablation-random", gan=gan)


def demo() -> LabelsToImage:
    """A small PSC-GAN for the drawn faces and two cores.

    A flat critic learns slowly, and gives better pictures than this one only after more steps than
    these: here BatchNorm stays in the critic, and the generator learns slower than it.
    """
    experiment = psc_gan()
    gan = replace(
        experiment.gan,
        epochs=50,
        critic_normalized=True,
        critic_terms=(),
        augmentations=(Translation(), Cutout(0.3)),
        averaging=ExponentialAverage(0.99),
        generator_learning_rate=5e-5,
        beta_1=0.5,
    )
    return replace(
        experiment,
        name="psc-gan-demo",
        networks=FaceNetworks(width=16, max_width=128, latent_dim=256, doubling=Interpolated()),
        autoencoder=replace(experiment.autoencoder, epochs=40),
        gan=gan,
    )


PRESETS = {
    "psc-gan": psc_gan,
    "psc-gan-literal": literal,
    "psc-gan-demo": demo,
    "psc-gan-ablation": ablation,
    "psc-gan-ablation-random": ablation_random,
    "pretrained-decoder-gan": pretrained_decoder_gan,
    "vanilla-gan": vanilla_gan,
}
