"""Test images with the labels a net finds most probable (AlexNet Figure 4, PReLU Figures 4 and 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import NonNegativeInt, PositiveInt

from harness.jobs.inspections.inspected import Inspected, SplitName
from harness.jobs.measures.quantity import Quantity
from harness.models.layers import Traced
from harness.strict import Name


class Panel(Inspected):
    """A few images of a test with their five most probable labels, chosen by a seeded rule and never by hand.

    Images come in the order of a hash of the seed and their ids; those of the wanted kind are taken from the front, one
    of each class before a second of any.
    """

    what: Literal["panel"]
    evaluation: Name
    """Of the same experiment: the test whose predictions are shown."""
    images: PositiveInt = 8  # AlexNet section 6.1, Figure 4
    which: Literal["any", "right", "wrong", "worst_classes"] = "any"
    """Any; those with the correct label among the five, or without; or, three of each, errors of the worst classes."""
    seed: NonNegativeInt = 0

    def quantities(self, _layers: Sequence[Traced], _classes: int) -> dict[str, Quantity]:
        """How many are shown, and how many of them the net gets right."""
        return {
            "shown": Quantity("", "images shown"),
            "top1_right": Quantity("", "of them with the correct label first"),
            "top5_right": Quantity("", "of them with the correct label among the five most probable"),
        }

    def tests(self, experiment: str) -> dict[str, tuple[str, str]]:
        """The one test."""
        return {"test": (experiment, self.evaluation)}

    def splits(self, tested: SplitName | None) -> tuple[SplitName, ...]:
        """The split that was tested."""
        assert tested is not None
        return (tested,)

    def in_roles(self) -> Self:
        """With the test under the name of the job's input."""
        return self.model_copy(update={"evaluation": "test"})
