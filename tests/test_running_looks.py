"""Runs in declared looks: in order, no further than needed, and independent of other results in the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fabricated import Fake, finish, finish_all
from suite_files import written

from harness.cli.plan_tables import show_plan
from harness.cli.result_screen import show_results
from harness.data.locate import Locations
from harness.errors import JobFailed
from harness.machine.runtime import Runtime
from harness.plan.graph import make_plan, plan_at
from harness.plan.job import Job
from harness.plan.summary import plan_suite
from harness.report.exports.frame import frame
from harness.report.exports.texts import export
from harness.report.results.document import Results
from harness.report.results.verdict_records import ClaimRecord, LookRecord
from harness.run.pipeline import report_suite, run_suite
from harness.store.store import JobFolder, Store
from harness.suite.load import load_suite

FLAGS = {"offline": False, "refresh_stale": False}
RUNTIME = Runtime(Locations.gather(config_files=()), device="cpu", threads=1)
CI = "    seeds: 3\n    data: digits\n"
RECIPE = "train: {model: {name: alexnet}, data: ilsvrc2010, recipe: alexnet"
OTHER = (
    f"experiments:\n  other: {{says: b, {RECIPE}, change: {{precision: bf16}}}}, "
    "evaluate: {ten_crop: {split: test, views: ten_crop}}}\n"
)
BETTER = (
    "claims:\n  better: {ref: A01, says: a, source: b, less: [cnn.ten_crop.top1_error, other.ten_crop.top1_error]}\n"
)
LOOKS = (
    ("suite: table1", "suite: two_arms"),
    ("experiments:\n", OTHER),
    ("claims:\n", BETTER),
    (CI, CI.replace("3", "{looks: [3, 5, 8]}")),
)
CLEAR = [10.0, 11.0, 9.5, 10.5, 10.2, 9.9, 10.1, 10.4]
"""Extra error of the other net in points, by seed."""
LATE = [1.0, -2.0, 12.0, 9.0, 10.0, 9.5, 10.5, 10.0]
NEVER = [9.0, -9.0, 8.0, -8.0, 7.0, -7.0, 6.0, -6.0]


class Arms(Fake):
    """An executor that gives the second arm extra errors, seed by seed."""

    def __init__(self, more: list[float]) -> None:
        super().__init__()
        self.more = more

    def run(self, folder: JobFolder) -> None:
        """Finish the job with an error that depends on its label."""
        job = folder.read_job()
        label = job["label"]
        if not label.startswith("test "):
            super().run(folder)
            return
        self.labels.append(label)
        seed = int(label.rpartition(" ")[2])
        top1 = 30.0 + (self.more[seed] if "other" in label else 0.0)
        values = {"top1_error": top1, "top5_error": 17.0, "cross_entropy": 1.0}
        finish(
            Store(folder.path.parent), Job(job["kind"], job["spec"], job["inputs"], label, job["work"]), values=values
        )


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.plan.rates.gpus", list)


def run(monkeypatch: pytest.MonkeyPatch, more: list[float] | Arms, **runtime: Any) -> tuple[Arms, Results, Path]:
    """Run two arms in looks; return the executor, the results and the report's folder."""
    fake = more if isinstance(more, Arms) else Arms(more)
    monkeypatch.setattr("harness.run.pipeline.Local", lambda *_: fake)
    suite = written(Path(), *LOOKS, name="two_arms")
    results, folder, _ = run_suite(str(suite), "ci", Path("runs"), None, replace(RUNTIME, **runtime), FLAGS)
    return fake, results, folder


def seeds_of(fake: Fake) -> set[int]:
    """Return the trained seeds."""
    return {int(label.rpartition(" ")[2]) for label in fake.labels if label.startswith("train ")}


def better(results: Results) -> ClaimRecord:
    """Return the record of the claim about the two arms."""
    return next(claim for claim in results.claims if claim.id == "better")


@pytest.mark.parametrize(
    ("more", "seeds", "number", "outcome"),
    [(CLEAR, 3, 1, "CONFIRMED"), (LATE, 8, 3, "CONFIRMED"), (NEVER, 8, 3, "INCONCLUSIVE")],
)
def test_a_run_ends_at_the_look_that_decides_or_at_the_last(
    monkeypatch: pytest.MonkeyPatch, more: list[float], seeds: int, number: int, outcome: str
) -> None:
    """Its report covers the seeds up to that look."""
    fake, results, _ = run(monkeypatch, more)
    claim = better(results)
    assert seeds_of(fake) == set(range(seeds))
    assert (claim.outcome, claim.n) == (outcome, seeds)
    assert (claim.look.number, claim.look.of, claim.look.seeds) == (number, 3, seeds)
    assert claim.look.says.startswith("undecided" if outcome == "INCONCLUSIVE" else "decided")
    assert results.looks.reached == number
    assert len(results.experiments["cnn"].jobs) == seeds


