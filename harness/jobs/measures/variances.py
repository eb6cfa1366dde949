"""Measurements of how a rule for first weights scales signals and gradients through a net, by the equations alone."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import PositiveInt, model_validator

from harness.jobs.measures.equations import backward_product, conv_factors, forward_product
from harness.jobs.measures.net import OfNet
from harness.jobs.measures.quantity import Computed, Number, flat
from harness.models.initialisation import Initialisation
from harness.models.layers import trace


class VarianceProducts(OfNet, Computed):
    """The products of eqs. 9 and 13 over the convolutions of a network under a rule, and their extreme factors."""

    what: Literal["variance_products"]
    initialisation: Initialisation

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.numbers()
        return self

    def numbers(self) -> dict[str, Number]:
        """Return the products over l = 2 to L, the first layer's factor, and c_2 / d_L."""
        factors = conv_factors(self.net, self.initialisation)
        later = factors[1:] or factors
        convs = [one for one in trace(self.net.convolutional(), self.net.input) if one.kernels is not None]
        inputs, filters = convs[min(1, len(convs) - 1)].input[0], convs[-1].output[0]
        return {
            "forward_product": Number(forward_product(factors), "", "Var[y_L] / Var[y_1] by eq. 9"),
            "backward_product": Number(backward_product(factors), "", "Var[dx_2] / Var[dx_(L+1)] by eq. 13"),
            "first_layer_factor": Number(factors[0].forward, "", "Var[y_1] / E[x_1^2]"),
            "smallest_forward_factor": Number(min(one.forward for one in later), "", "smallest factor of eq. 9"),
            "largest_forward_factor": Number(max(one.forward for one in later), "", "largest factor of eq. 9"),
            "smallest_backward_factor": Number(min(one.backward for one in later), "", "smallest factor of eq. 13"),
            "largest_backward_factor": Number(max(one.backward for one in later), "", "largest factor of eq. 13"),
            "c2_over_dl": Number(inputs / filters, "", "c_2 / d_L"),
            "conv_layers": Number(len(factors), "", "convolutions"),
        }


class Attenuation(OfNet, Computed):
    """Attenuation of signals and gradients under one rule for first weights against another, from the stds alone.

    A net of rectifiers without biases scales with its weights. So with the same random numbers the amplitudes differ by
    the product of the ratios of stds: from conv2 to the last convolution (eqs. 9 and 13), or from conv1 on.
    """

    what: Literal["attenuation"]
    initialisation: Initialisation
    against: Initialisation
    significant_digits: PositiveInt = 2
    """Digits to which the paper rounds each factor before it multiplies (5.9, 4.2, 2.9 and 2.1 in section 2.2)."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.numbers()
        return self

    def numbers(self) -> dict[str, Number]:
        """Return the products, exact and from rounded factors, and the factor of every layer."""
        ratios = self.ratios()
        first, *later = ratios.values()
        rounded = math.prod(_rounded(ratio, self.significant_digits) for ratio in later)
        return {
            "attenuation": Number(math.prod(later), "", "attenuation from the last convolution to conv2"),
            "attenuation_rounded": Number(rounded, "", "the same from rounded factors"),
            "attenuation_from_input": Number(first * math.prod(later), "", "attenuation over every convolution"),
            **{f"{flat(name)}_factor": Number(ratio, "", f"{name}, factor") for name, ratio in ratios.items()},
        }

    def ratios(self) -> dict[str, float]:
        """Return, by convolution, the std under `against` divided by that under the rule itself."""
        pairs = zip(conv_factors(self.net, self.initialisation), conv_factors(self.net, self.against), strict=True)
        return {mine.layer: theirs.std / mine.std for mine, theirs in pairs}


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
