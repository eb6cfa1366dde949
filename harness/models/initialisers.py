"""Draws a net's first weights by a rule, as a function of one generator alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch

from harness.models.initialisation import FanScaled, Gaussian, first_biases, standard_deviations
from harness.models.layers import Traced
from harness.models.network import Network, Weighted, child_name


@torch.no_grad()
def initialise(
    network: Network,
    traced: Sequence[Traced],
    spec: Gaussian | FanScaled,
    generator: torch.Generator,
    full: Sequence[Traced] = (),
    left_out: Collection[str] = (),
) -> None:
    """Fill every weight and bias of the net in place, layer by layer, from one generator on the CPU.

    Numbers are drawn on the CPU in float32 and copied, so that a seed means the same net on every device; from one seed
    two rules draw the same normal numbers and differ in their scale. PReLU slopes keep the value they were built with.
    For `full` and `left_out`, and for what raises ValueError, see `standard_deviations` and `first_biases`.
    """
    biases = first_biases(traced, spec, left_out)
    for name, std in standard_deviations(traced, spec, full, left_out).items():
        layer = network.get_submodule(child_name(name))
        assert isinstance(layer, Weighted)
        assert layer.bias is not None
        layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * std)
        layer.bias.fill_(biases[name])
