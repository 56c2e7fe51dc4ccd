"""Presets: functions that return an experiment."""

import difflib
from collections.abc import Callable

from keras_t2i.experiment import Experiment
from keras_t2i.presets import (
    cycle_gan,
    dcgan,
    gan_int_cls,
    lapgan,
    midi_net,
    points,
    psc_gan,
    self_attention_gan,
    stack_gan,
    translation,
)
from pipelines.errors import InputError

PRESETS: dict[str, Callable[[], Experiment]] = {
    "self-attention-gan": self_attention_gan.self_attention_gan,
    "self-attention-gan-literal": self_attention_gan.literal,
    "self-attention-gan-narrow": self_attention_gan.narrow,
    "self-attention-gan-demo": self_attention_gan.demo,
    "gan-int-cls": gan_int_cls.gan_int_cls,
    "gan-int-cls-narrow": gan_int_cls.narrow,
    "gan-int-cls-demo": gan_int_cls.demo,
    "gan-int-cls-characters": gan_int_cls.characters,
    "gan-int-cls-characters-narrow": gan_int_cls.characters_narrow,
    "gan-int-cls-characters-demo": gan_int_cls.characters_demo,
    "transformer-gan": self_attention_gan.transformer,
    "transformer-gan-narrow": self_attention_gan.transformer_narrow,
    "transformer-gan-demo": self_attention_gan.transformer_demo,
    "stack-gan": stack_gan.stack_gan,
    "stack-gan-narrow": stack_gan.narrow,
    "stack-gan-demo": stack_gan.demo,
    "psc-gan": psc_gan.psc_gan,
    "psc-gan-literal": psc_gan.literal,
    "psc-gan-demo": psc_gan.demo,
    "psc-gan-ablation": psc_gan.ablation,
    "pretrained-decoder-gan": psc_gan.pretrained_decoder_gan,
    "vanilla-gan": psc_gan.vanilla_gan,
    "label-classifier": psc_gan.label_classifier,
    "gan": dcgan.gan,
    "gan-demo": lambda: dcgan.gan_demo(dcgan.gan()),
    "gan-minimax": dcgan.gan_minimax,
    "gan-minimax-demo": lambda: dcgan.gan_demo(dcgan.gan_minimax()),
    "dcgan": dcgan.dcgan,
    "dcgan-demo": lambda: dcgan.demo(dcgan.dcgan(), 60),
    "wgan": dcgan.wgan,
    "wgan-demo": lambda: dcgan.demo(dcgan.wgan(), 100, rate=10),
    "wgan-gp": dcgan.wgan_gp,
    "wgan-gp-demo": lambda: dcgan.demo(dcgan.wgan_gp(), 100, rate=10),
    "info-gan": dcgan.info_gan,
    "info-gan-demo": lambda: dcgan.demo(dcgan.info_gan(), 60),
    "lapgan": lapgan.lapgan,
    "lapgan-demo": lapgan.demo,
    "srgan": translation.srgan,
    "srgan-demo": translation.srgan_demo,
    "srresnet": translation.srresnet,
    "srresnet-demo": lambda: translation.demo(translation.srresnet(), 20),
    "context-encoder": translation.context_encoder,
    "context-encoder-demo": lambda: translation.demo(translation.context_encoder(), 40, 2e-3),
    "context-encoder-random": translation.random_holes,
    "context-encoder-random-demo": lambda: translation.demo(translation.random_holes(), 40, 2e-3),
    "pix2pix": translation.pix2pix,
    "pix2pix-demo": lambda: translation.demo(translation.pix2pix(), 20),
    "pix2pix-l1": translation.pix2pix_l1,
    "pix2pix-l1-demo": lambda: translation.demo(translation.pix2pix_l1(), 20),
    "pix2pix-gan": translation.pix2pix_gan,
    "pix2pix-gan-demo": lambda: translation.demo(translation.pix2pix_gan(), 20),
    "cycle-gan": cycle_gan.cycle_gan,
    "cycle-gan-demo": cycle_gan.demo,
    "midi-net": midi_net.midi_net,
    "midi-net-demo": midi_net.demo,
    "gan-8-gaussians": points.gan,
    "gan-minimax-8-gaussians": points.minimax,
    "unrolled-gan-8-gaussians": points.unrolled,
    "wgan-8-gaussians": points.wgan,
    "wgan-gp-8-gaussians": points.wgan_gp,
    "unrolled-gan-25-gaussians": lambda: points.on_grid(points.unrolled()),
    "wgan-gp-25-gaussians": lambda: points.on_grid(points.wgan_gp()),
}
DEFAULT = "self-attention-gan-demo"


def preset(name: str) -> Experiment:
    """The experiment of a preset.

    Raises:
        InputError: No such preset; the message names the nearest.
    """
    if name not in PRESETS:
        near = difflib.get_close_matches(name, PRESETS, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(f"Unknown preset {name!r}.{hint} Presets: {', '.join(PRESETS)}.")
    return PRESETS[name]()
