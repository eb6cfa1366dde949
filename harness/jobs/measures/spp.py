"""Measurement of spatial pyramid pooling: bins, outputs, and whether the bins divide a map evenly."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from harness.jobs.measures.quantity import Computed, Number
from harness.models.layers import PyramidPool


class Spp(Computed):
    """A pyramid of square levels over maps of a given size (PReLU sections 2.1 and 2.3)."""

    what: Literal["spp"]
    levels: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    """Bins along a side, for each level."""
    channels: PositiveInt
    side: PositiveInt
    """Side of the pooled maps."""

    def numbers(self) -> dict[str, Number]:
        """Return the bins of all levels, the number of outputs, and the levels that do not divide the map evenly."""
        pool = PyramidPool("spp", self.levels)
        outputs = pool.output((self.channels, self.side, self.side))[0]
        uneven = sum(1 for level in self.levels if self.side % level)
        return {
            "levels": Number(len(self.levels), "", "levels"),
            "bins": Number(pool.bins, "", "bins"),
            "outputs": Number(outputs, "", "numbers for the first fully connected layer"),
            "uneven_levels": Number(uneven, "", "levels that do not divide the map evenly"),
        }
