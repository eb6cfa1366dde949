"""Error rates by simulation: what is said to happen at most so often happens no more often, within binomial noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from harness.judge.statistics import (
    Censored,
    Reached,
    against_chance,
    bootstrap_difference,
    compare_paired,
    equal_within,
    equivalence,
    equivalence_to_runs,
    holm,
    mcnemar,
    monotone_trend,
    paired_t,
    prediction_interval,
    ratio_of_steps,
    seeds_for_effect,
    sign_flip,
    t_interval,
    wilson,
)

TRIALS = 1000
three_to_ten = pytest.mark.parametrize("n", [3, pytest.param(5, marks=pytest.mark.nightly), 10])


def at_most(rate: float, trials: int = TRIALS) -> int:
    """Number of events that so many trials at this rate exceed once in a thousand times."""
    return int(stats.binom.ppf(0.999, trials, rate))


def at_least(rate: float, trials: int = TRIALS) -> int:
    """Number of events that so many trials at this rate fall short of once in a thousand times."""
    return int(stats.binom.ppf(0.001, trials, rate))


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator, so that a test passes always or never."""
    return np.random.default_rng(20120630)


@three_to_ten
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_equal_methods_are_told_apart_at_most_alpha_of_the_time(rng, n, alpha) -> None:
    """Both directions together, seeds shared by the arms."""
    seeds, noise = rng.normal(30, 2, (TRIALS, n)), rng.normal(0, 0.5, (2, TRIALS, n))
    hits = sum(
        compare_paired(a, b, alpha=alpha).direction != "undecided"
        for a, b in zip(seeds + noise[0], seeds + noise[1], strict=True)
    )

    assert at_least(alpha) <= hits <= at_most(alpha)


@pytest.mark.parametrize("n", [6, 8])
def test_sign_flips_hold_their_level_without_normality(rng, n) -> None:
    """Cauchy differences have neither mean nor variance; their signs are fair all the same."""
    hits = sum(sign_flip(d).p_value <= 0.05 for d in rng.standard_cauchy((TRIALS, n)))

    assert 0 < hits <= at_most(0.05)


@pytest.mark.parametrize("n", [4, 7])
def test_arms_that_diverge_equally_often_are_told_apart_at_most_alpha_of_the_time(rng, n) -> None:
    """A fifth of the runs of either arm diverges, errors are coarse enough to tie."""
    values = rng.integers(20, 30, (2, TRIALS, n)).astype(object)
    values[rng.random(values.shape) < 0.2] = None
    diverged = [(a, b) for a, b in zip(*values, strict=True) if None in a or None in b]
    hits = sum(compare_paired(a, b).direction != "undecided" for a, b in diverged)

    assert len(diverged) > TRIALS / 2
    assert hits <= at_most(0.05, len(diverged))
    assert (hits > 0) == (n >= 6)


@three_to_ten
@pytest.mark.parametrize(
    ("std", "margin"), [(0.2, 0.5), pytest.param(0.02, 0.5, marks=pytest.mark.nightly), (1.0, 0.5)]
)
def test_a_difference_on_the_margin_matches_at_most_alpha_of_the_time(rng, n, std, margin) -> None:
    """The worst case: the printed number was rounded by its half digit towards ours."""
    runs = rng.normal(37.45 + margin, std, (TRIALS, n))
    hits = sum(equivalence(values, "37.5", margin).position == "within" for values in runs)

    assert hits <= at_most(0.05)
    assert std > 0.2 or hits >= at_least(0.05)  # and no more careful than said, where the other edge is far


@three_to_ten
def test_a_difference_on_the_margin_is_called_beyond_it_at_most_half_alpha_of_the_time(rng, n) -> None:
    """A mean that is just acceptable is called worse by one side of a 95% interval."""
    runs = rng.normal(37.55 + 0.5, 0.2, (TRIALS, n))
    positions = [equivalence(values, "37.5", 0.5).position for values in runs]

    assert at_least(0.025) <= positions.count("above") <= at_most(0.025)
    assert positions.count("below") == 0


