"""A schedule's list of changes at work: which rates and how much colour noise a training has at each step."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from harness.data.augment import ColourNoise
from harness.jobs.rate_schedule import Changes, Rates
from harness.jobs.recipe import Recipe
from harness.jobs.training.optimiser import set_rates
from harness.jobs.training.sgd import SGD
from harness.models.layers import Traced


class ListedChanges:
    """The changes of a recipe in steps; of a recipe with another kind of schedule, none.

    A change at so many epochs comes before the step that is nearest to that time.
    """

    def __init__(self, recipe: Recipe, images: int, layers: Iterable[Traced]) -> None:
        """`images` are those of an epoch."""
        self.recipe, self.steps = recipe, recipe.steps_of_epoch(images)
        self.layers = [one.name for one in layers if one.learned]
        self.schedule = recipe.schedule if isinstance(recipe.schedule, Changes) else None

    def due(self, epoch: int, step: int) -> bool:
        """Whether something changes before this step of this epoch, both from 0."""
        if self.schedule is None:
            return False
        now = self._epochs(epoch, step)
        return any(now - 1 / self.steps < change.at <= now for change in self.schedule.changes) or epoch == step == 0

    def rates(self, epoch: int, step: int) -> dict[str, Rates]:
        """The rates that every layer takes this step with; only of a recipe with changes."""
        assert self.schedule is not None
        return self.schedule.rates(self.recipe.rate, self.layers, self._epochs(epoch, step))

    def set_rates(self, optimiser: SGD, epoch: int, step: int) -> float:
        """Give every layer the rates of this step; returns the highest one of weights."""
        rates = self.rates(epoch, step)
        set_rates(optimiser, rates)
        return max(rate.weights for rate in rates.values())

    def noise(self, covariance: Tensor | None, epoch: int, step: int) -> ColourNoise:
        """The colour noise of this step, for images of that covariance of colours."""
        own = self.recipe.augmentation
        if self.schedule is not None:
            std = self.schedule.colour_std(own.colour_std, self._epochs(epoch, step))
            own = own.model_copy(update={"colour_std": std})
        return ColourNoise(own, covariance)

    def _epochs(self, epoch: int, step: int) -> float:
        """Half a step after the beginning of a step, so that a change nearest to it counts."""
        return epoch + (step + 0.5) / self.steps
