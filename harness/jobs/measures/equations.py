"""The variances of signals and gradients, layer by layer, as derived in section 2.2 of the PReLU paper."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.jobs.measures.net import MeasuredNet, of_convolutions
from harness.models.initialisation import FanScaled, Gaussian, standard_deviations
from harness.models.layers import Activation, Layer, Traced, require_chain, trace


class Factors(NamedTuple):
    """Factors by which one convolution l changes variances.

    `forward` is Var[y_l] / Var[y_(l-1)]; for the first layer it is Var[y_1] / E[x_1^2] (eq. 8). `backward` is Var[Delta
    x_l] / Var[Delta x_(l+1)] (eq. 12), where both variances are summed over the positions of a map. So it holds for any
    stride, and for maps without padding too.
    """

    layer: str
    std: float
    forward: float
    backward: float


def conv_factors(net: MeasuredNet, initialisation: Gaussian | FanScaled) -> list[Factors]:
    """Return the factors of every convolution in the order of the net. Pooling is ignored, as in the equations.

    Raises ValueError if the net is no chain, or has layers that the equations do not cover: other activations,
    normalisations, biases, or layers of local filters.
    """
    traced = tuple(trace(net.convolutional(), net.input))
    require_chain(traced, "the equations are of")
    if isinstance(initialisation, Gaussian) and initialisation.bias_one:
        raise ValueError("bias_one: the equations are of layers without biases; leave it out")
    for one in traced:
        if one.layer.in_equations == "unknown":
            raise ValueError(f"layer {one.name}: {_unknown(one.layer)}")
    stds = standard_deviations(traced, of_convolutions(initialisation), net.full_size(), net.left_out())
    return list(_factors(traced, stds))


def forward_product(factors: Sequence[Factors]) -> float:
    """Return Var[y_L] / Var[y_1], eq. 9."""
    return math.prod(one.forward for one in factors[1:])


def backward_product(factors: Sequence[Factors]) -> float:
    """Return Var[Delta x_2] / Var[Delta x_(L+1)], eq. 13."""
    return math.prod(one.backward for one in factors[1:])


def kept(activations: Iterable[Activation]) -> float:
    """Return the share of a symmetric signal's mean square that rectifiers keep, 1/2 (1 + a^2) each; 1 without any.

    Raises ValueError for activations that are no rectifiers.
    """
    part = 1.0
    for layer in activations:
        if layer.kind in {"tanh", "logistic"}:
            raise ValueError(f"layer {layer.name}: the equations are of rectifiers, not of {layer.kind}")
        part *= (1 + layer.slope**2) / 2
    return part


def _factors(traced: Sequence[Traced], stds: dict[str, float]) -> Iterator[Factors]:
    places = [index for index, one in enumerate(traced) if one.kernels is not None]
    for place, before, after in zip(places, [0, *places[:-1]], [*places[1:], len(traced)], strict=True):
        name, (weight,) = traced[place].name, traced[place].weighted
        variance = stds[name] ** 2
        yield Factors(
            name,
            stds[name],
            kept(_activations(traced[before:place])) * weight.fan_in * variance,
            kept(_activations(traced[place:after])) * weight.fan_out * variance,
        )


def _activations(traced: Iterable[Traced]) -> Iterator[Activation]:
    return (found for one in traced if (found := one.layer.activation) is not None)


def _unknown(layer: Layer) -> str:
    """Say why the equations do not hold across a layer, and how to avoid it."""
    said = layer.kind_name.replace("_", " ")
    remedy = "; give the model response_norm: false" if layer.kind_name == "response_norm" else ""
    return f"the equations know no {said}{remedy}"
