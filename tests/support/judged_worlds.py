"""A suite whose digits stand in for the paper's data, all of it done, so that its cells are judged in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fabricated import finish, finish_all, record
from suite_files import loaded

from harness.data.locate import Locations
from harness.plan.graph import Plan, make_plan
from harness.plan.preregistration import declare, remember
from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.report.gather import gather
from harness.report.results.document import Results
from harness.store.store import JobFolder, Store

ERRORS = {0: (37.4, 16.9), 1: (37.5, 17.0), 2: (37.6, 17.1), 3: (45.0, 25.0), 4: (46.0, 26.0)}
"""By seed, as close to the paper as one could wish; the last two are of no use to a liar."""
SEEDS = "    seeds: 3\n    data: digits\n"
FIVE = (SEEDS, SEEDS.replace("3", "5"))


@dataclass
class World:
    """A suite whose digits stand in for the paper's data, and a store where all of it is done."""

    folder: Path
    plan: Plan
    store: Store

    @classmethod
    def begun(cls, folder: Path, *replaced: tuple[str, str]) -> World:
        """Declared, and nothing run."""
        folder.mkdir(parents=True, exist_ok=True)
        world = cls(folder, as_paper(make_plan(loaded(folder, *replaced), "ci")), Store(folder / "runs"))
        declare(world.plan, world.store)
        return world

    @classmethod
    def made(
        cls,
        folder: Path,
        *replaced: tuple[str, str],
        errors: Mapping[int, tuple[float, float]] = ERRORS,
        **changes: Any,
    ) -> World:
        """Declared, then run; `changes` replace parts of every result."""
        world = cls.begun(folder, *replaced)
        finish_all(world.store, world.plan, errors, **changes)
        declare(world.plan, world.store)
        return world

    def edited(self, *replaced: tuple[str, str]) -> World:
        """The same store after the suite was edited."""
        return replace(self, plan=as_paper(make_plan(loaded(self.folder, *replaced), "ci")))

    def test(self, seed: int) -> JobFolder:
        """The directory of a test."""
        return self.store.folder("evaluate", self.plan.evaluations["cnn", "ten_crop", seed])

    def saw(self, seed: int, **changes: Any) -> World:
        """After a test said something else of the images it saw."""
        job = self.plan.jobs[self.plan.evaluations["cnn", "ten_crop", seed]]
        result = {"data": [record(job, "test", Locations()) | changes]}
        values = {"top1_error": ERRORS[seed][0], "top5_error": ERRORS[seed][1], "cross_entropy": 1.0}
        finish(self.store, job, values=values, **result)
        return self

    def report(self) -> Results:
        """The results as a report holds them."""
        standing = statuses(self.plan, self.store, Locations())
        return gather(self.plan, self.store, standing, Choice("paper", "asked for", ""))[0]

    def results(self) -> dict[str, Any]:
        """The results as plain data."""
        return self.report().plain()

    def remembered(self) -> None:
        """Keep beside each declaration the verdict that a report gives now, as the end of a run does."""
        report = self.report()
        remember(self.plan, self.store, {"cells": report.cells, "claims": report.claims})


def as_paper(plan: Plan) -> Plan:
    """The plan of the digits called that of the paper, so that its cells are judged."""
    scales = {"paper": plan.suite.file.scales["ci"]}
    file, resolved = plan.suite.file.model_copy(update={"scales": scales}), {"paper": plan.experiments}
    suite = replace(plan.suite, file=file, resolved=resolved)
    return replace(plan, read=lambda: suite, scale="paper")


def won(results: dict[str, Any], *, marked: bool) -> set[str]:
    """The cells and claims that came out well, marked or not."""
    every = [*results["cells"], *results["claims"]]
    good = [one for one in every if one["outcome"] in ("MATCH", "BETTER", "CONFIRMED")]
    return {one["id"] for one in good if bool(one["extended"] or one["stale"] or one["marks"]) is marked}
