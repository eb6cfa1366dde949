"""Comparison of accuracies with a baseline, judged as cells are against a paper: by margin, direction and seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.judge.cells import CellVerdict, Measured, judge_cell
from harness.judge.counts import seeds_said
from harness.judge.statistics import MIN_SEEDS
from harness.regression.finding import Finding, Severity
from harness.suite.cells import Cell
from harness.vocabulary import METRICS

MARGINS: dict[str, float] = {"top1_error": 1.0, "top5_error": 1.0, "cross_entropy": 0.05}
"""The largest change of each metric, in its unit, that counts as none: twice the smallest effect that matters to the
suites."""

Document = Mapping[str, Any]


def compare_accuracy(suite: str, place: str, before: Document, now: Document, *, gates: bool) -> Finding:
    """Compare one `experiment.evaluation.metric` with the baseline; `gates` makes a worse result a regression."""
    subject, metric = f"accuracy {place}", place.rpartition(".")[2]
    unit = METRICS[metric].unit
    shown = tuple(f"{_mean(found):.4g} {unit} ({seeds_said(len(found['values']))})" for found in (before, now))
    diverged = sorted(set(now["diverged"]) - set(before["diverged"]))
    if diverged:
        said = f"seed {', '.join(map(str, diverged))} diverged, and did not when the baseline was made"
        return Finding(suite, subject, "regression" if gates else "advisory", said, *shown)
    verdict = judged_against(place, before, now)
    if verdict is None:
        said = f"fewer than {MIN_SEEDS} seeds are in both, too few to judge by"
        return Finding(suite, subject, "not judged", said, *shown)
    worse: Severity = "regression" if gates else "advisory"
    severities: dict[str, Severity] = {"MATCH": "ok", "WORSE": worse, "BETTER": "advisory"}
    severity = severities.get(verdict.outcome, "not judged")
    margin = f"by a margin of {MARGINS[metric]:g} {unit}, paired by seed"
    said = f"{verdict.outcome.lower()} than the baseline" if severity in (worse, "advisory") else (
        "the same as the baseline" if severity == "ok" else "inconclusive against the baseline"
    )  # fmt: skip
    return Finding(suite, subject, severity, f"{said}, {margin}: {verdict.reason}", *shown)


def judged_against(place: str, before: Document, now: Document) -> CellVerdict | None:
    """Judge our values as a cell that prints the baseline's mean; None where fewer than `MIN_SEEDS` seeds are in both.

    For each seed, the baseline's own deviation from its mean is subtracted from our value. The judged number is
    therefore the mean of paired differences, and their spread is the only one, because both sides have the same seeds.
    """
    metric = place.rpartition(".")[2]
    seeds = sorted(set(before["values"]) & set(now["values"]), key=int)
    if len(seeds) < MIN_SEEDS:
        return None
    mean = sum(before["values"][seed] for seed in seeds) / len(seeds)
    values = {int(seed): now["values"][seed] - before["values"][seed] + mean for seed in seeds}
    ours = Measured(values=values, declared_seeds=len(seeds), images=now["images"])
    cell = Cell(
        id=place, row=place, column="", label=place, ref="", printed="baseline", paper=mean, unit=METRICS[metric].unit,
        margin=MARGINS[metric], place=tuple(place.split(".")),
    )  # fmt: skip
    return judge_cell(cell, ours, "paper")  # at paper scale, because nothing prevents a comparison with a baseline


def _mean(found: Document) -> float:
    values = list(found["values"].values())
    return float(sum(values) / len(values))
