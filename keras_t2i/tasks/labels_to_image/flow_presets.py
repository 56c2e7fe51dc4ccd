"""Presets of a flow that PSC-GAN's first stage guides: the paper's outlook."""

from dataclasses import replace

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.tasks.labels_to_image import presets
from keras_t2i.tasks.labels_to_image.flow_guidance import ClassifierGuidance
from keras_t2i.tasks.labels_to_image.flow_sizes import UNetSizes
from keras_t2i.tasks.labels_to_image.flow_solvers import Heun
from keras_t2i.tasks.labels_to_image.flow_stage import LabelFlowStage
from keras_t2i.tasks.labels_to_image.flow_task import LabelsToImageByFlow


def psc_flow() -> LabelsToImageByFlow:
    """PSC-GAN's first stage, then flow matching in the place of the GAN.

    The paper proposes the guidance by its classifier for diffusion models as future work, and says
    no more of it. The path is straight (Liu et al. 2023), the guidance Dhariwal and Nichol's (2021)
    on the picture that the velocity predicts. The first stage is that of `psc-gan`, so that a run
    of the one can take it from a run of the other (`--reuse`).
    """
    gan = presets.psc_gan()
    return LabelsToImageByFlow(
        name="psc-flow", networks=gan.networks, autoencoder=gan.autoencoder, flow=LabelFlowStage()
    )


def demo() -> LabelsToImageByFlow:
    """A small flow for the drawn faces and two cores, after the first stage of `psc-gan-demo`."""
    experiment, gan = psc_flow(), presets.demo()
    flow = replace(
        experiment.flow,
        epochs=50,
        network=UNetSizes(width=32, max_width=128, blocks=1, patch=2),
        solver=Heun(10),
        guidance=ClassifierGuidance(4.0),
        averaging=ExponentialAverage(0.995),
        learning_rate=1e-3,
    )
    return replace(
        experiment,
        name="psc-flow-demo",
        networks=gan.networks,
        autoencoder=gan.autoencoder,
        flow=flow,
    )


PRESETS = {"psc-flow": psc_flow, "psc-flow-demo": demo}
