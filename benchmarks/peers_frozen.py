"""A discriminator with critics on the maps of SqueezeNet, in plain PyTorch."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

_FIRES = ((2, 3, 4), (5, 6, 7, 8), (9,))
_MEAN = (104.0, 117.0, 123.0)


class SqueezeNet(nn.Module):
    """The four maps of SqueezeNet v1.0, frozen, of an .npz of its weights."""

    def __init__(self, file: str) -> None:
        super().__init__()
        with np.load(file) as held:
            for name in held.files:
                array = torch.from_numpy(held[name].astype("float32"))
                self.register_buffer(name.replace("/", "_"), array)
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None])

    def convolve(self, name: str, x: torch.Tensor, **options: int) -> torch.Tensor:
        """A convolution by its name, and ReLU."""
        kernel, bias = self.get_buffer(f"{name}_w"), self.get_buffer(f"{name}_b")
        return functional.relu(functional.conv2d(x, kernel, bias, **options))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Pictures (N, 3, S, S) in [−1, 1] to four maps."""
        x = ((x + 1) * 127.5).flip(1) - self.get_buffer("mean")
        maps = [self.convolve("conv1", x, stride=2)]
        for fires in _FIRES:
            x = functional.max_pool2d(maps[-1], 3, 2)
            for number in fires:
                x = self.convolve(f"fire{number}_squeeze1x1", x)
                wide = self.convolve(f"fire{number}_expand3x3", x, padding=1)
                x = torch.cat([self.convolve(f"fire{number}_expand1x1", x), wide], 1)
            maps.append(x)
        return maps


class MapCritic(nn.Module):
    """A critic of one map, after a fixed random projection of its channels."""

    def __init__(self, channels: int, side: int, embedding: int, width: int) -> None:
        super().__init__()
        project = nn.Conv2d(channels, width, 1, bias=False).requires_grad_(False)
        layers: list[nn.Module] = [project]
        sizes = [] if side > 4 else [(3, 1)]
        while side > 4:
            sizes, side = [*sizes, (4, 2)], -(-side // 2)
        for kernel, stride in sizes:
            layers.append(nn.Conv2d(width, width, kernel, stride, 1, bias=False))
            layers += [nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
        self.trunk = nn.Sequential(*layers)
        self.text = nn.Sequential(nn.Linear(embedding, width), nn.LeakyReLU(0.2))
        self.joint = nn.Sequential(
            nn.Conv2d(2 * width, width, 1), nn.LeakyReLU(0.2), nn.Conv2d(width, 1, 1)
        )

    def score(self, features: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """Features (N, F, h, w), embedding (N, E) to logits (N, hw)."""
        text = self.text(embedding)[:, :, None, None].expand(-1, -1, *features.shape[2:])
        return self.joint(torch.cat([features, text], 1)).flatten(1)


class Ensemble(nn.Module):
    """A discriminator, and critics of the last three maps of SqueezeNet."""

    def __init__(self, critic: nn.Module, file: str, embedding: int, width: int = 64) -> None:
        super().__init__()
        self.critic, self.network = critic, SqueezeNet(file)
        maps = self.network(torch.zeros(1, 3, 64, 64))[1:]
        self.critics = nn.ModuleList(
            MapCritic(each.shape[1], each.shape[2], embedding, width) for each in maps
        )

    def trunk(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Pictures (N, 3, 64, 64) to the features of all critics."""
        found = zip(self.critics, self.network(x)[1:], strict=True)
        return [self.critic.trunk(x), *(critic.trunk(each) for critic, each in found)]

    def score(self, features: list[torch.Tensor], embedding: torch.Tensor) -> torch.Tensor:
        """Features, embedding (N, E) to logits (N, places)."""
        own, *others = features
        logits = self.critic.score(own, embedding)[:, None].expand(-1, 16)
        scored = zip(self.critics, others, strict=True)
        return torch.cat([logits, *(c.score(f, embedding) for c, f in scored)], 1)
