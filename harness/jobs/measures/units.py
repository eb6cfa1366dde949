"""Checks of the papers' formulas on the modules that trainings use, each against a reference written out."""

from __future__ import annotations

from typing import Literal

from harness.jobs.measures.quantity import Measured, Quantity

CHECKS: dict[str, dict[str, str]] = {
    "prelu": {
        "definition_difference": "eq. 1 against max(0, y) + a min(0, y)",
        "module_difference": "the PReLU layer against eq. 1",
        "relu_difference": "PReLU at a = 0 against ReLU",
        "leaky_difference": "PReLU at a = 0.01 against Leaky ReLU",
        "identity_difference": "PReLU at a = 1 against its input",
        "slope_gradient_difference": "gradient of a_i against eqs. 2 and 3",
        "slope_finite_difference": "gradient of a_i against finite differences",
        "shared_gradient_difference": "gradient of a shared a against its sum over channels",
        "shared_finite_difference": "gradient of a shared a against finite differences",
        "input_gradient_difference": "gradient of y against 1 or a_i",
    },
    "dropout": {
        "one_layer_difference": "halved outputs against the geometric mean over all masks, one hidden layer",
        "two_layer_difference": "halved outputs against the geometric mean over all masks, two hidden layers",
        "arithmetic_mean_difference": "halved outputs against the arithmetic mean over all masks, one hidden layer",
        "masks": "masks of the one hidden layer",
    },
    "rectifier": {
        "positive_gradient_difference": "gradient of max(0, x) against 1, from 1e-300 to 1e300",
        "tanh_largest_gradient": "largest gradient of tanh from 20 to 1e300",
        "one_positive_neurons": "neurons with exactly one positive response",
        "one_positive_without_gradient": "those that would not learn",
        "no_positive_with_gradient": "neurons without a positive response that would learn",
    },
    "response_norm": {
        "formula_difference": "the layer against the printed formula",
        "gradient_difference": "its gradient against finite differences",
        "torch_difference": "torch's layer at the printed alpha against the printed formula",
        "torch_scaled_difference": "torch's layer at n times the printed alpha against the printed formula",
    },
    "update": {
        "difference": "weights against the printed rule, across a drop of the rate",
        "rate_outside_difference": "the same with the rate outside the velocity",
        "slope_difference": "PReLU slopes against eq. 4, without decay, across a drop of the rate",
        "slope_decay": "weight decay of PReLU slopes",
    },
}
"""Numbers of each check: largest absolute differences, or counts."""


class Units(Measured):
    """One group of checks, in float64 on fixed random numbers. Differences are the largest absolute ones.

    - prelu: PReLU eqs. 1 to 3.
    - dropout: AlexNet section 4.2, by enumerating every mask of a small net.
    - rectifier: AlexNet section 3.3; rectifiers do not saturate, and learn from one positive input.
    - response_norm: the formula of AlexNet section 3.3.
    - update: AlexNet section 5 and PReLU eq. 4.
    """

    what: Literal["units"]
    of: Literal["prelu", "dropout", "rectifier", "response_norm", "update"]

    def quantities(self) -> dict[str, Quantity]:
        """Return the numbers of the check."""
        return {name: Quantity("", label) for name, label in CHECKS[self.of].items()}
