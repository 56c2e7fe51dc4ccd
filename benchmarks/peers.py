"""Plain PyTorch training steps of the networks of `wgan-gp` and `srgan`, to compare with.

    VENV/bin/python benchmarks/peers.py wgan-gp --precision bf16 --channels-last

The same layers, widths, losses and optimizers, as one would write them with torch.nn. Prints one
JSON line: real pictures per second, the median of the timed steps. Needs torch alone.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional


def down(widths: list[int]) -> nn.Sequential:
    """DCGAN's critic without BatchNorm, 64×64 to one score."""
    layers: list[nn.Module] = []
    for before, width in zip([3, *widths], widths, strict=False):
        layers += [nn.Conv2d(before, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * widths[-1], 1))


class Up(nn.Module):
    """DCGAN's generator, noise to 64×64."""

    def __init__(self, widths: list[int], noise: int = 100) -> None:
        super().__init__()
        self.first = widths[0]
        self.project = nn.Linear(noise, 16 * self.first, bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(self.first), nn.ReLU()]
        for before, width in pairwise(widths):
            layers += [nn.ConvTranspose2d(before, width, 4, 2, 1, bias=False)]
            layers += [nn.BatchNorm2d(width), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(widths[-1], 3, 4, 2, 1), nn.Tanh())

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Noise (N, 100) to pictures (N, 3, 64, 64)."""
        return self.layers(self.project(z).view(-1, self.first, 4, 4))


class Block(nn.Module):
    """SRResNet's residual block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.PReLU(width),
            nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps to maps."""
        return x + self.layers(x)


class SRResNet(nn.Module):
    """SRResNet for pictures four times as large."""

    def __init__(self, width: int = 64, blocks: int = 16) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, width, 9, padding=4), nn.PReLU(width))
        self.blocks = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.last = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width))
        shuffles: list[nn.Module] = []
        for _ in range(2):
            shuffles += [nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2)]
            shuffles += [nn.PReLU(width)]
        self.up = nn.Sequential(*shuffles, nn.Conv2d(width, 3, 9, padding=4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, 16, 16) to (N, 3, 64, 64)."""
        first = self.first(x)
        return self.up(first + self.last(self.blocks(first)))


def enlarged_critic(width: int = 64) -> nn.Sequential:
    """SRGAN's critic of 64×64."""
    layers, before = [], 3
    for i in range(8):
        channels = width * 2 ** (i // 2)
        layers.append(nn.Conv2d(before, channels, 3, 1 + i % 2, 1))
        layers += [nn.BatchNorm2d(channels)] if i else []
        layers.append(nn.LeakyReLU(0.2))
        before = channels
    hidden = [nn.Flatten(), nn.Linear(16 * before, 16 * width), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, *hidden, nn.Linear(16 * width, 1))


def wgan_gp(asked: argparse.Namespace) -> tuple[Callable[[], None], int]:
    """Five moves of the critic with gradient penalty, one of the generator."""
    layout = torch.channels_last if asked.channels_last else torch.contiguous_format
    generator = Up([1024, 512, 256, 128]).to(memory_format=layout)
    critic = down([128, 256, 512, 1024]).to(memory_format=layout)
    moves = [torch.optim.Adam(n.parameters(), 1e-4, (0.0, 0.9)) for n in (generator, critic)]
    if asked.compile:
        generator, critic = torch.compile(generator), torch.compile(critic)
    real = (torch.rand(asked.batch, 3, 64, 64) * 2 - 1).to(memory_format=layout)

    def cast() -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=asked.precision == "bf16")

    def step() -> None:
        for _ in range(5):
            with cast(), torch.no_grad():
                fake = generator(torch.randn(asked.batch, 100)).float()
            share = torch.rand(asked.batch, 1, 1, 1)
            between = (real + share * (fake - real)).requires_grad_()
            with cast():
                scores = critic(between).float()
                answers = critic(fake).float().mean() - critic(real).float().mean()
            (slope,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
            penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
            moves[1].zero_grad()
            (answers + 10 * penalty).backward()
            moves[1].step()
        with cast():
            loss = -critic(generator(torch.randn(asked.batch, 100))).float().mean()
        moves[0].zero_grad()
        loss.backward()
        moves[0].step()

    return step, 5 * asked.batch


def srgan(asked: argparse.Namespace) -> tuple[Callable[[], None], int]:
    """One move of the critic, one of the generator, on the same fakes."""
    layout = torch.channels_last if asked.channels_last else torch.contiguous_format
    generator, critic = (n.to(memory_format=layout) for n in (SRResNet(), enlarged_critic()))
    moves = [torch.optim.Adam(n.parameters(), 1e-4, (0.9, 0.999)) for n in (generator, critic)]
    if asked.compile:
        generator, critic = torch.compile(generator), torch.compile(critic)
    real = (torch.rand(asked.batch, 3, 64, 64) * 2 - 1).to(memory_format=layout)
    given = functional.interpolate(real, scale_factor=0.25, mode="bilinear", antialias=True)

    def cast() -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=asked.precision == "bf16")

    def step() -> None:
        with cast():
            fake = generator(given)
            answers = critic(real).float(), critic(fake.detach()).float()
        loss = functional.softplus(-answers[0]).mean() + functional.softplus(answers[1]).mean()
        moves[1].zero_grad()
        loss.backward()
        moves[1].step()
        with cast():
            answer = critic(fake).float()
        loss = functional.softplus(-answer).mean() + 1000 * ((fake.float() - real) ** 2).mean()
        moves[0].zero_grad()
        loss.backward()
        moves[0].step()

    return step, asked.batch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=("wgan-gp", "srgan"))
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--compile", action="store_true")
    asked = parser.parse_args()
    torch.manual_seed(0)
    step, rows = {"wgan-gp": wgan_gp, "srgan": srgan}[asked.name](asked)
    for _ in range(2):
        step()
    times = []
    for _ in range(asked.steps):
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    print(json.dumps({**vars(asked), "images_per_s": rows / statistics.median(times)}))


if __name__ == "__main__":
    main()
