"""What `store gc` removes of submissions, and what a job in Slurm's queue keeps from it; squeue is a stand-in."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fabricated import finish
from pretended_slurm import install

from harness.cli.main import command
from harness.plan.job import Job
from harness.run.execute import written
from harness.run.executors.slurm.submissions import Submission, Submissions
from harness.store.fences import hold
from harness.store.store import JobFolder, Store

INPUT, DONE = (Job("measure", {"what": name}, label=name) for name in ("input", "done"))
BEGUN = Job("measure", {"what": "begun"}, {"network": INPUT.key}, label="begun")

Hand = Callable[..., Submission]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with two finished jobs, and one that builds on the first of them."""
    store = Store(tmp_path / "runs")
    store.prepare()
    finish(store, INPUT)
    finish(store, DONE)
    written(store, BEGUN)
    return store


@pytest.fixture
def hand(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hand:
    """A function that submits jobs, which are in a state of Slurm's from then on."""
    commands = install(tmp_path / "commands")
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")

    def handed(state: str, *jobs: Job, old: bool = True) -> Submission:
        records = Submissions(store)
        records.refresh()
        record = records.write([(folder(store, job), job.key, job.label, "") for job in jobs], 1, {}, {})
        array = {"name": record.name, "last": len(jobs) - 1, "state": state}
        (commands / "array-7").write_text(json.dumps(array))
        record.note_array("7")
        (record.folder / "7_0_0_log.err").write_text("a log")
        if old:
            long_ago(record)
        return record

    return handed


def folder(store: Store, job: Job) -> JobFolder:
    """The directory of a job."""
    return store.folder(job.kind, job.key)


def gc(store: Store, *flags: str) -> Result:
    """Call `store gc`."""
    return CliRunner().invoke(command, ["store", "gc", "--store", str(store.root), *flags])


def listed(store: Store, *flags: str) -> dict[Path, str]:
    """What would go, and why."""
    return {Path(one["path"]): one["why"] for one in json.loads(gc(store, "--json", *flags).stdout)["found"]}


def long_ago(record: Submission) -> None:
    """Have nothing happened in a submission's folder of late."""
    for path in (record.folder, *record.folder.iterdir()):
        os.utime(path, (0, 0))


def test_a_submission_whose_jobs_are_done_goes_with_its_logs(store: Store, hand: Hand) -> None:
    """It is said before, and goes with --yes alone; results stay."""
    record = hand("COMPLETED", INPUT, DONE, old=False)
    said = gc(store).stdout
    assert f"{record.folder}: a submission with its logs that Slurm no longer has, its jobs are done" in said
    assert record.folder.exists()
    assert "1 removed" in gc(store, "--yes").stdout
    assert not record.folder.exists()
    assert folder(store, DONE).read_result() is not None
    assert listed(store) == {}


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "PREEMPTED"])
def test_what_waits_or_runs_keeps_its_submission_its_job_and_its_inputs(store: Store, hand: Hand, state: str) -> None:
    """Whatever else is asked to go, and however old it is."""
    hand(state, BEGUN)
    flags = ["--unfinished", "--keep", str(tmp_suite(store.root.parent))]
    assert set(listed(store, *flags)) == {folder(store, DONE).path}


def tmp_suite(folder: Path) -> Path:
    """Write a suite that wants none of the jobs here."""
    from tiny_suites import tiny_suite

    return tiny_suite(folder)


def test_an_old_submission_that_slurm_has_no_longer_goes(store: Store, hand: Hand) -> None:
    """Its job may then go too; a recent one stays, because its driver may be about to read why it failed."""
    record = hand("FAILED", BEGUN, old=False)
    assert listed(store) == {}
    long_ago(record)
    gone = listed(store, "--unfinished")
    assert set(gone) == {record.folder, folder(store, BEGUN).path}
    assert gone[record.folder].endswith("1 of its 1 jobs are not done")


def test_a_submission_goes_once_its_jobs_were_submitted_again(store: Store, hand: Hand) -> None:
    """The later one keeps the job."""
    first, _second = hand("TIMEOUT", BEGUN), hand("RUNNING", BEGUN)
    assert set(listed(store, "--unfinished")) == {first.folder}


@pytest.mark.parametrize(("script", "says"), [("exit 1", "squeue does not answer"), (None, "squeue is not on this")])
def test_without_an_answer_nothing_unfinished_goes(
    store: Store, hand: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str | None, says: str
) -> None:
    """It may run somewhere."""
    hand("RUNNING", BEGUN)
    done = hand("COMPLETED", DONE)
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "other"))
    if script:
        (tmp_path / "other" / "squeue").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "other" / "squeue").chmod(0o755)
    found = gc(store, "--unfinished")
    assert says in found.stderr
    assert [line for line in found.stdout.splitlines() if str(done.folder) in line]
    assert str(folder(store, BEGUN).path) not in found.stdout


def test_half_a_submission_goes(store: Store, hand: Hand) -> None:
    """Its driver was stopped before the record was whole."""
    half = store.slurm / "paper-harness-0123"
    half.mkdir(parents=True)
    assert listed(store) == {}
    os.utime(half, (0, 0))
    assert listed(store) == {half: "left by a process that was stopped"}


def test_a_job_is_submitted_under_a_later_number_although_its_records_are_gone(store: Store, hand: Hand) -> None:
    """Else its process would take itself for one that was given up."""
    record = hand("FAILED", BEGUN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_JOB_TOKEN", "")
        assert hold(folder(store, BEGUN).path, (3, 1))
        assert "removed" in gc(store, "--yes").stdout
        assert not record.folder.exists()
        again = hand("PENDING", BEGUN)
        assert hold(folder(store, BEGUN).path, again.token(0, 0))
    assert again.jobs[0].number == 4
