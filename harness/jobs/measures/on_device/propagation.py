"""Carries out `Propagation` and `Rescaling`: measured variances beside the predictions of eqs. 9 and 13."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import fmean

import torch
from torch import Tensor

from harness.jobs.measures.equations import backward_product, conv_factors, forward_product, kept
from harness.jobs.measures.net import MeasuredNet, of_convolutions
from harness.jobs.measures.on_device.nets import PRECISION, first_network, mean_square, random_images
from harness.jobs.measures.propagation import Propagation, Rescaling
from harness.jobs.measures.quantity import flat
from harness.jobs.measures.variances import Attenuation
from harness.jobs.randomness import generator
from harness.models.initialisation import FanScaled, Gaussian
from harness.models.layers import Layer, trace
from harness.models.network import child_name


@dataclass
class Passage:
    """Variances measured in one pass through the convolutions of a net and back."""

    pixels: float
    """E[x_1^2], the mean square of the images."""
    responses: dict[str, float] = field(default_factory=dict)
    """Var[y_l] by convolution."""
    gradients: dict[str, float] = field(default_factory=dict)
    """Var[Delta x_l] by convolution, summed over the positions of a map."""
    upstream: float = 0.0
    """Var[Delta x_(L+1)], summed over the positions of a map."""
    shares: list[float] = field(default_factory=list)
    """E[x^2] / Var[y] across each rectifier."""

    def forward(self) -> list[float]:
        """Return Var[y_1] to Var[y_L]."""
        return list(self.responses.values())

    def backward(self) -> list[float]:
        """Return Var[Delta x_1] to Var[Delta x_(L+1)]."""
        return [*self.gradients.values(), self.upstream]


def measure(spec: Propagation, seed: int | None, device: str) -> dict[str, float]:
    """Measure the quantities of a `Propagation`."""
    assert seed is not None
    factors = conv_factors(spec.net, spec.initialisation)
    passage = pass_through(spec, spec.initialisation, seed, device)
    forward, backward = passage.forward(), passage.backward()
    slopes = [kept([found]) for layer in spec.net.convolutional() if (found := layer.activation) is not None]
    return {
        **_against("forward", forward[-1] / forward[0], forward_product(factors)),
        **_against("backward", backward[1] / backward[-1], backward_product(factors)),
        "first_layer_factor": forward[0] / passage.pixels,
        "first_layer_predicted": factors[0].forward,
        "rectified_share": fmean(passage.shares),
        "rectified_predicted": fmean(slopes),
        **{f"{flat(name)}_variance": value for name, value in passage.responses.items()},
        **{f"{flat(name)}_gradient": value for name, value in passage.gradients.items()},
    }


def compare(spec: Rescaling, seed: int | None, device: str) -> dict[str, float]:
    """Measure the quantities of a `Rescaling`."""
    assert seed is not None
    mine, theirs = (pass_through(spec, rule, seed, device) for rule in (spec.initialisation, spec.against))
    predicted = Attenuation(
        what="attenuation", net=spec.net, initialisation=spec.initialisation, against=spec.against
    ).ratios()
    first, *later = predicted.values()
    return {
        **_attenuation("gradient", mine.backward()[1], theirs.backward()[1], math.prod(later)),
        **_attenuation("signal", mine.forward()[-1], theirs.forward()[-1], first * math.prod(later)),
    }


def pass_through(spec: Propagation | Rescaling, rule: Gaussian | FanScaled, seed: int, device: str) -> Passage:
    """Send random images through the convolutions and a random gradient back; return the variances."""
    network = first_network(spec.net, spec.net.convolutional(), of_convolutions(rule), seed, device)
    x = random_images(spec.inputs, spec.net, spec.batch, seed, device).requires_grad_()
    passage = Passage(mean_square(x))
    inputs: dict[str, Tensor] = {}
    layers = _by_child(spec.net)
    for name, y in network.passing(x):
        layer = layers.get(name)
        if layer is not None and layer.activation is None:
            inputs.setdefault(layer.name, x)
            passage.responses[layer.name] = mean_square(y)
        elif layer is not None:
            passage.shares.append(mean_square(y) / mean_square(x))
        x = y
    upstream = torch.randn(x.shape, generator=generator(seed, "upstream"), dtype=PRECISION).to(device)
    gradients = torch.autograd.grad(x, list(inputs.values()), upstream)
    passage.gradients = {name: _by_map(delta) for name, delta in zip(inputs, gradients, strict=True)}
    passage.upstream = _by_map(upstream)
    return passage


def _by_child(net: MeasuredNet) -> dict[str, Layer]:
    """Return convolutions and activations by module name; a convolution's starts at its zero padding."""
    return dict(_children(net))


def _children(net: MeasuredNet) -> Iterator[tuple[str, Layer]]:
    for one in trace(net.convolutional(), net.input):
        if one.kernels is not None:
            yield f"{child_name(one.name)}_pad", one.layer
        if one.kernels is not None or one.layer.activation is not None:
            yield child_name(one.name), one.layer


def _by_map(delta: Tensor) -> float:
    """Return the mean square summed over the positions of a map."""
    return float(delta.square().sum((2, 3)).mean())


def _against(way: str, ratio: float, predicted: float) -> dict[str, float]:
    error = math.log2(ratio / predicted)
    return {f"{way}_ratio": ratio, f"{way}_predicted": predicted, f"{way}_log2_error": error}


def _attenuation(of: str, mine: float, theirs: float, predicted: float) -> dict[str, float]:
    """Return the measured attenuation of amplitudes, the square root of that of variances, with its prediction."""
    measured = math.sqrt(theirs / mine)
    error = 100 * (measured / predicted - 1)
    return {f"{of}_attenuation": measured, f"{of}_predicted": predicted, f"{of}_error_percent": error}
