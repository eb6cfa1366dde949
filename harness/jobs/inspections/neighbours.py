"""Inspection of nearest training images: nearest in a net's features against nearest in pixels (AlexNet 6.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import NonNegativeInt, PositiveInt

from harness.jobs.inspections.inspected import Inspected, SplitName
from harness.jobs.measures.quantity import Quantity
from harness.models.layers import Traced


class Neighbours(Inspected):
    """Nearest neighbours by Euclidean distance, in the output of the last hidden layer and in pixels.

    The net sees central views in test mode. The queries are the first images of the split in a seeded order of their
    ids. The queries shown are the first of these that all have different classes.
    """

    reads_features: ClassVar[bool] = True

    what: Literal["neighbours"]
    split: SplitName = "test"
    """Split of the queries. The neighbours are training images."""
    queries: PositiveInt = 500
    """Number of queries to measure the rates on; all images if the split has fewer."""
    neighbours: PositiveInt = 6  # section 6.1, Figure 4
    shown: PositiveInt = 5  # section 6.1, Figure 4
    seed: NonNegativeInt = 0

    def quantities(self, _layers: Sequence[Traced], _classes: int) -> dict[str, Quantity]:
        """Return, for both kinds of neighbours, the same-class rate and the distance from the query in pixels."""
        found = {}
        for kind in ("feature", "pixel"):
            found[f"{kind}_same_class_percent"] = Quantity("%", f"nearest in {kind}s that have the query's class")
            label = f"pixel distance of the nearest in {kind}s, against that of all training images"
            found[f"{kind}_distance_percent"] = Quantity("%", label)
        return found

    def ordered(self) -> tuple[tuple[str, str], ...]:
        """Return the one known order: no image is nearer in pixels than the nearest in pixels."""
        return (("pixel_distance_percent", "feature_distance_percent"),)

    def splits(self, _tested: SplitName | None) -> tuple[SplitName, ...]:
        """Return the training split and the split of the queries."""
        return ("train", self.split)
