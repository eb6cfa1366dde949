"""Judges accuracies against a baseline as cells against a paper: by margin, direction and training seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.judge.cells import CellVerdict, Measured, judge_cell
from harness.judge.statistics import MIN_SEEDS
from harness.regression.finding import Finding, Severity
from harness.suite.cells import Cell
from harness.vocabulary import METRICS

MARGINS: dict[str, float] = {"top1_error": 1.0, "top5_error": 1.0, "cross_entropy": 0.05}
"""By metric and in its unit, the change that counts as none: twice the smallest effect that the suites care about."""

Document = Mapping[str, Any]


def compare_accuracy(suite: str, place: str, before: Document, now: Document, *, gates: bool) -> Finding:
    """One finding for one `experiment.evaluation.metric`; `gates` says whether worse is a regression here."""
    subject, metric = f"accuracy {place}", place.rpartition(".")[2]
    unit = METRICS[metric].unit
    shown = tuple(f"{_mean(found):.4g} {unit} ({len(found['values'])} seeds)" for found in (before, now))
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
        "the same as the baseline" if severity == "ok" else "neither the same as the baseline nor another"
    )  # fmt: skip
    return Finding(suite, subject, severity, f"{said}, {margin}: {verdict.reason}", *shown)


def judged_against(place: str, before: Document, now: Document) -> CellVerdict | None:
    """The verdict on a cell that prints the baseline's mean; None where too few seeds are in both.

    Seed by seed, our value less the baseline's own deviation in that seed is set against the baseline's mean: what is
    judged is the mean of the paired differences, and the spread of these is all there is, for both have the same seeds.
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
    return judge_cell(cell, ours, "paper")  # a baseline stands in the paper's place, so nothing keeps us from comparing


def _mean(found: Document) -> float:
    values = list(found["values"].values())
    return float(sum(values) / len(values))