@three_to_ten
@pytest.mark.parametrize("share", [0.05, pytest.param(0.3, marks=pytest.mark.nightly), 0.5])
def test_a_coarse_metric_matches_at_most_alpha_of_the_time(rng, n, share) -> None:
    """One error more or less of 360 images, the mean on the margin: equal runs are no certainty."""
    step, margin = 100 / 360, 0.5
    runs = 10 + step * (rng.random((TRIALS, n)) < share)
    true_mean = 10 + step * share
    hits = sum(equivalence(v, true_mean - margin, margin, resolution=step).position == "within" for v in runs)

    assert hits <= at_most(0.05)


def test_arms_on_the_margin_are_called_equal_at_most_alpha_of_the_time(rng) -> None:
    """Paired TOST, with what the seeds share left out."""
    seeds, noise = rng.normal(30, 2, (TRIALS, 5)), rng.normal(0, 0.3, (TRIALS, 5))
    hits = sum(equal_within(a, b, 1.0).position == "within" for a, b in zip(seeds + 1.0 + noise, seeds, strict=True))

    assert at_least(0.05) <= hits <= at_most(0.05)


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_intervals_over_seeds_cover_as_often_as_they_say(rng, level) -> None:
    """The mean by the one, one more run by the other."""
    runs, further = rng.normal(0, 1, (TRIALS, 4)), rng.normal(0, 1, TRIALS)
    means = [t_interval(values, level) for values in runs]
    nexts = [prediction_interval(values, level) for values in runs]

    missed_mean = sum(not interval.low <= 0 <= interval.high for interval in means)
    missed_run = sum(not i.low <= value <= i.high for i, value in zip(nexts, further, strict=True))

    assert at_least(1 - level) <= missed_mean <= at_most(1 - level)
    assert at_least(1 - level) <= missed_run <= at_most(1 - level)


def test_wilson_covers_on_average_over_error_rates(rng) -> None:
    """Score intervals hold their level on average, not for each rate."""
    rates = rng.random(TRIALS)
    wrong = rng.binomial(200, rates)
    intervals = [wilson(int(errors), 200) for errors in wrong]
    missed = sum(not i.low <= rate <= i.high for i, rate in zip(intervals, rates, strict=True))

    assert missed <= at_most(0.05)


def test_the_bootstrap_over_images_covers_about_as_often_as_it_says(rng) -> None:
    """Two nets with a known difference on 2,000 images; percentile intervals are approximate, so 1% is granted."""
    images, missed = 2000, 0
    for only_a, only_b, _ in rng.multinomial(images, [0.06, 0.04, 0.9], size=TRIALS):
        a, b = np.zeros(images, dtype=bool), np.zeros(images, dtype=bool)
        a[:only_a] = True
        b[only_a : only_a + only_b] = True
        interval = bootstrap_difference(a, b, resamples=999)
        missed += not interval.low <= -0.02 <= interval.high

    assert missed <= at_most(0.06)


def test_equal_nets_are_told_apart_by_mcnemar_at_most_alpha_of_the_time(rng) -> None:
    """Two nets that err equally often, on half of the same images."""
    only_a, only_b = rng.random((2, TRIALS, 200)) < 0.1
    hits = sum(mcnemar(a, b).test.p_value <= 0.05 for a, b in zip(only_a, only_b, strict=True))

    assert 0 < hits <= at_most(0.05)


def test_holm_makes_a_false_claim_at_most_alpha_of_the_time(rng) -> None:
    """Five true null hypotheses and three false ones, dependent p-values."""
    shared, own = rng.normal(size=(TRIALS, 1)), rng.normal(size=(TRIALS, 8))
    z = 0.6 * shared + 0.8 * own + np.array([0.0] * 5 + [2.0, 3.0, 4.0])
    p = 2 * stats.norm.sf(np.abs(z))
    hits = sum(min(holm(row)[:5]) <= 0.05 for row in p)

    assert 0 < hits <= at_most(0.05)
    assert (p[:, :5].min(axis=1) <= 0.05).sum() > at_most(0.05)  # unadjusted there would be more


@pytest.mark.parametrize(("n", "layers"), [(3, 5), (8, 2), (5, 3)])
def test_layers_in_no_order_show_a_trend_at_most_alpha_of_the_time(rng, n, layers) -> None:
    """Independent values; with few layers the t test over seeds alone would find too much."""
    trends = [monotone_trend(values) for values in rng.normal(size=(TRIALS, n, layers))]

    assert 0 < sum(trend.direction != "undecided" for trend in trends) <= at_most(0.05)
    assert sum(trend.p_within <= 0.05 for trend in trends) <= at_most(0.05)


