"""Which jobs of a suite other known suites want too: a training that two tables need runs once for both."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.plan.outline import outline_of, remember
from harness.suite.shipped import suite_files
from harness.vocabulary import ScaleName


def also_wanted(keys: Iterable[str], path: Path, scale: ScaleName, device: str) -> dict[str, list[str]]:
    """By key, the names of the other known suites that want the job at this scale, on this device.

    Reads all of them the first time, some seconds; later ones, until anything changes, take what was remembered.
    """
    wanted: dict[str, list[str]] = {key: [] for key in keys}
    for other in suite_files():
        if other.resolve() == path.resolve():
            continue
        outline = outline_of(other)
        if scale not in outline.scales:
            continue
        known = len(outline.made)
        plan = outline.plan(scale, device)
        if len(outline.made) != known:
            remember(outline)
        for key in wanted.keys() & plan.jobs.keys():
            wanted[key].append(outline.name)
    return wanted
