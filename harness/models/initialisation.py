"""Rules for a net's first weights, as data: the standard deviation of every layer, without drawing a number.

Every rule draws weights from a Gaussian of mean zero. In PReLU's notation (section 2.2) a layer l has d_l filters of k
x k over c_l maps; n_l = k^2 c_l counts the connections of a response, and nhat_l = k^2 d_l those of an input. With
groups, both count the maps and filters of a single group, because groups are not connected.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat

from harness.models.layers import Parameter, Traced, nearest_levels
from harness.strict import Strict


class Gaussian(Strict):
    """One standard deviation for every layer, with some biases at one (AlexNet section 5)."""

    rule: Literal["gaussian"]
    std: PositiveFloat = 0.01  # AlexNet section 5
    std_of: dict[str, PositiveFloat] = Field(default_factory=dict)
    """Standard deviations of particular layers, as in the small nets of the authors' library."""
    gain: Literal["as_printed", "paper_fan_in"] = "as_printed"
    """`paper_fan_in` multiplies the std of each layer by sqrt(n of the full-size net / n here), so that a narrow net
    amplifies a signal as much as the paper's net. At full size both values are the same."""
    bias_one: list[str] = Field(default_factory=list)
    """Layers whose biases start at one, which gives their rectifiers positive inputs; all other biases start at
    zero."""


class FanScaled(Strict):
    """A standard deviation for each layer from its own connections, with biases at zero (PReLU section 2.2).

    - xavier: n_l Var = 1, as the paper uses it.
    - he_forward: eq. 10, 1/2 n_l Var = 1.
    - he_backward: eq. 14, 1/2 nhat_l Var = 1.
    - prelu_forward: eq. 15, 1/2 (1 + a^2) n_l Var = 1.
    - prelu_backward: the same with nhat_l.

    The slope a is the initial slope of the nearest activation: before the layer going forward, after it going backward.
    The first layer follows the same rule although no rectifier precedes it, because a factor on a single layer does not
    matter.
    """

    rule: Literal["xavier", "he_forward", "he_backward", "prelu_forward", "prelu_backward"]
    factor: PositiveFloat = 1.0
    """Factor for every std derived from connections; (1/128)^(1/L) is a remedy for inputs within [-128, 128]."""
    fc_std: tuple[PositiveFloat, PositiveFloat, PositiveFloat] | None = None
    """Stds of three fully connected layers, in place of the rule; the paper's are 0.01, 0.01 and 0.001."""
    gain: Literal["as_printed", "paper_fan_in"] = "as_printed"
    """Gain of `fc_std`: `paper_fan_in` multiplies each by sqrt(n of the full-size layer / n here), so that a narrow
    net's first outputs are as large as the paper's. The rule itself follows the width without it."""


Initialisation = Annotated[Gaussian | FanScaled, Field(discriminator="rule")]


def standard_deviations(
    traced: Sequence[Traced],
    spec: Gaussian | FanScaled,
    full: Sequence[Traced] = (),
    left_out: Collection[str] = (),
) -> dict[str, float]:
    """Return the std of every weight tensor, by the name that `drawn` gives it, in the order of the net.

    `full` is the net at the paper's own size; only the gain `paper_fan_in` reads it. `std_of` may name layers in
    `left_out`, so that a net without them needs no other recipe. Raises ValueError if `full` lacks a layer of the net,
    if `std_of` names an unknown layer, if `fc_std` meets a number of fully connected layers other than three, or if a
    rule needs one slope and several are equally near.

    >>> from harness.models.layers import Conv, trace
    >>> standard_deviations(tuple(trace([Conv("conv1", 50, 2)], (3, 8, 8))), FanScaled(rule="he_backward"))
    {'conv1': 0.1}
    """
    if isinstance(spec, FanScaled):
        return _fan_scaled(traced, spec, full)
    names = [name for name, _, _ in drawn(traced)]
    _check_names("std_of", spec.std_of, names, left_out)
    ratios = dict.fromkeys(names, 1.0) if spec.gain == "as_printed" else dict(_fan_in_ratios(traced, full))
    return {name: spec.std_of.get(name, spec.std) * math.sqrt(ratio) for name, ratio in ratios.items()}


