"""Inspection of the sizes of the loss gradient and of the weight-decay term in each layer (PReLU section 2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import NonNegativeInt, PositiveInt

from harness.jobs.inspections.inspected import Inspected, SplitName
from harness.jobs.measures.quantity import Quantity, flat
from harness.models.initialisation import drawn
from harness.models.layers import Traced


class Gradients(Inspected):
    """Euclidean norms, over the weights of each layer, of dL/dw and of the recipe's weight decay times w.

    L is the mean cross-entropy of one batch of training images: the first in a seeded order of their ids. The net sees
    their central views in test mode, in single precision.
    """

    what: Literal["gradients"]
    batch: PositiveInt = 128  # PReLU section 3
    seed: NonNegativeInt = 0

    def quantities(self, layers: Sequence[Traced], _classes: int) -> dict[str, Quantity]:
        """Return both norms for each layer with weights and for all weights together, and the ratio of the latter."""
        names = [name for name, _, _ in drawn(layers)]
        found = {"loss": Quantity("nats", "mean cross-entropy of the batch")}
        for name in names:
            found[f"{flat(name)}_gradient"] = Quantity("", f"{name}, norm of the loss gradient")
            found[f"{flat(name)}_decay"] = Quantity("", f"{name}, norm of the weight-decay term")
        return {
            **found,
            "gradient": Quantity("", "norm of the loss gradient, all weights"),
            "decay": Quantity("", "norm of the weight-decay term, all weights"),
            "decay_to_gradient": Quantity("", "weight-decay term against loss gradient"),
        }

    def splits(self, _tested: SplitName | None) -> tuple[SplitName, ...]:
        """Return the training split."""
        return ("train",)
