"""PSC-GAN and what the paper compares it with (tables 1 and 3)."""

from dataclasses import replace

from keras_t2i.adversarial.starts import PretrainedDecoder, RandomStart
from keras_t2i.labels_from_image import LabelsFromImage
from keras_t2i.labels_to_image import LabelsToImage
from keras_t2i.stages.autoencoder import FaceNetworks


def psc_gan() -> LabelsToImage:
    """The paper's system: pre-trained decoder, frozen encoder and label head as a guide."""
    return LabelsToImage(name="psc-gan")


def vanilla_gan() -> LabelsToImage:
    """The same generator from random weights, without labels."""
    experiment = psc_gan()
    gan = replace(experiment.gan, conditioned=False, start=RandomStart(), generator_terms=())
    return replace(experiment, name="vanilla-gan", gan=gan)


def pretrained_decoder_gan() -> LabelsToImage:
    """The pre-trained decoder as generator, without labels."""
    experiment = psc_gan()
    gan = replace(experiment.gan, conditioned=False, start=PretrainedDecoder(), generator_terms=())
    return replace(experiment, name="pretrained-decoder-gan", gan=gan)


def ablation() -> LabelsToImage:
    """Labels beside the noise, and nothing that holds the generator to them (figure 7)."""
    experiment = psc_gan()
    return replace(
        experiment, name="psc-gan-ablation", gan=replace(experiment.gan, generator_terms=())
    )


def demo() -> LabelsToImage:
    """For the embedded faces: minutes on two cores."""
    experiment = psc_gan()
    return replace(
        experiment,
        name="psc-gan-demo",
        networks=FaceNetworks(width=16, max_width=128, latent_dim=256),
        autoencoder=replace(experiment.autoencoder, epochs=15),
        gan=replace(experiment.gan, epochs=25, start=PretrainedDecoder(match_latent=True)),
    )


def label_classifier() -> LabelsFromImage:
    """A classifier of real pictures, independent of PSC-GAN's own: the judge of its pictures."""
    return LabelsFromImage(name="label-classifier")
