"""`fit --list`: what each preset is, in a line."""

import inspect
from collections.abc import Iterator

from keras_t2i.catalogue import PRESETS

# The tasks in the order of the page: heading, page, base presets with what they are.
TASKS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("Captions to pictures", "text_to_image", {
        "small-birds": "The default: drawn birds of 32×32, in minutes on two CPU cores",
        "self-attention-gan": "Attentive BiLSTM encoder and GAN-CLS: the thesis, with additions",
        "self-attention-gan-literal": "The thesis without additions, with its size of vocabulary",
        "bilstm-gan": "`self-attention-gan` with a plain BiLSTM encoder",
        "transformer-gan": "`self-attention-gan` with a Transformer encoder",
        "gan-int-cls": "Plain BiLSTM encoder, GAN-CLS with INT (Reed et al. 2016)",
        "gan-int-cls-literal": "GAN-INT-CLS as in its paper, with a char-CNN-RNN encoder",
        "gan-int-cls-characters": "`gan-int-cls` with the char-CNN-RNN encoder of its authors",
        "frozen-encoder-gan": "`self-attention-gan` with a sentence encoder whose file you give",
        "df-gan": "DF-GAN at 256×256, scaled and shifted by the sentence (Tao et al. 2022)",
        "word-attention-gan": "The thesis's encoder, whose words the generator looks at",
        "word-attention-gan-128": "`word-attention-gan` for pictures of 128×128",
        "word-attention-gan-256": "`word-attention-gan` for pictures of 256×256",
        "vision-aided-gan": "`self-attention-gan` with critics on the maps of a network you give",
    }),
    ("Captions to pictures in two stages", "stacked_text_to_image", {
        "stack-gan": "StackGAN (Zhang et al. 2017), 64 → 128",
        "stack-gan-256": "`stack-gan` with the second stage of the paper, 64 → 256",
    }),
    ("Labels to pictures", "labels_to_image", {
        "psc-gan": "PSC-GAN: pretrained decoder, guided by the frozen encoder",
        "psc-gan-literal": "PSC-GAN as in its paper, without additions",
        "psc-gan-ablation": "PSC-GAN without the guide",
        "psc-gan-ablation-random": "The ablation with a random dense layer before the decoder",
        "pretrained-decoder-gan": "PSC-GAN without labels and guide",
        "vanilla-gan": "The generator of `psc-gan` from random weights, without labels",
        "psc-flow": "Flow matching guided by PSC-GAN's first stage: the paper's outlook",
    }),
    ("Pictures to labels", "image_to_labels", {
        "label-classifier": "Classifier of real pictures, the judge of generated ones",
    }),
    ("Pictures from noise", "unconditional", {
        "gan": "The first GAN: perceptrons (Goodfellow et al. 2014)",
        "gan-minimax": "`gan` with the minimax loss",
        "dcgan": "DCGAN (Radford et al. 2015)",
        "wgan": "WGAN with clipped weights (Arjovsky et al. 2017)",
        "wgan-gp": "WGAN with gradient penalty (Gulrajani et al. 2017)",
    }),
    ("Pictures from noise and codes", "info_gan", {
        "info-gan": "InfoGAN: codes that can be read back (Chen et al. 2016)",
    }),
    ("Pictures from noise, level after level", "pyramid", {
        "lapgan": "LAPGAN: a GAN a level, 16 → 32 → 64 (Denton et al. 2015)",
    }),
    ("Pictures to pictures", "image_to_image", {
        "srgan": "SRGAN: four times larger pictures (Ledig et al. 2017)",
        "srgan-features": "`srgan` with a loss of a network's features, whose file you give",
        "srresnet": "The generator of `srgan`, trained by squared error alone",
        "context-encoder": "A hole in the middle filled (Pathak et al. 2016)",
        "context-encoder-random": "`context-encoder` with holes anywhere",
        "pix2pix": "pix2pix, on pairs of pictures (Isola et al. 2017)",
        "pix2pix-l1": "`pix2pix` without a critic",
        "pix2pix-gan": "`pix2pix` without the absolute difference",
    }),
    ("Pictures to pictures without pairs", "unpaired_image_to_image", {
        "cycle-gan": "CycleGAN: two domains, both ways (Zhu et al. 2017)",
    }),
    ("Chords to melodies", "chords_to_melody", {
        "midi-net": "MidiNet: bar after bar (Yang et al. 2017)",
    }),
    ("Points in the plane", "points", {
        "gan-8-gaussians": "The first GAN on eight Gaussians",
        "gan-minimax-8-gaussians": "`gan-8-gaussians` with the minimax loss",
        "unrolled-gan-8-gaussians": "Unrolled GAN (Metz et al. 2017)",
        "wgan-8-gaussians": "WGAN with clipped weights",
        "wgan-gp-8-gaussians": "WGAN with gradient penalty",
        "unrolled-gan-25-gaussians": "Unrolled GAN on 25 Gaussians",
        "wgan-gp-25-gaussians": "WGAN with gradient penalty on 25 Gaussians",
    }),
)  # fmt: skip
_SIZES = {
    "-narrow": "`{}` at a quarter of the width",
    "-demo": "`{}` at a size for two CPU cores and drawn data",
}


def listed() -> str:
    """All presets by task, one per line: the built-in ones, then those of `--import`."""
    groups = {heading: dict(variants(bases)) for heading, _, bases in TASKS}
    known = {name for group in groups.values() for name in group}
    yours = {name: _first_line(name) for name in PRESETS if name not in known}
    if yours:
        groups["Yours"] = yours
    width = max(map(len, PRESETS))
    parts = []
    for heading, group in groups.items():
        lines = [f"  {name:<{width}}  {what.replace('`', '')}" for name, what in group.items()]
        parts.append("\n".join([f"{heading}:", *lines]))
    return "\n\n".join(parts)


def variants(bases: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The presets of some bases, each with what it is: themselves and their sizes.

    Args:
        bases: Descriptions of the base presets, by name.
    """
    for name, what in bases.items():
        yield name, what
        for suffix, size in _SIZES.items():
            if name + suffix in PRESETS:
                yield name + suffix, size.format(name)


def _first_line(name: str) -> str:
    """The first line of the docstring of a preset's function."""
    return (inspect.getdoc(PRESETS[name]) or "").partition("\n")[0]
