"""Residual nets for CIFAR-10 (He et al. 2015, section 4.2): in our vocabulary, and written independently in torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import pytest
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import nn

from harness.models import MODELS
from harness.models.layers import Activation, Add, BatchNorm, Conv, GlobalAveragePool, Layer, Linear, ZeroPadded
from harness.models.registered import Net

PARAMETERS = {20: 269_722, 32: 464_154, 44: 658_586, 56: 853_018, 110: 1_727_962}
"""Parameters by depth, with shortcuts of option A."""


class Residual(Net):
    """6n + 2 layers: a convolution, three stages of n blocks on maps of 32, 16 and 8, a mean, a classifier."""

    name: Literal["residual"] = "residual"
    blocks: int = Field(3, ge=1)
    """n, the blocks of each stage."""
    width: float = Field(1.0, gt=0)
    shortcuts: Literal["a", "b", "none"] = "a"
    """Shortcuts where maps grow: zeros (a) or a projection (b); `none` is the plain net."""

    hidden_feature: ClassVar[str] = "mean"

    def layers(self, classes: int) -> tuple[Layer, ...]:
        """Return the layers from image to logits."""
        return tuple(self._layers(classes))

    def _layers(self, classes: int) -> Iterator[Layer]:
        yield from self._conv("conv1", 16)
        yield Activation("relu", "conv1.relu")
        before = "conv1.relu"
        for stage, maps in enumerate((16, 32, 64), start=1):
            for block in range(1, self.blocks + 1):
                name = f"stage{stage}.block{block}"
                yield from self._block(name, maps, before, grows=stage > 1 and block == 1)
                before = f"{name}.relu2"
        yield GlobalAveragePool("mean")
        yield Linear("fc", classes)

    def _block(self, name: str, maps: int, before: str, *, grows: bool) -> Iterator[Layer]:
        stride = 2 if grows else 1
        yield from self._conv(f"{name}.conv1", maps, stride, (before,))
        yield Activation("relu", f"{name}.relu1")
        yield from self._conv(f"{name}.conv2", maps)
        if self.shortcuts != "none":
            if grows and self.shortcuts == "a":
                yield ZeroPadded(f"{name}.shortcut", self._scaled(maps), stride, inputs=(before,))
            elif grows:
                yield Conv(f"{name}.project", self._scaled(maps), 1, stride, bias=False, inputs=(before,))
                yield BatchNorm(f"{name}.shortcut")
            yield Add(f"{name}.add", inputs=(f"{name}.conv2.norm", f"{name}.shortcut" if grows else before))
        yield Activation("relu", f"{name}.relu2")

    def _conv(self, name: str, maps: int, stride: int = 1, inputs: tuple[str, ...] = ()) -> Iterator[Layer]:
        yield Conv(name, self._scaled(maps), 3, stride, (1, 1, 1, 1), bias=False, inputs=inputs)
        yield BatchNorm(f"{name}.norm")

    def _scaled(self, maps: int) -> int:
        return max(1, round(maps * self.width))


@pytest.fixture
def residual(monkeypatch: pytest.MonkeyPatch) -> type[Residual]:
    """Register the net, as somebody else's package would."""
    monkeypatch.setitem(MODELS, "residual", Residual)
    return Residual


class TorchBlock(nn.Module):
    """Two convolutions and their shortcut."""

    def __init__(self, maps: int, filters: int, stride: int, *, projected: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(maps, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.project = self.bn3 = None
        self.stride, self.more = stride, filters - maps
        if projected and stride > 1:
            self.project = nn.Conv2d(maps, filters, 1, stride, bias=False)
            self.bn3 = nn.BatchNorm2d(filters)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply equation 1 or 2 of the paper and rectify."""
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.project is not None and self.bn3 is not None:
            return F.relu(y + self.bn3(self.project(x)))
        if self.more:
            kept = x[:, :, :: self.stride, :: self.stride]
            zeros = kept.new_zeros(len(x), self.more, *kept.shape[2:])
            return F.relu(y + torch.cat([kept, zeros], 1))
        return F.relu(y + x)


class TorchResidual(nn.Module):
    """The same net in torch, with its tensors in the same order."""

    def __init__(self, blocks: int, *, projected: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(16)
        made: list[TorchBlock] = []
        maps = 16
        for filters in (16, 32, 64):
            for block in range(blocks):
                stride = 2 if filters > 16 and block == 0 else 1
                made.append(TorchBlock(maps, filters, stride, projected=projected))
                maps = filters
        self.blocks = nn.Sequential(*made)
        self.fc = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits [N, 10]."""
        x = self.blocks(F.relu(self.bn(self.conv(x))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def same_tensors(ours: nn.Module, theirs: nn.Module) -> None:
    """Draw the torch net's tensors and copy them into ours in order; both nets order tensors by layer."""
    draws = torch.Generator().manual_seed(0)
    mine: dict[str, Any] = ours.state_dict()
    for (name, own), other in zip(mine.items(), theirs.state_dict().values(), strict=True):
        assert own.shape == other.shape, name
        if other.is_floating_point():
            other.copy_(torch.rand(other.shape, generator=draws) * 0.2 + (0.9 if other.dim() == 1 else -0.1))
        own.copy_(other)


def torch_body(shape: tuple[int, ...]) -> nn.Module:
    """Return a residual net of eight layers in torch for maps of this shape; suites name this function."""
    assert shape[0] == 3
    return TorchResidual(1, projected=True)
