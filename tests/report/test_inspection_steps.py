"""Numbers of inspections that count classes or a few images: judged by the step in which they move."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.cells import Measured
from harness.judge.claims import judge_claims
from harness.judge.evidence import Evidence
from harness.plan.graph import make_plan
from harness.report.inspection_steps import step_of
from harness.suite.claims import Claim
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

FEWER = Claim(ref="P01", says="", source="", less=("net.classes.worse_classes", "net.classes.better_classes"))


@pytest.mark.parametrize(
    ("suite", "experiment", "quantity", "step"),
    [
        ("prelu_figure6", 0, "better_classes", 1.0),
        ("prelu_figure6", 0, "zero_error_classes", 1.0),
        ("prelu_figure6", 0, "worst_error", 100 * 10 / 5000),
        ("prelu_figure6", 0, "mean_error", 100 / 5000),
        ("figure4", 0, "feature_same_class_percent", 100 / (500 * 6)),
        ("figure4", 0, "feature_distance_percent", 0.0),
    ],
)
def test_a_step_is_of_one_class_or_image(suite: str, experiment: int, quantity: str, step: float) -> None:
    """At small scale, by the sizes of the splits that the plan expects."""
    plan = make_plan(load_suite(shipped_suites() / f"{suite}.yaml"), "small")
    inspected = [(name, one) for name, one in plan.suite.file.experiments.items() if one.inspect]
    name, found = inspected[experiment]
    spec = next(one for one in found.inspect.values() if one.what in ("per_class", "neighbours"))
    assert step_of(spec, quantity, plan.experiments[name]) == pytest.approx(step)


def test_counts_that_differ_by_one_class_are_not_told_apart_by_their_agreement() -> None:
    """Four seeds in which all but one differ by one class: without the step the t test would be certain."""
    fewer, more = [3.0, 4.0, 3.0, 4.0], [4.0, 5.0, 4.0, 6.0]
    outcomes = [outcome(fewer, more, step) for step in (0.0, 1.0)]
    assert outcomes == ["CONFIRMED", "INCONCLUSIVE"]


def outcome(fewer: list[float], more: list[float], step: float) -> str:
    """The verdict on these counts, moving in this step."""
    both = dict(zip(FEWER.operands, (fewer, more), strict=True))
    measured = {
        place: replace(Measured(dict(enumerate(values)), declared_seeds=len(values)), steps_of=step)
        for place, values in both.items()
    }
    return judge_claims({"fewer": FEWER}, Evidence({}, measured, {}, "small"))[0].outcome
