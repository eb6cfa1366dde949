"""The base of all inspection specs: a spec names every number that it yields before any net is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Self

from harness.jobs.measures.quantity import Quantity
from harness.models.layers import Traced
from harness.strict import Strict

SplitName = Literal["train", "val", "test"]


class Inspected(Strict):
    """Base class of inspection specs. Subclasses override the methods that apply to them."""

    reads_features: ClassVar[bool] = False
    """Whether the inspection needs the net to name its feature layer (`Net.hidden_feature`)."""

    def quantities(self, _layers: Sequence[Traced], _classes: int) -> dict[str, Quantity]:
        """Return every number that the inspection yields on a net with these layers, by a flat name.

        Raises ValueError if the inspection makes no sense on such a net.
        """
        raise NotImplementedError

    def tests(self, _experiment: str) -> dict[str, tuple[str, str]]:
        """Return the tests whose predictions it reads: the name of the job's input -> (experiment, evaluation)."""
        return {}

    def ordered(self) -> tuple[tuple[str, str], ...]:
        """Return pairs (a, b) of names of numbers with a <= b by their definitions."""
        return ()

    def splits(self, _tested: SplitName | None) -> tuple[SplitName, ...]:
        """Return the splits whose images or classes it reads; `tested` is the split of the predictions."""
        return ()

    def in_roles(self) -> Self:
        """Return the spec with a suite's names replaced by those of the job's inputs; renaming then keeps the key."""
        return self
