"""Where a training stands, which a checkpoint holds beside the weights and velocities."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.jobs.training.schedule import Rate


@dataclass
class State:
    """Where a training stands; with the weights and velocities, all that the rest of it depends on."""

    rate: Rate
    epoch: int = 0
    step: int = 0
    losses: list[float] = field(default_factory=list)
    """Of the steps of this epoch so far."""
    wrong: int = 0
    """Training images of this epoch so far that the net, dropout and augmentation on, got wrong."""
    curve: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    marks: list[str] = field(default_factory=list)
    """What a reader of the result has to know of how it came about."""