def first_biases(
    traced: Sequence[Traced], spec: Gaussian | FanScaled, left_out: Collection[str] = ()
) -> dict[str, float]:
    """Return the first value of every layer's biases, by name.

    `bias_one` may name layers in `left_out`, so that a net without them needs no other recipe. Raises ValueError if
    `bias_one` names an unknown layer, or one without biases.
    """
    names = [one.name for one in learnable(traced)]
    ones = spec.bias_one if isinstance(spec, Gaussian) else []
    _check_names("bias_one", ones, names, left_out)
    biased = [one.name for one in traced if one.biases]
    if bare := [name for name in ones if name in names and name not in biased]:
        raise ValueError(f"bias_one: {', '.join(bare)} has no biases")
    return {name: float(name in ones) for name in biased}


def learnable(traced: Iterable[Traced]) -> Iterator[Traced]:
    """Yield the layers that have weights: convolutions, local and fully connected layers, and others with weights."""
    return (one for one in traced if one.weighted)


def drawn(traced: Iterable[Traced]) -> Iterator[tuple[str, Traced, Parameter]]:
    """Yield every weight tensor as (name, layer, parameter).

    The name is that of the layer, or `<layer>.<tensor>` if the tensor is not called `weight`.
    """
    for one in traced:
        for weight in one.weighted:
            yield one.name if weight.name == "weight" else f"{one.name}.{weight.name}", one, weight


def _check_names(what: str, given: Iterable[str], names: Collection[str], left_out: Collection[str]) -> None:
    unknown = set(given) - {*names, *left_out}
    if unknown:
        raise ValueError(f"{what}: no layer {', '.join(sorted(unknown))}; there are {', '.join(names)}")


def _fan_scaled(traced: Sequence[Traced], spec: FanScaled, full: Sequence[Traced]) -> dict[str, float]:
    backward = spec.rule.endswith("backward")
    stds = {
        name: spec.factor * math.sqrt(_gain(traced, one, spec.rule) / (weight.fan_out if backward else weight.fan_in))
        for name, one, weight in drawn(traced)
    }
    return stds | _fully_connected(traced, spec, full)


def _fully_connected(traced: Sequence[Traced], spec: FanScaled, full: Sequence[Traced]) -> dict[str, float]:
    if spec.fc_std is None:
        return {}
    layers = [one for one in traced if one.layer.family == "dense"]
    names = [one.name for one in layers]
    if len(names) != len(spec.fc_std):
        raise ValueError(f"fc_std gives {len(spec.fc_std)} stds, the net has {len(names)} fully connected layers")
    ratios = dict.fromkeys(names, 1.0) if spec.gain == "as_printed" else dict(_fan_in_ratios(layers, full))
    return {name: std * math.sqrt(ratios[name]) for name, std in zip(names, spec.fc_std, strict=True)}


def _gain(traced: Sequence[Traced], one: Traced, rule: str) -> float:
    """Return the value that n_l Var[w_l], or nhat_l Var[w_l], should have."""
    if rule == "xavier":
        return 1.0
    slope = _nearest_slope(traced, one.name, forward=rule == "prelu_forward") if rule.startswith("prelu") else 0.0
    return 2 / (1 + slope**2)


def _nearest_slope(traced: Sequence[Traced], name: str, *, forward: bool) -> float:
    """Return the slope of x_l = f(y_(l-1)) going forward, or of Delta y_l = f'(y_l) Delta x_(l+1) going backward.

    If no activation is on that side, the nearest on the other side counts. Raises ValueError for different slopes
    equally near.
    """
    for back in (forward, not forward):
        for level in nearest_levels(traced, name, back=back):
            slopes = {found.slope for one in level if (found := one.layer.activation) is not None}
            if len(slopes) > 1:
                many = " and ".join(f"{slope:g}" for slope in sorted(slopes))
                raise ValueError(f"layer {name}: the nearest activations have slopes of {many}; the rule knows one")
            if slopes:
                return slopes.pop()
    return 0.0


def _fan_in_ratios(traced: Iterable[Traced], full: Iterable[Traced]) -> Iterator[tuple[str, float]]:
    papers = {name: weight.fan_in for name, _, weight in drawn(full)}
    for name, _, weight in drawn(traced):
        if name not in papers:
            raise ValueError(f"gain paper_fan_in: the full-size net has no layer {name!r}")
        yield name, papers[name] / weight.fan_in
