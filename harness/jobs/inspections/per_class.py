"""Inspection of errors class by class, and of the difference from another net's (PReLU section 4, Figures 6 and 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import PositiveInt

from harness.jobs.inspections.inspected import Inspected, SplitName
from harness.jobs.measures.quantity import Quantity
from harness.models.layers import Traced
from harness.strict import Name


class PerClass(Inspected):
    """The top-k error of each class in one test; with `against`, compared with that of another experiment."""

    what: Literal["per_class"]
    evaluation: Name
    """Name of the evaluation, in this experiment and in the other."""
    top: PositiveInt = 5  # PReLU Figure 6
    against: Name | None = None
    """Another experiment. Its net of the same seed is tested on the same images."""

    def quantities(self, _layers: Sequence[Traced], classes: int) -> dict[str, Quantity]:
        """Return the numbers over classes. Raises ValueError if the first `top` labels are all labels."""
        if self.top >= classes:
            raise ValueError(f"top-{self.top} error is always zero with {classes} classes")
        found = {
            "zero_error_classes": Quantity("classes", f"classes without a top-{self.top} error"),
            "mean_error": Quantity("%", f"mean top-{self.top} error of a class"),
            "worst_error": Quantity("%", f"top-{self.top} error of the worst class"),
        }
        if self.against is not None:
            for name, done in (("better", "falls"), ("same", "stays the same"), ("worse", "rises")):
                label = f"classes whose top-{self.top} error {done} against {self.against}"
                found[f"{name}_classes"] = Quantity("classes", label)
        return found

    def tests(self, experiment: str) -> dict[str, tuple[str, str]]:
        """Return this experiment's test and the other's."""
        found = {"test": (experiment, self.evaluation)}
        return found if self.against is None else {**found, "against": (self.against, self.evaluation)}

    def splits(self, tested: SplitName | None) -> tuple[SplitName, ...]:
        """Return the split that was tested; it names the classes."""
        assert tested is not None
        return (tested,)

    def in_roles(self) -> Self:
        """Return the spec with both tests called by the names of the job's inputs."""
        return self.model_copy(update={"evaluation": "test", "against": self.against and "against"})
