"""The learning rate of every step: by fixed drops and waves, or by whether the validation error still falls."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.jobs.recipe import Recipe
from harness.jobs.schedule_spec import Cosine, FixedDrops, Plateau, Schedule, Steps, Unit, WarmUp


@dataclass
class Rate:
    """A learning rate with the state that its next change depends on; a checkpoint stores all of it.

    For a list of changes it only records the highest rate of weights, for reports: `changes` sets the rates before each
    step.
    """

    value: float
    """Rate of the schedule after the drops so far; drops happen at the end of an epoch."""
    drops: int = 0
    best_error: float = float("inf")
    stalled_epochs: int = 0
    taken: float | None = None
    """Rate of the last step; None before the first."""

    def after_epoch(self, schedule: Schedule, epoch: int, val_error: float) -> None:
        """Apply the schedule after epoch `epoch` (from 1), whose validation error is in percent."""
        if isinstance(schedule, FixedDrops | Plateau) and self._drops_now(schedule, epoch, val_error):
            self.value *= schedule.factor
            self.drops += 1

    def at(self, recipe: Recipe, step: int, of_epoch: int) -> float:
        """Return the rate of a step (from 0) of the training; `of_epoch` is the number of steps in an epoch."""
        rate = _scheduled(self.value, recipe, step, of_epoch)
        return rate if recipe.warm_up is None else _warm(recipe.warm_up, rate, step, of_epoch)

    def _drops_now(self, schedule: FixedDrops | Plateau, epoch: int, val_error: float) -> bool:
        if isinstance(schedule, FixedDrops):
            return schedule.unit == "epochs" and epoch in schedule.after
        gain = round(self.best_error - val_error, 9)  # 37.3 - 37.2 is slightly less than 0.1
        if gain > 0 and gain >= schedule.smallest_gain:
            self.best_error, self.stalled_epochs = val_error, 0
            return False
        self.stalled_epochs += 1
        if self.stalled_epochs < schedule.patience or self.drops == schedule.drops:
            return False
        self.stalled_epochs = 0
        return True


def _scheduled(value: float, recipe: Recipe, step: int, of_epoch: int) -> float:
    """Return the rate that the schedule has at a step, or `value` if it changes only between epochs."""
    match recipe.schedule:
        case FixedDrops(unit="iterations", after=after, factor=factor):
            return recipe.rate * factor ** sum(step >= drop for drop in after)
        case Steps(every=every, factor=factor, unit=unit):
            return recipe.rate * float(factor ** (step // _steps(every, unit, of_epoch)))
        case Cosine(last=last):
            whole = max(1, recipe.steps(of_epoch))
            return last + (recipe.rate - last) * (1 + math.cos(math.pi * min(step, whole - 1) / whole)) / 2
    return value


def _warm(warm_up: WarmUp, rate: float, step: int, of_epoch: int) -> float:
    """Return the rate of a step that may be part of a warm-up; `rate` is the schedule's."""
    length = _steps(warm_up.length, warm_up.unit, of_epoch)
    if step >= length:
        return rate
    return warm_up.rate + (0.0 if warm_up.shape == "constant" else (rate - warm_up.rate) * step / length)


def _steps(count: int, unit: Unit, of_epoch: int) -> int:
    return count * (of_epoch if unit == "epochs" else 1)
