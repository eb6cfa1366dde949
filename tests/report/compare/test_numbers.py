"""When two runs may be subtracted, and what is said where they may not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from result_documents import blank_results, typed

from harness.judge.statistics import compare_paired, t_interval
from harness.report.compare.comparison import Difference
from harness.report.compare.numbers import MeasuredNumber, changed, compare_numbers, left_out, moved, numbers_of

CI = ("ci", "ci")


def number(*values: float | None, **more: Any) -> MeasuredNumber:
    """A trained number of seeds 0, 1, 2, ..., tested on the same images."""
    by_seed = {str(seed): value for seed, value in enumerate(values)}
    blank = {"how": "trained", "metric": "top1_error", "outcome": "NOT COMPARABLE", "images": frozenset("x")}
    return MeasuredNumber(**blank | {"values": by_seed} | more)


A = number(10.0, 10.4, 10.1, 10.6, 10.2)


def test_paired_runs_have_a_difference_with_its_interval() -> None:
    """The mean of B - A by seed, and the t interval of these differences; not one of the two means."""
    b = number(9.0, 9.6, 9.2, 9.5, 9.3)
    found = compare_numbers(A, b, CI)
    differences = [float(b.values[seed]) - float(A.values[seed]) for seed in A.values]
    expected = t_interval(differences)
    assert found.change == "lower"
    assert found.difference == pytest.approx(-0.94)
    assert found.interval_of_difference == pytest.approx([expected.low, expected.high])
    assert found.pairs == 5
    assert found.p == compare_paired(list(b.values.values()), list(A.values.values())).decided_by.p_value
    assert changed(found) == "lower (better)"


def test_turned_round_the_difference_has_the_other_sign() -> None:
    """And what was better is worse."""
    b = number(9.0, 9.6, 9.2, 9.5, 9.3)
    there, back = compare_numbers(A, b, CI), compare_numbers(b, A, CI)
    assert back.difference == -there.difference
    assert (back.change, back.better, back.p) == ("higher", "worse", there.p)


def test_a_metric_without_a_better_side_has_none() -> None:
    """It is higher or lower, and that is all."""
    a, b = (number(*values, metric="kurtosis") for values in ((1.0, 1.1, 1.2), (2.0, 2.2, 2.1)))
    assert changed(compare_numbers(a, b, CI)) == "higher"


def test_the_same_bits_are_identical() -> None:
    """No test is run on them."""
    found = compare_numbers(A, number(10.0, 10.4, 10.1, 10.6, 10.2), CI)
    assert (found.change, found.difference, found.p) == ("identical", 0.0, None)
    assert found.said == "5 seeds (0, 1, 2, 3, 4), to the last bit"


def test_rounding_is_no_difference() -> None:
    """However regular it is: a test would take it for one."""
    b = number(*(float(value) * (1 + 1e-9 * (3 + seed)) for seed, value in enumerate(A.values.values())))
    assert compare_paired(list(b.values.values()), list(A.values.values())).direction == "greater"
    found = compare_numbers(A, b, CI)
    assert (found.change, found.p, found.better) == ("rounding", None, None)


def test_one_seed_that_really_moved_is_no_rounding() -> None:
    """All have to be as near."""
    assert compare_numbers(A, number(10.0, 10.4, 10.1, 10.6, 10.3), CI).change == "undecided"


@pytest.mark.parametrize(
    ("b", "scales", "said"),
    [
        (number(10.0, 10.4, 10.1), CI, "not the same seeds: A has 5 seeds (0, 1, 2, 3, 4), B 3 seeds (0, 1, 2)"),
        (number(1, 2, 3, 4, 5, outcome="NOT RUN", reason="5 of 9 seeds"), CI, "B is not whole: 5 of 9 seeds"),
        (number(1, 2, 3, 4, 5, outcome="FAILED", reason="seed 2: memory"), CI, "B is not whole: seed 2: memory"),
        (number(1, 2, None, 4, 5), CI, "B has no finite value of seed 2"),
        (number(1, 2, 3, 4, 5, images=frozenset("y")), CI, "tested on different images"),
        (number(1, 2, 3, 4, 5), ("ci", "small"), "A is at ci scale, B at small scale"),
        (number(1, 2, 3, 4, 5, how="drawn"), CI, "it is trained in A and drawn in B"),
        (number(), CI, "B: nothing was measured"),
        (None, CI, "B has none"),
    ],
)
def test_nothing_is_subtracted_that_may_not_be(b: MeasuredNumber | None, scales: tuple[str, str], said: str) -> None:
    """And the reason is told."""
    found = compare_numbers(A, b, scales)
    assert found.change in ("not compared", "only in A")
    assert found.said == said
    assert (found.difference, found.interval_of_difference, found.p) == (None, None, None)


def test_timings_are_never_paired() -> None:
    """A seed of a clock is no seed."""
    a, b = (number(*values, how="timed") for values in ((1.0, 1.1, 1.2), (2.0, 2.2, 2.1)))
    assert compare_numbers(a, b, CI).said == "timings are not paired by seed"


def test_nothing_measured_is_no_agreement() -> None:
    """Two empty numbers are not identical."""
    assert compare_numbers(number(), number(), CI).change == "not compared"


def test_an_exact_number_is_subtracted_at_any_scale() -> None:
    """Nothing is sampled, so nothing is tested."""
    a, b = number(60.0, how="exact", metric="parameters"), number(61.0, how="exact", metric="parameters")
    found = compare_numbers(a, b, ("paper", "ci"))
    assert (found.change, found.difference, found.p) == ("higher", 1.0, None)


def test_a_count_is_never_rounded() -> None:
    """One in sixty million is one, where a computed fraction may have its last bits elsewhere."""
    counts = [number(value, how="exact", metric="parameters") for value in (60_965_224.0, 60_965_225.0)]
    assert compare_numbers(counts[0], counts[1], CI).change == "higher"
    ratios = [number(value, how="exact", metric="ratio") for value in (98.0859, 98.0859 + 1e-12)]
    assert compare_numbers(ratios[0], ratios[1], CI).change == "rounding"


def test_diverged_runs_are_compared_by_rank() -> None:
    """Worse than any other, and without a mean; six seeds can tell, one way alone."""
    a = number(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    b = number(90.0, 2.5, 3.6, 4.7, 5.8, 6.9, diverged=(0,))
    found = compare_numbers(a, b, CI)
    assert (found.change, found.better) == ("higher", "worse")
    assert (found.difference, found.interval_of_difference) == (None, None)
    assert "diverged runs (1 of a, 0 of b)" in found.said


def test_too_few_seeds_decide_nothing() -> None:
    """However far apart they are."""
    found = compare_numbers(number(1.0, 2.0), number(50.0, 60.0), CI)
    assert (found.change, found.p) == ("undecided", None)
    assert found.difference == pytest.approx(53.5)


@given(st.lists(st.floats(1, 100), min_size=3, max_size=8), st.lists(st.floats(1, 100), min_size=3, max_size=8))
def test_a_decision_agrees_with_its_interval(a: list[float], b: list[float]) -> None:
    """Higher and lower are what the interval says, and seeds are never pooled that do not pair."""
    found = compare_numbers(number(*a), number(*b), CI)
    if len(a) != len(b):
        assert found.change == "not compared"
    elif found.interval_of_difference and found.p is not None:
        low, high = found.interval_of_difference
        slack = 1e-9 * max(abs(low), abs(high))
        assert {"higher": low > -slack, "lower": high < slack}.get(found.change, low <= slack and high >= -slack)


def test_what_is_the_same_is_counted_and_left_out() -> None:
    """To the last bit, and but for rounding."""
    numbers = [
        Difference(change=change, said="")
        for change in ("identical", "identical", "rounding", "higher", "not compared")
    ]
    assert [number.change for number in moved(numbers)] == ["higher", "not compared"]
    assert left_out(numbers) == (
        "Of the numbers that no cell shows 3 are the same in both runs, 1 of them but for rounding, and left out here."
    )
    assert left_out(numbers[3:]) == ""


READ = {"absent": {}, "reason": "", "quantities": []}


def training(seed: int, **values: float) -> dict[str, Any]:
    """A finished training with one test."""
    test = {"key": "k", "values": values, "count": 9, "ids_sha256": "x"}
    found = {"kind": "train", "seed": seed, "key": "k", "outcome": "done", "reason": "", "marks": [], "values": {}}
    return found | {"weights_sha256": None, "diverged_at": None, "evaluations": {"test": test}, "inspections": {}}


def measurement(**values: float) -> dict[str, Any]:
    """A finished measurement."""
    return {"kind": "measure", "seed": 0, "key": "k", "values": values, "reason": ""}


def test_numbers_are_gathered_by_their_place() -> None:
    """Tests with their images, inspections, measurements with how they came about; a diverged run is marked."""
    job = training(0, top1_error=9.0)
    other = training(1, top1_error=90.0) | {"diverged_at": 40}
    other["inspections"] = {"kernels": {"key": "k", "values": {"colour": 0.5}, **READ}}
    measurements = {
        "count": {"spec": {"what": "network"}, "jobs": [measurement(parameters=7.0)]},
        "clock": {"spec": {"what": "timing"}, "jobs": [measurement(step_s=0.1)]},
    }
    document = blank_results(
        experiments={"cnn": {"says": "", "spec": {}, "jobs": [job, other]}},
        measurements={name: one | {"says": "", "quantities": []} for name, one in measurements.items()},
    )
    found = numbers_of(typed(document))
    error = found["cnn.test.top1_error"]
    assert (error.values, error.images, error.diverged) == ({"0": 9.0, "1": 90.0}, {"x"}, (1,))
    assert (error.n, error.mean) == (2, 49.5)
    assert found["cnn.kernels.colour"].values == {"1": 0.5}
    assert {name: found[name].how for name in ("count.parameters", "clock.step_s", "cnn.test.top1_error")} == {
        "count.parameters": "exact", "clock.step_s": "timed", "cnn.test.top1_error": "trained",
    }  # fmt: skip
