"""What an inspection is: a spec that names every number it yields before any net is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Self

from harness.jobs.measures.quantity import Quantity
from harness.models.layers import Traced
from harness.strict import Strict

SplitName = Literal["train", "val", "test"]


class Inspected(Strict):
    """What every spec of an inspection can say of itself."""

    reads_features: ClassVar[bool] = False
    """Whether it needs the layer that is an image's feature vector."""

    def quantities(self, _layers: Sequence[Traced], _classes: int) -> dict[str, Quantity]:
        """Every number it yields on a net with these layers, by a flat name; ValueError where it makes no sense."""
        raise NotImplementedError

    def tests(self, _experiment: str) -> dict[str, tuple[str, str]]:
        """The tests whose predictions it reads: by the name of the job's input, (experiment, evaluation)."""
        return {}

    def ordered(self) -> tuple[tuple[str, str], ...]:
        """Pairs of numbers of which the first is never larger than the second, by how they are defined."""
        return ()

    def splits(self, _tested: SplitName | None) -> tuple[SplitName, ...]:
        """The splits whose images or classes it reads; `tested` is that of the predictions."""
        return ()

    def in_roles(self) -> Self:
        """The spec with names of a suite replaced by those of the job's inputs, so that renaming changes no address."""
        return self
