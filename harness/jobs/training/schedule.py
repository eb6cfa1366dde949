"""When the learning rate drops: after declared epochs, or when the validation error has stopped falling."""

from __future__ import annotations

from dataclasses import dataclass

from harness.jobs.recipe import FixedDrops, Plateau


@dataclass
class Rate:
    """A learning rate with what its next drop depends on; all of it stands in a checkpoint."""

    value: float
    drops: int = 0
    best_error: float = float("inf")
    stalled_epochs: int = 0

    def after_epoch(self, schedule: FixedDrops | Plateau, epoch: int, val_error: float) -> None:
        """Move on from epoch `epoch` (from 1), whose validation error is in percent."""
        if self._drops_now(schedule, epoch, val_error):
            self.value *= schedule.factor
            self.drops += 1

    def _drops_now(self, schedule: FixedDrops | Plateau, epoch: int, val_error: float) -> bool:
        if isinstance(schedule, FixedDrops):
            return epoch in schedule.after
        gain = round(self.best_error - val_error, 9)  # 37.3 - 37.2 is a little less than 0.1
        if gain > 0 and gain >= schedule.smallest_gain:
            self.best_error, self.stalled_epochs = val_error, 0
            return False
        self.stalled_epochs += 1
        if self.stalled_epochs < schedule.patience or self.drops == schedule.drops:
            return False
        self.stalled_epochs = 0
        return True
