"""Two nets compared image by image: a published table, scipy's bootstrap, and what such a comparison speaks of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.judge.statistics.image_by_image import bootstrap_difference, mcnemar

answers = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


def test_mcnemar_of_agrestis_approval_ratings() -> None:
    """Agresti (1990), p. 350: of 1600 people 150 approve only at first and 86 only later (chi-square p = 3.1e-05)."""
    found = mcnemar(*_nets(both=794, only_a=150, only_b=86, neither=570))

    assert (found.both, found.only_a, found.only_b, found.neither) == (794, 150, 86, 570)
    assert found.test.p_value == pytest.approx(stats.binomtest(86, 236).pvalue, rel=1e-9)
    assert found.test.p_value == pytest.approx(3.716e-05, abs=5e-9)
    assert found.test.leans == "less"  # a errs less


@given(answers)
def test_mcnemar_goes_by_the_images_on_which_the_nets_differ(pairs) -> None:
    """Images both get right, or both wrong, change nothing."""
    a, b = np.array(pairs, dtype=bool).T
    more_a, more_b = (np.append(net, [True, True, False]) for net in (a, b))

    assert mcnemar(more_a, more_b).test == mcnemar(a, b).test
    assert mcnemar(b, a).test.p_value == mcnemar(a, b).test.p_value


@given(answers)
def test_the_four_counts_are_those_of_the_images(pairs) -> None:
    """Every image is counted once, in the right place."""
    found = mcnemar(*np.array(pairs, dtype=bool).T)

    assert found.both == pairs.count((True, True))
    assert found.only_a == pairs.count((True, False))
    assert found.only_b == pairs.count((False, True))
    assert found.neither == pairs.count((False, False))


def test_nets_that_never_differ_cannot_be_told_apart() -> None:
    """No discordant image: p-value 1, no side, an interval without width."""
    same = [True, False, True]

    assert (mcnemar(same, same).test.p_value, mcnemar(same, same).test.leans) == (1.0, "undecided")
    assert bootstrap_difference(same, same).low == bootstrap_difference(same, same).high == 0


def test_bootstrap_agrees_with_scipys() -> None:
    """Drawing three counts is drawing images: scipy's percentile interval, up to the noise of either."""
    a, b = _nets(both=500, only_a=60, only_b=30, neither=110)
    expected = stats.bootstrap(
        ((~a).astype(float), (~b).astype(float)),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        paired=True,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval

    interval = bootstrap_difference(a, b)

    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=0.002)
    assert interval.low < -30 / 700 < interval.high < 0


def test_the_bootstrap_is_seeded() -> None:
    """The same seed gives the same page, another seed another draw."""
    nets = _nets(both=500, only_a=61, only_b=30, neither=110)

    assert bootstrap_difference(*nets) == bootstrap_difference(*nets)
    assert bootstrap_difference(*nets, seed=1, resamples=99) != bootstrap_difference(*nets, seed=0, resamples=99)


def test_both_say_that_they_speak_of_two_nets() -> None:
    """Nothing here may pass for evidence on a method."""
    nets = _nets(both=5, only_a=3, only_b=2, neither=1)

    assert mcnemar(*nets).speaks_of.startswith("these two trained nets")
    assert bootstrap_difference(*nets).speaks_of.startswith("these two trained nets")


@pytest.mark.parametrize(("a", "b"), [([], []), ([True], [True, False]), ([[True]], [[True]])])
def test_answers_must_be_to_the_same_images(a, b) -> None:
    """Nets judged on different images, or on none, are not compared."""
    with pytest.raises(ValueError, match="same images"):
        mcnemar(a, b)
    with pytest.raises(ValueError, match="same images"):
        bootstrap_difference(a, b)


def _nets(both: int, only_a: int, only_b: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    counts = [both, only_a, only_b, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)
