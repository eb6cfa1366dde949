"""Inspection of first-layer kernels: how colourful and how oriented they are, by group (AlexNet section 6.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import PositiveInt

from harness.jobs.inspections.inspected import Inspected
from harness.jobs.inspections.layer_lookup import convolution, groups_after
from harness.jobs.measures.quantity import Quantity
from harness.models.layers import Traced


class Kernels(Inspected):
    """Colourfulness and orientation selectivity of the kernels of one convolution.

    The colourfulness of a kernel w is 1 - 3 sum g^2 / sum w^2, with g the mean of its three colours at each position.
    It is the share of the kernel's energy that a grey image cannot excite. It is 0 for a kernel blind to colour, 1 for
    a kernel whose colours cancel at every position, and 2/3 on average for independent random weights. It is not
    defined for grey images.

    The orientation selectivity is the largest share of a kernel's spectral energy within one of eight bands of
    orientation, each 22.5 degrees wide. The mean of each colour is removed first. The spectrum has 32 x 32 points, or
    twice the kernel's side if that is more; it is summed over colours, within the circle that every orientation
    reaches. Gaussian kernels, as many and drawn by the net's seed, are measured for comparison.
    """

    what: Literal["kernels"]
    layer: str = "conv1"
    groups: PositiveInt | None = None
    """Number of equal groups of kernels; None takes as many as the next convolution keeps apart."""

    def quantities(self, layers: Sequence[Traced], _classes: int) -> dict[str, Quantity]:
        """Return both numbers over all kernels; with groups, also each group's colourfulness and their difference.

        Raises ValueError if the layer is no convolution, or if the groups do not divide its kernels.
        """
        groups = self.group_count(layers)
        found = {
            "colourfulness": Quantity("", f"{self.layer}, mean colourfulness of a kernel"),
            "orientation_selectivity": Quantity("", f"{self.layer}, mean orientation selectivity of a kernel"),
            "random_orientation_selectivity": Quantity("", "the same of Gaussian kernels"),
        }
        if groups == 1:
            return found
        return {
            **found,
            **{f"group{g}_colourfulness": Quantity("", f"group {g}, mean colourfulness") for g in range(1, groups + 1)},
            "colourfulness_difference": Quantity("", "colourfulness, most minus least colourful group"),
            "shuffled_difference": Quantity("", "the same with kernels allotted to groups at random, mean"),
        }

    def group_count(self, layers: Sequence[Traced]) -> int:
        """Return the number of groups of kernels. Raises ValueError like `quantities`."""
        traced = convolution(layers, self.layer)
        assert traced.kernels is not None
        groups = self.groups or groups_after(layers, traced)
        if traced.kernels.filters % groups:
            raise ValueError(f"{groups} groups do not divide the {traced.kernels.filters} kernels of {self.layer}")
        return groups
