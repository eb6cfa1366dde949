"""The look at which a test would decide if the truth were known; shown in the plan before jobs run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from harness.judge.statistics.looks import declared_looks

_DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Stopping:
    """The share of runs that some look decides, and the mean number of seeds at which runs end."""

    decided: float
    seeds: float


def stopping(sizes: Sequence[int], mean: float, margin: float | None = None) -> Stopping:
    """Simulate how runs end at looks of these sizes, by 4,000 seeded draws of normal values.

    `mean` is the true mean and `margin` the declared one, in standard deviations over seeds. Without a margin, the t
    test of a direction decides; with one, the mean lies inside or beyond it.
    """
    values = np.random.default_rng(0).standard_normal((_DRAWS, sizes[-1])) + mean
    ends, decided = np.full(_DRAWS, sizes[-1]), np.zeros(_DRAWS, dtype=bool)
    for look in declared_looks(sizes):
        seen = values[:, : look.seeds]
        off, error = np.abs(seen.mean(axis=1)), seen.std(axis=1, ddof=1) / math.sqrt(look.seeds)
        within, beyond = (
            float(scipy.special.stdtrit(look.seeds - 1, 1 - level)) * error
            for level in (look.levels.within, look.levels.beyond)
        )
        now = off > beyond if margin is None else (off + within < margin) | (off - beyond > margin)
        ends[now & ~decided] = look.seeds
        decided |= now
    return Stopping(float(decided.mean()), float(ends.mean()))
