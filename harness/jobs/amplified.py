"""Probes of layers and of tests with amplified inputs, because small first weights hide most of the method.

With small first weights, response normalisation divides by almost a constant. A softmax of small logits is almost
linear, so averaging views before or after it gives the same result. A probe at that size would not notice a change of
either. So this module shows layers without weights inputs as large as pixels, and scales the logits of a test until the
softmax is far from linear. `harness.jobs.probe` records both.
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
"""Standard deviation of the inputs shown to layers: about that of an image after the mean image is subtracted."""
SURE = 8.0
"""Target for the largest deviation of a logit from its class mean over views. Softmax is far from linear there."""
KEPT = 16
"""How many numbers of a layer's response are kept, at evenly spaced positions."""


@torch.inference_mode()
def responses(network: Network, device: torch.device) -> dict[str, list[float]]:
    """Apply each layer without weights to noise as large as pixels and summarise its output.

    Returns, by layer name, the mean, the root mean square and `KEPT` numbers of the output. The network is set to test
    mode, so layers that draw random numbers or keep running statistics behave as in a test.
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
    """Logits of every view that passed through a network, with the factor that scales them up to `SURE`."""

    seen: list[Tensor] = field(default_factory=list)

    @property
    def centre(self) -> Tensor:
        """Mean logit of each class over all views, [classes]. Biases may account for almost all of it."""
        return torch.cat(self.seen).mean(0)

    @property
    def furthest(self) -> float:
        """Largest absolute deviation of a logit from its class mean."""
        return float((torch.cat(self.seen) - self.centre).abs().max())

    @property
    def times(self) -> float | None:
        """Factor that scales `furthest` to `SURE`; None if all views have equal logits or a logit is not finite."""
        return SURE / self.furthest if 0 < self.furthest < math.inf else None

    @property
    def largest(self) -> float:
        """Largest absolute logit. Rounding errors grow with it."""
        return float(torch.cat(self.seen).abs().max())


@contextmanager
def watched(network: Network) -> Iterator[Logits]:
    """Record the logits of every forward pass of a network within the `with` block."""
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
    """Scale the network's logits, within the `with` block, so that the largest deviation from a class mean is `SURE`.

    Raises AssertionError if `logits.times` is None.
    """
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
    """Return the module that produces the logits; it is the last child, also in a network that was cut in two."""
    return list(network.children())[-1]
