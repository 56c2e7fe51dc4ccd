"""GANs from pictures to pictures: SRGAN, Context Encoders, pix2pix."""

from dataclasses import fields, replace

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.adversarial.losses import NoAdversarialLoss
from keras_t2i.pipelines.paired import CentreMask, Downsample, RandomMasks
from keras_t2i.tasks.image_to_image.architectures import Inpainting, SuperResolution, UNetAndPatches
from keras_t2i.tasks.image_to_image.critic_views import HoleAlone, WholeOutput
from keras_t2i.tasks.image_to_image.gan_stage import ImageToImageGanStage
from keras_t2i.tasks.image_to_image.pretrained_stage import PretrainedGanStage, PretrainingStage
from keras_t2i.tasks.image_to_image.task import ImageToImage
from keras_t2i.tasks.image_to_image.terms import (
    FeatureReconstruction,
    HoleReconstruction,
    Reconstruction,
)
from keras_t2i.training.optimizers import Adam


def srresnet() -> ImageToImage:
    """Ledig et al. 2017: squared error alone; Adam at 1e-4 with β₁ 0.9, batch 16 (section 3.2)."""
    stage = PretrainingStage(
        networks=SuperResolution(),
        batch_size=16,
        generator_terms=(Reconstruction(1000.0, 2.0),),
        generator_optimizer=Adam(1e-4, 0.9),
        critic_optimizer=Adam(1e-4, 0.9),
    )
    return ImageToImage(name="srresnet", degradation=Downsample(4), gan=stage)


def srgan() -> ImageToImage:
    """SRGAN-MSE (table 1): after SRResNet, a fifth as long with 10⁻³ of the adversarial loss.

    The paper lowers the rate half-way; here it stays.
    """
    return _against_a_critic(srresnet(), "srgan", epochs=40)


def srgan_features() -> ImageToImage:
    """SRGAN-VGG54 (table 1): features in the place of the squared error, after SRResNet.

    The network is the user's: `--gan.generator-terms.0.extractor FILE`. Layer and scale are those
    for the authors', VGG19 without what follows its last convolution.
    """
    return _by_features(srgan(), "srgan-features", FeatureReconstruction())


def srgan_features_demo() -> ImageToImage:
    """A fraction of the width, for two cores, with the features of SqueezeNet.

    Its maps before the last pooling are 6×6 for pictures of 64, as VGG19's are for the authors' of
    96. The scale makes the term about as large as the squared error, which is their rule.
    """
    features = FeatureReconstruction(layer=3, scale=0.0025)
    return _by_features(srgan_demo(), "srgan-features-demo", features)


def _by_features(
    experiment: ImageToImage, name: str, features: FeatureReconstruction
) -> ImageToImage:
    """An experiment whose last stage compares features; the earlier one stays."""
    return replace(experiment, name=name, gan=replace(experiment.gan, generator_terms=(features,)))


def srgan_demo() -> ImageToImage:
    """A fraction of the width, for two cores."""
    return _against_a_critic(demo(srresnet(), 20, beta_1=0.9), "srgan-demo", epochs=12)


def _against_a_critic(experiment: ImageToImage, name: str, epochs: int) -> ImageToImage:
    """An experiment without a critic goes on with one."""
    first = experiment.gan
    assert isinstance(first, PretrainingStage)
    shared = {f.name: getattr(first, f.name) for f in fields(first) if f.name != "loss"}
    stage = PretrainedGanStage(**shared | {"epochs": epochs}, first=first)
    return replace(experiment, name=name, gan=stage)


def context_encoder() -> ImageToImage:
    """Pathak et al. 2016, section 5: λ 0.999 and 0.001; the critic learns ten times slower.

    The critic sees the hole alone. What is known stays as it is, so the band about the hole that
    the paper predicts as well, at ten times the weight, is left out.
    """
    stage = ImageToImageGanStage(
        networks=Inpainting(),
        critic_view=HoleAlone(),
        batch_size=64,
        generator_terms=(HoleReconstruction(999.0),),
        generator_optimizer=Adam(2e-3),
        critic_optimizer=Adam(2e-4),
    )
    return ImageToImage(name="context-encoder", degradation=CentreMask(0.5), gan=stage)


def random_holes() -> ImageToImage:
    """The context encoder with holes anywhere.

    Critic and squared error see the generator's whole output, as in the authors' code for such
    holes; equation 1 of the paper has the error in the holes alone.
    """
    experiment = context_encoder()
    stage = replace(
        experiment.gan,
        critic_view=WholeOutput(),
        generator_terms=(Reconstruction(999.0, 2.0),),
    )
    return replace(experiment, name="context-encoder-random", degradation=RandomMasks(), gan=stage)


def pix2pix() -> ImageToImage:
    """Isola et al. 2017, eq. 4: the adversarial loss and 100 times the absolute difference.

    Section 3.3: batch 1, Adam at 2e-4 with β₁ 0.5; the critic's loss is halved, which Adam does not
    notice. A score sees 34×34 pixels, for pictures of 64 what 70×70 are for 256.
    """
    stage = ImageToImageGanStage(networks=UNetAndPatches(patch_layers=2))
    return ImageToImage(name="pix2pix", degradation=None, gan=stage)


def pix2pix_l1() -> ImageToImage:
    """pix2pix without a critic ("L1" of table 1)."""
    experiment = pix2pix()
    return replace(
        experiment, name="pix2pix-l1", gan=replace(experiment.gan, loss=NoAdversarialLoss())
    )


def pix2pix_gan() -> ImageToImage:
    """pix2pix without the absolute difference ("cGAN" of table 1)."""
    experiment = pix2pix()
    return replace(experiment, name="pix2pix-gan", gan=replace(experiment.gan, generator_terms=()))


def demo(
    experiment: ImageToImage, epochs: int, rate: float = 5e-4, beta_1: float = 0.5
) -> ImageToImage:
    """A fraction of the width, for two cores.

    Args:
        experiment: The experiment at its paper's size.
        epochs: Number of visits of every picture.
        rate: The generator's learning rate.
        beta_1: Decay β₁ of the generator's Adam.
    """
    stage = replace(
        experiment.gan,
        networks=experiment.gan.networks.narrow(),
        epochs=epochs,
        batch_size=16,
        generator_optimizer=Adam(rate, beta_1),
        averaging=ExponentialAverage(0.99),
        precision="float32",
        sample_every=max(1, epochs // 4),
    )
    return replace(experiment, name=f"{experiment.name}-demo", gan=stage)


PRESETS = {
    "srgan": srgan,
    "srgan-demo": srgan_demo,
    "srgan-features": srgan_features,
    "srgan-features-demo": srgan_features_demo,
    "srresnet": srresnet,
    "srresnet-demo": lambda: demo(srresnet(), 20, beta_1=0.9),
    "context-encoder": context_encoder,
    "context-encoder-demo": lambda: demo(context_encoder(), 40, 2e-3),
    "context-encoder-random": random_holes,
    "context-encoder-random-demo": lambda: demo(random_holes(), 40, 2e-3),
    "pix2pix": pix2pix,
    "pix2pix-demo": lambda: demo(pix2pix(), 20),
    "pix2pix-l1": pix2pix_l1,
    "pix2pix-l1-demo": lambda: demo(pix2pix_l1(), 20),
    "pix2pix-gan": pix2pix_gan,
    "pix2pix-gan-demo": lambda: demo(pix2pix_gan(), 20),
}
