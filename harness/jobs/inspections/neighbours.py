"""The training images nearest to a test image in the net's features, against those nearest in pixels (AlexNet 6.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import NonNegativeInt, PositiveInt

from harness.jobs.inspections.inspected import Inspected, SplitName
from harness.jobs.measures.quantity import Quantity
from harness.models.layers import Traced


class Neighbours(Inspected):
    """Nearest neighbours by Euclidean distance, in the output of the last hidden layer and in pixels.

    Images are seen through the central view, features at test time. The queries are the first images of the split in a
    seeded order of their ids; those shown are the first of these with a class each of their own.
    """

    reads_features: ClassVar[bool] = True

    what: Literal["neighbours"]
    split: SplitName = "test"
    """Where the queries come from; the neighbours are training images."""
    queries: PositiveInt = 500
    """That the rates are measured on; all images where the split has fewer."""
    neighbours: PositiveInt = 6  # section 6.1, Figure 4
    shown: PositiveInt = 5  # section 6.1, Figure 4
    seed: NonNegativeInt = 0

    def quantities(self, _layers: Sequence[Traced], _classes: int) -> dict[str, Quantity]:
        """Same-class rates of both kinds of neighbours, and how far from the query their pixels are."""
        found = {}
        for kind in ("feature", "pixel"):
            found[f"{kind}_same_class_percent"] = Quantity("%", f"nearest in {kind}s that have the query's class")
            label = f"pixel distance of the nearest in {kind}s, against that of all training images"
            found[f"{kind}_distance_percent"] = Quantity("%", label)
        return found

    def ordered(self) -> tuple[tuple[str, str], ...]:
        """Nothing is nearer in pixels than the nearest in pixels."""
        return (("pixel_distance_percent", "feature_distance_percent"),)

    def splits(self, _tested: SplitName | None) -> tuple[SplitName, ...]:
        """The training images, and the split that is asked about."""
        return ("train", self.split)
