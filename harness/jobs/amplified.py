"""Probes at a size where a net does something: on what small first weights give, much is nearly the identity.

Response normalisation divides first activities by almost a constant, and a softmax of first logits is almost linear, so
that an average over views comes out the same before and after it. Neither says much of the method. So layers without
weights are also asked for what they make of numbers as large as pixels, and tests for what they say when the net is
sure of itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor

from harness.jobs.randomness import generator
from harness.models.network import Network, child_name

PIXELS = 50.0
"""The standard deviation of what layers are shown: that of an image less the mean image, or nearly."""
SURE = 8.0
"""What the largest deviation of a logit from its class's mean over views becomes; softmax is far from linear there."""
KEPT = 16
"""Numbers of a layer's response that are kept, at places as far apart as there are."""


@torch.inference_mode()
def responses(network: Network, device: torch.device) -> dict[str, list[float]]:
    """What each layer without weights makes of maps as large as pixels: mean, root mean square, and a few numbers.

    By the layer's name. Nets that draw or remember are as at test time.
    """
    found = {}
    network.eval()
    for one in network.traced.values():
        if not one.weighted:
            draws = generator(0, f"response {one.name}")
            inputs = [PIXELS * torch.randn((1, *shape), generator=draws).to(device) for shape in one.shapes]
            response: Tensor = network.get_submodule(child_name(one.name))(*inputs)
            flat = response.double().flatten().cpu()
            places = torch.linspace(0, len(flat) - 1, KEPT, dtype=torch.float64).long()
            found[one.name] = [float(flat.mean()), float(flat.square().mean().sqrt()), *flat[places].tolist()]
    return found


@dataclass
class Logits:
    """The logits of every view that went through a net, and how to make their differences those of a sure one."""

    seen: list[Tensor] = field(default_factory=list)

    @property
    def centre(self) -> Tensor:
        """Of each class the mean over views, which biases may make up nearly whole."""
        return torch.cat(self.seen).mean(0)

    @property
    def furthest(self) -> float:
        """The largest deviation of a logit from its class's mean."""
        return float((torch.cat(self.seen) - self.centre).abs().max())

    @property
    def times(self) -> float | None:
        """What makes it that of a sure net; None where views are all the same, or logits no numbers."""
        return SURE / self.furthest if 0 < self.furthest < math.inf else None

    @property
    def largest(self) -> float:
        """The largest logit, with which rounding grows."""
        return float(torch.cat(self.seen).abs().max())


@contextmanager
def watched(network: Network) -> Iterator[Logits]:
    """Note the logits of every pass through a net."""
    logits = Logits()

    def note(_module: object, _inputs: object, found: Tensor) -> None:
        logits.seen.append(found.detach().double().cpu())

    hook = _last(network).register_forward_hook(note)
    try:
        yield logits
    finally:
        hook.remove()


@contextmanager
def amplified(network: Network, logits: Logits) -> Iterator[None]:
    """The net with logits as far from their classes' means as those of a sure one."""
    centre, times = logits.centre, logits.times
    assert times is not None
    hook = _last(network).register_forward_hook(
        lambda _module, _inputs, found: ((found.double() - centre.to(found.device)) * times).to(found.dtype)
    )
    try:
        yield
    finally:
        hook.remove()


def _last(network: Network) -> torch.nn.Module:
    """The module whose outputs are the logits, in a net that is cut in two as well."""
    return list(network.children())[-1]