def test_looks_run_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """No job of a later look runs before the last of an earlier one, and none runs twice."""
    fake, _, _ = run(monkeypatch, NEVER)
    seeds = [int(label.rpartition(" ")[2]) for label in fake.labels if "seed" in label]
    looks = [0 if seed < 3 else 1 if seed < 5 else 2 for seed in seeds]
    assert looks == sorted(looks)
    assert len(fake.labels) == len(set(fake.labels))


class Together:
    """A pool of many places in this process; a started job has ended by the time of the next question."""

    def __init__(self, fake: Fake) -> None:
        self.fake, self.over, self.free = fake, list[JobFolder](), True

    def begin(self, folder: JobFolder, _: str) -> None:
        """Run the job at once."""
        self.fake.run(folder)
        self.over.append(folder)

    def ended(self) -> Iterator[tuple[JobFolder, None]]:
        """Yield all started jobs."""
        over, self.over = self.over, []
        yield from ((folder, None) for folder in over)


def test_with_many_jobs_at_once_no_later_look_starts_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """This holds even with more places than jobs."""
    fake = Arms(CLEAR)

    @contextmanager
    def pool(*_: object) -> Iterator[Together]:
        yield Together(fake)

    monkeypatch.setattr("harness.run.pipeline.Pool", pool)
    _, results, _ = run(monkeypatch, fake, jobs=50)
    assert seeds_of(fake) == {0, 1, 2}
    assert better(results).look.number == 1


def test_results_of_later_seeds_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may contradict the verdict, or exist before the first look runs."""
    _, before, folder = run(monkeypatch, CLEAR)
    page = (folder / "index.html").read_bytes()
    store, plan = Store(Path("runs")), make_plan(load_suite(written(Path(), *LOOKS, name="two_arms")), "ci")
    first = plan_at(plan, plan.looks()[0])
    for key, job in plan.jobs.items():
        if key not in first.jobs:
            finish(store, job, **({"values": {"top1_error": 5.0}} if "test other" in job.label else {}))
    again, after = report_suite(str(written(Path(), *LOOKS, name="two_arms")), "ci", Path("runs"), None, RUNTIME)
    assert after.claims == before.claims
    assert (again / "index.html").read_bytes() == page


def test_a_job_that_failed_is_not_tried_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that need it have failed too, and the run ends."""

    class Broken(Arms):
        def run(self, folder: JobFolder) -> None:
            if folder.read_job()["label"] == "train other, seed 1":
                self.labels.append("train other, seed 1")
                raise JobFailed("out of memory")
            super().run(folder)

    fake, results, _ = run(monkeypatch, Broken(CLEAR))
    assert fake.labels.count("train other, seed 1") == 1
    assert better(results).outcome == "FAILED"
    assert seeds_of(fake) == {0, 1, 2}


def test_a_look_that_is_not_whole_waits_for_its_seeds() -> None:
    """Look 1 is undecided and look 2 unfinished: the claim is NOT RUN."""
    store, plan = Store(Path("runs")), make_plan(load_suite(written(Path(), *LOOKS, name="two_arms")), "ci")
    finish_all(store, plan_at(plan, plan.looks()[0]))
    _, results = report_suite(str(written(Path(), *LOOKS, name="two_arms")), "ci", Path("runs"), None, RUNTIME)
    assert better(results).outcome == "NOT RUN"
    assert results.looks.reached == 2


def test_the_look_stands_wherever_the_number_of_seeds_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Page, terminal and exports name the look."""
    _, results, folder = run(monkeypatch, CLEAR)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "Decided at look 1 of 3 (3 seeds), at the nominal one-sided level 0.0212" in page
    assert "Looks at 3, 5, 8; ended with look 1." in page
    capsys.readouterr()
    show_results(results, folder, full=True)
    assert "decided at look 1 of 3 (3 seeds)" in " ".join(capsys.readouterr().out.split())
    looked = LookRecord(number=2, of=3, seeds=5, within=0.02, beyond=0.01, says="")
    cells = [cell.model_copy(update={"look": looked}) for cell in results.cells if cell.n]
    exported = results.model_copy(update={"cells": cells})
    assert set(frame(exported)["look"][: len(cells)]) == {2}
    assert ", look 2 of 3" in export(exported, "markdown")


def test_a_plan_says_how_many_seeds_to_expect(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It states its assumption and the largest number."""
    monkeypatch.setattr("harness.plan.outline.cache_folder", lambda: Path("cache"))
    suite = written(Path(), *LOOKS, name="two_arms")
    document = plan_suite(str(suite), "ci", Path("runs"), RUNTIME)
    looks = document["finds"]["looks"]
    assert (looks["sizes"], looks["largest"]) == ([3, 5, 8], 8)
    assert looks["expected"]["cell"] == pytest.approx(5.8, abs=0.1)
    assert 3 < looks["expected"]["claim"] < 8
    assert plan_suite(str(suite), "ci", Path("runs"), RUNTIME) == document  # read from the cache
    show_plan(document)
    said = " ".join(capsys.readouterr().out.split())
    assert "seeds: looks at 3, 5, 8: 3 to 8 seeds; expected" in said
