"""Applies a schedule's list of changes: the rates and the colour noise of each step of a training."""

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
    """The changes of a recipe, with times in steps; none if the recipe has another kind of schedule.

    A change takes effect before the step that is nearest to its time.
    """

    def __init__(self, recipe: Recipe, images: int, layers: Iterable[Traced]) -> None:
        """Read the recipe's changes; `images` is the number of images in an epoch."""
        self.recipe, self.steps = recipe, recipe.steps_of_epoch(images)
        self.layers = [one.name for one in layers if one.learned]
        self.schedule = recipe.schedule if isinstance(recipe.schedule, Changes) else None

    def due(self, epoch: int, step: int) -> bool:
        """Return whether something changes before this step of this epoch, both counted from 0."""
        if self.schedule is None:
            return False
        now = self._epochs(epoch, step)
        return any(now - 1 / self.steps < change.at <= now for change in self.schedule.changes) or epoch == step == 0

    def rates(self, epoch: int, step: int) -> dict[str, Rates]:
        """Return the rates of every layer at this step. The recipe must have a list of changes."""
        assert self.schedule is not None
        return self.schedule.rates(self.recipe.rate, self.layers, self._epochs(epoch, step))

    def set_rates(self, optimiser: SGD, epoch: int, step: int) -> float:
        """Set the rates of every layer to those of this step and return the highest rate of weights."""
        rates = self.rates(epoch, step)
        set_rates(optimiser, rates)
        return max(rate.weights for rate in rates.values())

    def noise(self, covariance: Tensor | None, epoch: int, step: int) -> ColourNoise:
        """Return the colour noise of this step, for images with this covariance of colours."""
        own = self.recipe.augmentation
        if self.schedule is not None:
            std = self.schedule.colour_std(own.colour_std, self._epochs(epoch, step))
            own = own.model_copy(update={"colour_std": std})
        return ColourNoise(own, covariance)

    def _epochs(self, epoch: int, step: int) -> float:
        """Return the time in epochs of the middle of a step, so that a change nearest to its start is included."""
        return epoch + (step + 0.5) / self.steps
