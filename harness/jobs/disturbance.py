"""Disturbances of a probe's training, which show how far rounding errors can move it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from harness.jobs.randomness import generator
from harness.models.network import Network


@contextmanager
def onednn(*, enabled: bool) -> Iterator[None]:
    """Let torch use oneDNN, or only its own kernels, in the `with` block.

    `torch.backends.mkldnn.flags` would change the precision of oneDNN too.
    """
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = enabled  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before


@dataclass(frozen=True, slots=True)
class Nudge:
    """A tiny random change of first weights, to measure how far rounding errors can spread."""

    size: float
    """Largest change, as a fraction of the weight."""
    draw: int
    """Seed of the changes."""


@torch.no_grad()
def nudge_weights(network: Network, nudge: Nudge) -> None:
    """Multiply every weight by a random factor of at most 1 +- the nudge's size; other parameters stay."""
    draws = generator(nudge.draw, "nudge")
    for kind, _, parameter in network.kinds() if nudge.size else ():
        if kind == "weight":
            noise = 2 * torch.rand(parameter.shape, generator=draws) - 1
            parameter.mul_(1 + nudge.size * noise.to(parameter.device))
