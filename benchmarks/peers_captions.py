"""Plain PyTorch training steps of the narrow GANs of captions, to compare with.

    VENV/bin/python benchmarks/peers_captions.py word-attention-gan-narrow --channels-last

The same layers, widths, losses, augmentations and optimizers as in the presets of these names, as
one would write them with torch.nn: the critic moves on fakes of the generator, then the generator
against it. Prints one JSON line: milliseconds of a step and of the processor, the medians of the
timed steps, and the peak memory. Needs torch, and numpy for `vision-aided-gan-narrow`, whose
network is the file of `--extractor`.
"""

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from peers_frozen import Ensemble
from torch import nn
from torch.nn import functional

NOISE, EMBEDDING, WORDS, READ, STATE = 100, 128, 32, 18, 1024


class Critic(nn.Module):
    """The critic of No's thesis with a joint layer."""

    def __init__(self, widths: tuple[int, ...], text: int, joint: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, width in pairwise((3, *widths)):
            layers.append(nn.Conv2d(before, width, 4, 2, 1))
            layers += [nn.BatchNorm2d(width)] if before != 3 else []
            layers.append(nn.LeakyReLU(0.2))
        self.trunk = nn.Sequential(*layers)
        self.text, self.channels = nn.Linear(EMBEDDING, 16 * text), text
        self.joint = nn.Sequential(nn.Conv2d(widths[-1] + text, joint, 1), nn.LeakyReLU(0.2))
        self.last = nn.Linear(16 * joint, 1)

    def score(self, features: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """Features (N, F, 4, 4), embedding (N, E) to logits (N,)."""
        text = self.text(embedding).view(-1, self.channels, 4, 4)
        return self.last(self.joint(torch.cat([features, text], 1)).flatten(1))[:, 0]


class DfCritic(nn.Module):
    """DF-GAN's critic."""

    def __init__(self, widths: tuple[int, ...], joint: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(3, widths[0], 3, padding=1), *(Down(*each) for each in pairwise(widths))
        )
        self.joint = nn.Conv2d(widths[-1] + EMBEDDING, joint, 3, padding=1, bias=False)
        self.last = nn.Conv2d(joint, 1, 4, bias=False)

    def score(self, features: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """Features (N, F, 4, 4), embedding (N, E) to logits (N,)."""
        spread = embedding[:, :, None, None].expand(-1, -1, 4, 4)
        joint = self.joint(torch.cat([features, spread], 1))
        return self.last(functional.leaky_relu(joint, 0.2))[:, 0, 0, 0]


class Down(nn.Module):
    """DF-GAN's block of the critic."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(before, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.LeakyReLU(0.2),
        )  # fmt: skip
        self.short = nn.Conv2d(before, width, 1) if before != width else nn.Identity()
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps to maps of half the side."""
        return functional.avg_pool2d(self.short(x), 2) + self.gamma * self.residual(x)


class Affine(nn.Module):
    """DF-GAN's affine transformation by a condition."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale, self.shift = (
            nn.Sequential(nn.Linear(NOISE + EMBEDDING, width), nn.ReLU(), nn.Linear(width, width))
            for _ in range(2)
        )

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """Maps scaled and shifted, channel by channel."""
        scale, shift = self.scale(condition), self.shift(condition)
        return scale[:, :, None, None] * x + shift[:, :, None, None]


class DfUp(nn.Module):
    """DF-GAN's block of the generator."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.affine = nn.ModuleList(Affine(each) for each in (before, before, width, width))
        self.first = nn.Conv2d(before, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.short = nn.Conv2d(before, width, 1) if before != width else nn.Identity()

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """Maps to maps of twice the side."""
        x = inner = functional.interpolate(x, scale_factor=2)
        for affine, layer in zip(self.affine, (None, self.first, None, self.second), strict=True):
            inner = functional.leaky_relu(affine(inner, condition), 0.2)
            inner = inner if layer is None else layer(inner)
        return self.short(x) + inner


class ModulatedUp(nn.Module):
    """The modulated block of `word-attention-gan-narrow`."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(n, affine=True) for n in (before, width))
        self.affine = nn.ModuleList(Affine(n) for n in (before, width))
        self.first = nn.Conv2d(before, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.short = nn.Conv2d(before, width, 1) if before != width else nn.Identity()

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """Maps to maps of twice the side."""
        inner = functional.leaky_relu(self.affine[0](self.norms[0](x), condition), 0.2)
        inner = self.first(functional.interpolate(inner, scale_factor=2))
        inner = functional.leaky_relu(self.affine[1](self.norms[1](inner), condition), 0.2)
        return self.second(inner) + functional.interpolate(self.short(x), scale_factor=2)


class PlainUp(nn.Module):
    """The block of `word-attention-gan-narrow` that no condition reaches."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.layer, self.norm = nn.Conv2d(before, width, 3, padding=1), nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """Maps to maps of twice the side."""
        doubled = functional.interpolate(x, scale_factor=2)
        return functional.leaky_relu(self.norm(self.layer(doubled)), 0.2)


class WordAttention(nn.Module):
    """Attention of the places of a map to words."""

    def __init__(self, channels: int, units: int) -> None:
        super().__init__()
        self.query = nn.Linear(channels, units, bias=False)
        self.key, self.value = (nn.Linear(STATE, units, bias=False) for _ in range(2))
        self.leave = nn.Linear(units, channels, bias=False)

    def forward(self, x: torch.Tensor, words: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Map (N, C, S, S), words (N, n, W), mask (N, n) to a map."""
        places = x.flatten(2).transpose(1, 2)
        heard = functional.scaled_dot_product_attention(
            self.query(places), self.key(words), self.value(words), there[:, None, :]
        )
        return x + self.leave(heard).transpose(1, 2).reshape(x.shape)


class Conditioned(nn.Module):
    """A generator of blocks that each take the condition, with attention at 16×16 if asked for."""

    def __init__(
        self, widths: tuple[int, ...], blocks: Sequence[type[nn.Module]], attends: bool
    ) -> None:
        super().__init__()
        self.first, self.enter = widths[0], nn.Linear(NOISE, 16 * widths[0])
        self.blocks = nn.ModuleList(
            kind(*pair) for kind, pair in zip(blocks, pairwise(widths), strict=True)
        )
        self.attend = WordAttention(widths[2], 32) if attends else None
        self.last = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(
        self, z: torch.Tensor, e: torch.Tensor, words: torch.Tensor, there: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Noise, sentence and words to pictures (N, 3, 64, 64), and no divergence."""
        condition, x = torch.cat([z, e], 1), self.enter(z).view(-1, self.first, 4, 4)
        if self.attend is not None:
            words = functional.rms_norm(words, words.shape[-1:])
        for number, block in enumerate(self.blocks):
            x = block(x, condition)
            if number == 1 and self.attend is not None:
                x = self.attend(x, words, there)
        return torch.tanh(self.last(functional.leaky_relu(x, 0.2))), z.new_zeros(())


class Deconvolutions(nn.Module):
    """The generator of No's thesis with conditioning augmentation."""

    def __init__(self, widths: tuple[int, ...], condition: int) -> None:
        super().__init__()
        self.condition, self.first = nn.Linear(EMBEDDING, 2 * condition), widths[0]
        self.enter = nn.Linear(NOISE + condition, 16 * widths[0], bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for before, width in pairwise(widths):
            layers += [nn.ConvTranspose2d(before, width, 4, 2, 1, bias=False)]
            layers += [nn.BatchNorm2d(width), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 3, 3, padding=1), nn.Tanh())

    def forward(
        self, z: torch.Tensor, e: torch.Tensor, words: torch.Tensor, there: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Noise and sentence to pictures (N, 3, 64, 64), and the condition's divergence."""
        mean, log_spread = self.condition(e).chunk(2, 1)
        c = mean + log_spread.exp() * torch.randn_like(mean)
        divergence = (-log_spread + 0.5 * ((2 * log_spread).exp() + mean**2 - 1)).mean()
        x = self.enter(torch.cat([z, c], 1)).view(-1, self.first, 4, 4)
        return self.layers(x), divergence


def shifted_and_cut(x: torch.Tensor) -> torch.Tensor:
    """Differentiable augmentation: shifts by an eighth, squares of three tenths cut out."""
    rows, side = len(x), x.shape[2]
    far, half = side // 8, 0.15 * side
    shift = torch.randint(-far, far + 1, (2, rows, 1))
    place = torch.arange(side)[None]
    index = [(place + each).clamp(-1, side) + 1 for each in shift]
    padded = functional.pad(x, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    x = padded[torch.arange(rows)[:, None, None], index[0][:, :, None], index[1][:, None, :]]
    centre = torch.rand(2, rows, 1) * side
    inside = [(place + 0.5 - each).abs() < half for each in centre]
    hole = inside[0][:, :, None] & inside[1][:, None, :]
    return x.permute(0, 3, 1, 2) * ~hole[:, None]


def thesis() -> tuple[nn.Module, nn.Module]:
    """`self-attention-gan-narrow`."""
    return Deconvolutions((192, 96, 48, 24, 12), 32), Critic((16, 32, 64, 128), 32, 128)


def words_too() -> tuple[nn.Module, nn.Module]:
    """`word-attention-gan-narrow`."""
    blocks = (ModulatedUp, ModulatedUp, PlainUp, PlainUp)
    return Conditioned((128, 64, 32, 24, 12), blocks, True), Critic((16, 32, 64, 128), 32, 128)


def df() -> tuple[nn.Module, nn.Module]:
    """`df-gan-narrow`."""
    return Conditioned((64, 64, 32, 16, 8), (DfUp,) * 4, False), DfCritic((8, 16, 32, 64, 64), 16)


def step_of(asked: argparse.Namespace) -> Callable[[], None]:
    """A training step on a batch of noise."""
    matching = asked.name == "df-gan-narrow"
    layout = torch.channels_last if asked.channels_last else torch.contiguous_format
    generator, critic = NETWORKS[asked.name]()
    if asked.name == "vision-aided-gan-narrow":
        critic = Ensemble(critic, asked.extractor, EMBEDDING)
    generator, critic = (n.to(memory_format=layout) for n in (generator, critic))
    betas, rates = ((0.0, 0.9), (1e-4, 4e-4)) if matching else ((0.5, 0.999), (2e-4, 2e-4))
    moves = [
        torch.optim.Adam(
            [p for p in network.parameters() if p.requires_grad], rate, betas, fused=True
        )
        for network, rate in zip((generator, critic), rates, strict=True)
    ]
    average = torch.optim.swa_utils.AveragedModel(
        generator, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.999)
    )
    if asked.compile:
        generator = torch.compile(generator)
        critic.trunk = torch.compile(critic.trunk)
    real = (torch.rand(asked.batch, 3, 64, 64) * 2 - 1).to(memory_format=layout)
    right, other = (torch.randn(asked.batch, EMBEDDING) for _ in range(2))
    words = torch.randn(asked.batch, WORDS, STATE)
    there = torch.arange(WORDS).expand(asked.batch, -1) < READ

    def critic_loss(fake: torch.Tensor) -> torch.Tensor:
        features = critic.trunk(shifted_and_cut(real))
        answers = critic.score(features, right), critic.score(features, other)
        false = critic.score(critic.trunk(shifted_and_cut(fake)), right)
        if not matching:
            wrong = functional.softplus(answers[1]).mean() + functional.softplus(false).mean()
            return functional.softplus(-answers[0]).mean() + wrong / 2
        hinges = functional.relu(1 + answers[1]).mean() + functional.relu(1 + false).mean()
        given = real.detach().requires_grad_(), right.detach().requires_grad_()
        score = critic.score(critic.trunk(given[0]), given[1])
        slopes = torch.autograd.grad(score.sum(), given, create_graph=True)
        norm = sum((s.flatten(1) ** 2).sum(1) for s in slopes).sqrt()
        return functional.relu(1 - answers[0]).mean() + hinges / 2 + 2 * (norm**6).mean()

    def step() -> None:
        fake, divergence = generator(torch.randn(asked.batch, NOISE), right, words, there)
        moves[1].zero_grad()
        critic_loss(fake.detach()).backward()
        moves[1].step()
        answer = critic.score(critic.trunk(shifted_and_cut(fake)), right)
        loss = -answer.mean() if matching else functional.softplus(-answer).mean()
        moves[0].zero_grad()
        (loss + 0.02 * divergence).backward()
        moves[0].step()
        average.update_parameters(generator)

    return step


NETWORKS = {
    "self-attention-gan-narrow": thesis,
    "word-attention-gan-narrow": words_too,
    "df-gan-narrow": df,
    "vision-aided-gan-narrow": thesis,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=NETWORKS)
    parser.add_argument("--extractor", help="the .npz of SqueezeNet, for critics on its maps")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--compile", action="store_true")
    asked = parser.parse_args()
    if asked.compile and asked.name == "df-gan-narrow":
        parser.error("--compile: torch.compile differentiates no gradient, as the penalty asks.")
    torch.manual_seed(0)
    step = step_of(asked)
    for _ in range(3):
        step()
    times = []
    for _ in range(asked.steps):
        began = time.perf_counter(), time.process_time()
        step()
        times.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    wall, processor = (1e3 * statistics.median(each) for each in zip(*times, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({**vars(asked), "ms": wall, "processor_ms": processor, "peak_gib": peak}))


if __name__ == "__main__":
    main()
