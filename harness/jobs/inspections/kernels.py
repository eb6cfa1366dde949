"""The kernels of the first layer: how colourful and how oriented they are, group by group (AlexNet section 6.1)."""

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

    The colourfulness of a kernel w is 1 - 3 sum g^2 / sum w^2 with g the mean of its three colours at each place: the
    share of its energy that a grey image cannot excite. It is 0 for a kernel blind to colour and 1 for one that adds to
    nothing everywhere; of independent random weights it is 2/3. On grey images there is none.

    The orientation selectivity is the largest share of the energy of a kernel's spectrum that one of eight bands of
    orientation holds, each 22.5 degrees wide. The mean of each colour is removed first, the spectrum is taken on
    32 x 32 points, or twice the side where that is more, within the circle that every orientation reaches, and summed
    over colours. That of as many Gaussian kernels, drawn by the net's seed, stands beside it.
    """

    what: Literal["kernels"]
    layer: str = "conv1"
    groups: PositiveInt | None = None
    """How many equal groups the kernels fall into; without it, as many as the next convolution keeps apart."""

    def quantities(self, layers: Sequence[Traced], _classes: int) -> dict[str, Quantity]:
        """Both numbers over all kernels; with groups, the colourfulness of each, and how far they are apart.

        Raises ValueError for a layer that is no convolution, or groups that do not divide its kernels.
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
        """Into how many groups the kernels fall; raises ValueError as `quantities` does."""
        traced = convolution(layers, self.layer)
        assert traced.kernels is not None
        groups = self.groups or groups_after(layers, traced)
        if traced.kernels.filters % groups:
            raise ValueError(f"{groups} groups do not divide the {traced.kernels.filters} kernels of {self.layer}")
        return groups