@pytest.mark.parametrize("budget", [math.inf, pytest.param(40.0, marks=pytest.mark.nightly), 25.0])
def test_equally_fast_arms_are_told_apart_at_most_alpha_of_the_time(rng, budget) -> None:
    """With all, some and most runs cut short at the same budget."""
    steps = rng.lognormal(math.log(30), 0.4, (2, TRIALS, 6))
    hits = sum(_ratio(a, b, budget).comparison.direction != "undecided" for a, b in zip(*steps, strict=True))

    assert 0 < hits <= at_most(0.05)


@pytest.mark.parametrize("budget", [math.inf, pytest.param(200.0, marks=pytest.mark.nightly), 150.0])
def test_the_lower_limit_of_a_ratio_is_too_high_at_most_half_alpha_of_the_time(rng, budget) -> None:
    """Six times as slow, and what is censored only lowers the limit."""
    slow, fast = rng.lognormal(math.log(180), 0.2, (TRIALS, 7)), rng.lognormal(math.log(30), 0.2, (TRIALS, 7))
    ratios = [_ratio(a, b, budget) for a, b in zip(slow, fast, strict=True)]

    assert sum(ratio.interval.low > 6 for ratio in ratios) <= at_most(0.025)
    assert {"at_least"} <= {ratio.bound for ratio in ratios} or budget == math.inf


@pytest.mark.parametrize("error", [0.88, 0.9])
def test_nets_on_the_boundary_of_chance_are_judged_wrongly_at_most_alpha_of_the_time(rng, error) -> None:
    """Each of the two one-sided tests holds its level; three seeds agree by mistake more rarely still."""
    wrong = rng.binomial(5000, error, (TRIALS, 3))
    found = [against_chance(list(row), 5000, error + 0.02, tolerance=0.02) for row in wrong]

    assert at_least(0.04) <= sum(f.leaves[0] <= 0.05 for f in found) <= at_most(0.05)
    assert at_least(0.04) <= sum(f.stays[0] <= 0.05 for f in found) <= at_most(0.05)
    assert sum(f.outcome in {"stays", "leaves"} for f in found) <= at_most(2 * 0.05**3)


def test_the_planned_seeds_find_the_effect_as_often_as_planned(rng) -> None:
    """Half a point of difference, spread 0.4, found four times out of five."""
    n = seeds_for_effect(0.4, 0.5, power=0.8)
    hits = sum(paired_t(d).p_value <= 0.05 for d in rng.normal(0.5, 0.4, (TRIALS, n)))

    assert hits >= at_least(0.8)


def _ratio(slow, fast, budget):
    return ratio_of_steps(
        [Reached(steps) if steps <= budget else Censored(budget) for steps in slow],
        [Reached(steps) if steps <= budget else Censored(budget) for steps in fast],
    )


@pytest.mark.parametrize(
    ("n", "runs", "spreads"),
    [
        (5, 3, (0.1, 0.4)),
        *(pytest.param(*one, marks=pytest.mark.nightly)
          for one in [
              (3, 5, (0.2, 0.2)), (3, 5, (0.1, 0.4)), (5, 5, (0.2, 0.2)), (5, 5, (0.1, 0.4)), (5, 3, (0.2, 0.2)),
          ]),
    ],
)  # fmt: skip
def test_a_mean_over_printed_runs_is_matched_or_left_at_most_so_often(rng, n, runs, spreads) -> None:
    """At a true difference of the margin: within at most 5%, beyond at most 2.5% of the time, theirs sampled too.

    Against a printed mean taken as known, the same nets would be called different far more often.
    """
    margin, trials = 0.3, TRIALS // 4
    ours = rng.normal(6.6 + margin, spreads[0], (trials, n))
    theirs = rng.normal(6.6, spreads[1], (trials, runs))
    found = [
        equivalence_to_runs(mine, f"{other.mean():.9f}", float(other.std(ddof=1)), runs, margin)
        for mine, other in zip(ours, theirs, strict=True)
    ]
    assert sum(one.position == "within" for one in found) <= at_most(0.06, trials)
    assert sum(one.position == "above" for one in found) <= at_most(0.035, trials)
