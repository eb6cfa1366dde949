"""The progress of a training, which a checkpoint holds beside weights and velocities."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.jobs.training.schedule import Rate


@dataclass
class State:
    """Progress of a training. With the weights and velocities it determines the rest of the training."""

    rate: Rate
    epoch: int = 0
    step: int = 0
    losses: list[float] = field(default_factory=list)
    """Losses of the steps of this epoch so far."""
    wrong: int = 0
    """Training images of this epoch so far that the net classified wrongly, with dropout and augmentation on."""
    curve: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    marks: list[str] = field(default_factory=list)
    """Notes for readers of the result on how it was made."""
