"""Draws the figures of a report that are learning curves anew from its curves, so that they follow the page."""

from __future__ import annotations

from collections.abc import Mapping

from harness.report.kept_suite import figure_curves
from harness.report.page.curves import Panel, axis_range, finite_seeds, overlaid
from harness.report.results.curves import Curves
from harness.report.results.document import Results


def figure_charts(results: Results, curves: Curves, steps: Mapping[str, float]) -> dict[str, Panel]:
    """By figure, the chart of one that shows a quantity of several trainings against epochs."""
    charts = {}
    for row, (figure, (experiments, quantity, level)) in enumerate(figure_curves(results).items()):
        found = {name: curves.get(name, {}).get(quantity, {}) for name in experiments}
        arms = {name: seeds for name, seeds in found.items() if finite_seeds(seeds)}
        extent = axis_range(quantity, arms.values())
        if extent is not None:
            levels = [] if level is None else [level]
            charts[figure] = overlaid(arms, quantity, extent, f"figure-{row}", levels, steps)
    return charts


def steps_of_epoch(results: Results) -> dict[str, float]:
    """By experiment, the steps of an epoch, where the report tells the number of its training images."""
    counts: dict[str, set[int]] = {}
    for record in results.data:
        if record.split == "train":
            counts.setdefault(record.name, set()).add(record.count)
    found = {}
    for name, experiment in results.experiments.items():
        data, recipe = experiment.spec.get("data") or {}, experiment.spec.get("recipe") or {}
        subset, batch = data.get("subset") or {}, recipe.get("batch")
        whole = counts.get(str(data.get("name")), set())
        images = subset["classes"] * subset["per_class"] if subset else next(iter(whole)) if len(whole) == 1 else None
        if images and isinstance(batch, int) and batch > 0:
            found[name] = float(images // batch)
    return found
