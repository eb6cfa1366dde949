"""Inspection that shows test images with the most probable labels (AlexNet Figure 4, PReLU Figures 4 and 5)."""

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

    Images are ordered by a hash of the seed and their ids. The panel takes those that `which` asks for from the front,
    one of each class before a second of any class.
    """

    what: Literal["panel"]
    evaluation: Name
    """Name of the evaluation of the same experiment whose predictions are shown."""
    images: PositiveInt = 8  # AlexNet section 6.1, Figure 4
    which: Literal["any", "right", "wrong", "worst_classes"] = "any"
    """The images to choose from. any: all. right or wrong: with or without the correct label among the five.
    worst_classes: errors of the three classes with the highest error, equally many of each."""
    seed: NonNegativeInt = 0

    def quantities(self, _layers: Sequence[Traced], _classes: int) -> dict[str, Quantity]:
        """Return the number of images shown, and how many of them the net classifies correctly."""
        return {
            "shown": Quantity("", "images shown"),
            "top1_right": Quantity("", "of them with the correct label first"),
            "top5_right": Quantity("", "of them with the correct label among the five most probable"),
        }

    def tests(self, experiment: str) -> dict[str, tuple[str, str]]:
        """Return the test whose predictions are shown."""
        return {"test": (experiment, self.evaluation)}

    def splits(self, tested: SplitName | None) -> tuple[SplitName, ...]:
        """Return the split that was tested."""
        assert tested is not None
        return (tested,)

    def in_roles(self) -> Self:
        """Return the spec with the test called by the name of the job's input."""
        return self.model_copy(update={"evaluation": "test"})
