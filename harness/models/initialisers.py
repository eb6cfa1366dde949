"""Draws a net's first weights by a rule, from a single generator."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch

from harness.models.initialisation import FanScaled, Gaussian, drawn, first_biases, standard_deviations
from harness.models.layers import Traced
from harness.models.network import Network, child_name


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

    Numbers are drawn on the CPU in float32 and copied, so that a seed gives the same net on every device. With the same
    seed, two rules draw the same normal numbers and differ only in their scale. Tensors with a declared first value
    keep it: slopes, scales, shifts, running statistics. See `standard_deviations` and `first_biases` for `full`,
    `left_out` and the ValueErrors raised.
    """
    biases, stds = first_biases(traced, spec, left_out), standard_deviations(traced, spec, full, left_out)
    for name, one, weight in drawn(traced):
        tensor = network.get_parameter(f"{child_name(one.name)}.{weight.name}")
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * stds[name])
    for one in traced:
        for bias in (each for each in one.learned if each.kind == "bias" and each.first is None):
            network.get_parameter(f"{child_name(one.name)}.{bias.name}").fill_(biases[one.name])
