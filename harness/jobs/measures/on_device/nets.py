"""Nets with their first weights and random images in float64, all drawn from one seed."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from harness.jobs.measures.net import MeasuredNet
from harness.jobs.measures.propagation import Inputs
from harness.jobs.randomness import generator
from harness.models.initialisation import FanScaled, Gaussian
from harness.models.initialisers import initialise
from harness.models.layers import Layer, trace
from harness.models.network import Network, build

PRECISION = torch.float64


def first_network(
    net: MeasuredNet, layers: Iterable[Layer], rule: Gaussian | FanScaled, seed: int, device: str
) -> Network:
    """Build the given layers of a net, with first weights drawn by a rule."""
    layers = tuple(layers)
    network = build(layers, net.input).to(PRECISION)
    traced = tuple(trace(layers, net.input))
    initialise(network, traced, rule, generator(seed, "weights"), net.full_size(), net.left_out())
    return network.to(device)


def random_images(inputs: Inputs, net: MeasuredNet, batch: int, seed: int, device: str) -> Tensor:
    """Draw independent pixels, [batch, channels, height, width]."""
    draws = generator(seed, "inputs")
    shape = (batch, *net.input)
    if inputs.kind == "gaussian":
        images = torch.randn(shape, generator=draws, dtype=PRECISION)
    else:
        images = 2 * torch.rand(shape, generator=draws, dtype=PRECISION) - 1
    return (inputs.size * images).to(device)


def mean_square(x: Tensor) -> float:
    """Return the mean of x^2 over all elements."""
    return float(x.detach().square().mean())
