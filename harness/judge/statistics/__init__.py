"""Intervals and tests over training seeds and test images, pure; scipy.stats is never imported."""

from harness.judge.statistics.convergence import (
    AgainstChance,
    Censored,
    RatioOfSteps,
    Reached,
    ReachedBy,
    ReachTime,
    against_chance,
    ratio_of_steps,
    ratio_within,
    steps_to_reach,
)
from harness.judge.statistics.equivalence import (
    Equivalence,
    Nearness,
    equal_within,
    equivalence,
    equivalence_to_runs,
    relative_within,
    seeds_to_settle,
)
from harness.judge.statistics.image_by_image import NetsCompared, bootstrap_difference, mcnemar
from harness.judge.statistics.intervals import MIN_SEEDS, Interval, prediction_interval, t_interval, wilson
from harness.judge.statistics.paired import PairedComparison, compare_paired, gap_difference, paired_differences
from harness.judge.statistics.power import seeds_for_effect, smallest_detectable
from harness.judge.statistics.significance import (
    Significance,
    can_reject,
    holm,
    paired_t,
    seeds_to_reject,
    sign_flip,
    sign_test,
    signed_rank,
    smallest_p,
)
from harness.judge.statistics.trend import Trend, monotone_trend

__all__ = [
    "MIN_SEEDS",
    "AgainstChance",
    "Censored",
    "Equivalence",
    "Interval",
    "Nearness",
    "NetsCompared",
    "PairedComparison",
    "RatioOfSteps",
    "ReachTime",
    "Reached",
    "ReachedBy",
    "Significance",
    "Trend",
    "against_chance",
    "bootstrap_difference",
    "can_reject",
    "compare_paired",
    "equal_within",
    "equivalence",
    "equivalence_to_runs",
    "gap_difference",
    "holm",
    "mcnemar",
    "monotone_trend",
    "paired_differences",
    "paired_t",
    "prediction_interval",
    "ratio_of_steps",
    "ratio_within",
    "relative_within",
    "seeds_for_effect",
    "seeds_to_reject",
    "seeds_to_settle",
    "sign_flip",
    "sign_test",
    "signed_rank",
    "smallest_detectable",
    "smallest_p",
    "steps_to_reach",
    "t_interval",
    "wilson",
]
