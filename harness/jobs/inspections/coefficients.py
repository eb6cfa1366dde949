"""Inspection of the learned coefficients of PReLU, layer by layer (PReLU section 2.1, Table 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from harness.jobs.inspections.inspected import Inspected
from harness.jobs.inspections.layer_lookup import slope_owners
from harness.jobs.measures.quantity import Quantity, flat
from harness.models.layers import Traced


class Coefficients(Inspected):
    """The slopes of every learned PReLU. A layer's mean is over its channels; the shared form has a single value."""

    what: Literal["coefficients"]

    def quantities(self, layers: Sequence[Traced], _classes: int) -> dict[str, Quantity]:
        """Return the mean of each layer, named by the layer with weights before it, and statistics over all layers.

        Raises ValueError if the net has no PReLU.
        """
        owners = slope_owners(layers)
        if not owners:
            raise ValueError("the net has no PReLU, so no coefficients")
        means = {f"{flat(owner)}_mean": Quantity("", f"{owner}, mean coefficient") for owner in owners.values()}
        return {
            **means,
            "mean_magnitude": Quantity("", "mean of |a| over all coefficients"),
            "smallest": Quantity("", "smallest coefficient"),
            "largest": Quantity("", "largest coefficient"),
            "beyond_one_percent": Quantity("%", "coefficients with |a| > 1"),
            "negative_percent": Quantity("%", "coefficients with a < 0"),
            "negative": Quantity("", "coefficients with a < 0, where the activation is not monotonic"),
            "count": Quantity("", "coefficients"),
        }
