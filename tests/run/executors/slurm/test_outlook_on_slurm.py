"""What becomes of jobs on a real Slurm on this machine: each state that a cluster may show, and those that it hides."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import pytest
from real_slurm import RealSlurm, Sums, eventually
from slurm_commands import Wrap, began, calls

from harness.run.executors.slurm.driver import Slurm

pytestmark = pytest.mark.slurm


def test_states_come_from_one_question_an_interval_and_never_from_accounting(tmp_path: Path, wrap: Wrap) -> None:
    """Squeue fails twice, as while slurmctld is away; sacct is never called."""
    asked = wrap(
        "squeue",
        '[ $call = 2 -o $call = 3 ] && { echo "Unable to contact slurmctld" >&2; exit 1; }; exec "$real" "$@"',
    )
    accounting = wrap("sacct", "exit 1")
    world = Sums(tmp_path, steps=60)
    assert world.run(poll_s=2.0).failed == {}
    times = calls(asked)
    assert len(times) >= 4
    assert all(after - before > 1.8 for before, after in itertools.pairwise(times))
    assert calls(accounting) == []
    assert "squeue does not answer" in world.said
    assert "squeue answers again" in world.said


def test_a_preempted_job_goes_on_under_its_number(tmp_path: Path, slurm: RealSlurm) -> None:
    """PREEMPTED, then requeued: it saves, is not called failed, is not submitted twice, and ends in the same result."""
    world = Sums(tmp_path, count=1, steps=60)
    driver = world.driver("--slurm", "partition=low")
    try:
        eventually(lambda: began(world), 90)
        hog = slurm.call(
            "sbatch", "--parsable", "-p", "main", "-N2", "--exclusive", "--wrap", "sleep 600", "-o", "/dev/null"
        ).strip()
        eventually(lambda: (world.records()[0].word(0) or 0) and world.records()[0].word(0).says == "stopped", 60)  # type: ignore[union-attr]
        eventually(lambda: "RUNNING" in slurm.call("squeue", "-h", "-j", hog, "-o", "%T"), 60)
        slurm.call("scancel", hog)
        said, _ = driver.communicate(timeout=240)
    finally:
        driver.kill()
    assert driver.returncode == 0, said
    (record,) = world.records()
    word = record.word(0)
    assert word is not None
    assert (word.says, word.restarts >= 1) == ("done", True)
    assert world.results() == world.undisturbed()
    log = "".join(path.read_text() for path in record.folder.glob("*.out"))
    assert [int(line.split()[-1]) > 0 for line in log.splitlines() if line.startswith("steps")] == [False, True]


def test_a_lost_node_makes_a_zombie_that_writes_no_more(tmp_path: Path, slurm: RealSlurm) -> None:
    """NODE_FAIL, then requeued elsewhere, while the first process lives on: it sees the token and ends."""
    world = Sums(tmp_path, count=1, steps=350)
    driver = world.driver()
    try:
        eventually(lambda: began(world), 90)
        (record,) = world.records()
        first = record.word(0)
        assert first is not None
        slurm.kill(f"slurmd.{first.node}")
        eventually(lambda: (record.word(0) or first).restarts >= 1, 120)
        said, _ = driver.communicate(timeout=240)
    finally:
        driver.kill()
        slurm.start()
    assert driver.returncode == 0, said
    word = record.word(0)
    assert word is not None
    assert (word.says, word.node != first.node) == ("done", True)
    assert "FAILED" not in said
    assert len(world.records()) == 1
    assert world.results() == world.undisturbed()
    errors = "".join(path.read_text() for path in record.folder.glob("*.err"))
    assert "started again elsewhere" in errors


def test_a_node_that_never_starts_a_job_is_avoided(tmp_path: Path, slurm: RealSlurm) -> None:
    """Slurm calls it running, and it has not begun: it is ended, and submitted again to another node."""
    world = Sums(
        tmp_path, count=1, settings={"setup": ("[ $SLURMD_NODENAME = n1 ] && sleep 600",), "start_within_s": 4.0}
    )
    assert world.run().failed == {}
    assert "node n1 has not started it within 4 s; it is submitted again" in world.said
    assert len(world.records()) == 2


def test_a_dependency_that_can_never_be_satisfied_is_said_and_ended(tmp_path: Path, slurm: RealSlurm) -> None:
    """And the job leaves Slurm's queue."""
    bad = slurm.call("sbatch", "--parsable", "-o", "/dev/null", "--wrap", "sleep 5; exit 1").strip()
    world = Sums(tmp_path, count=1)
    failed = world.run(options={"dependency": f"afterok:{bad}"}).failed
    assert ["would never start: it depends on a job" in why for why in failed.values()] == [True]
    assert ["log" in why for why in failed.values()] == [False]
    eventually(lambda: "PENDING" not in slurm.call("squeue", "-h", "-o", "%T"), 30)


@pytest.mark.nightly
def test_a_job_that_the_queue_has_forgotten_is_submitted_again(tmp_path: Path, slurm: RealSlurm) -> None:
    """It was killed without a word, and Slurm has removed it when it is asked again."""
    world = Sums(
        tmp_path,
        count=1,
        steps=20,
        settings={"setup": (f"[ -e {tmp_path}/once ] || {{ touch {tmp_path}/once; exit 0; }}",)},
    )
    assert world.run(poll_s=100.0).failed == {}
    assert "its process ended without a word (the queue has forgotten it); it is submitted again" in world.said


@pytest.mark.nightly
def test_a_job_goes_on_past_its_walltime_in_a_new_submission(tmp_path: Path, slurm: RealSlurm) -> None:
    """It saves before its walltime, never counts as done without a result, and goes on from its checkpoint."""
    world = Sums(tmp_path, count=1, steps=700)
    assert world.run(walltime_min=1).failed == {}
    first, *others = world.records()
    assert first.jobs[0].came_from == ""
    assert others  # Slurm may give its signal up to a minute early
    assert all(record.jobs[0].came_from for record in others)
    assert world.results() == world.undisturbed()


@pytest.mark.nightly
def test_a_job_that_is_killed_at_its_walltime_is_no_success(tmp_path: Path, slurm: RealSlurm) -> None:
    """It hears no signal and saves nothing: it fails after so many tries, with the remedy."""
    world = Sums(tmp_path, count=1, settings={"setup": ("trap '' USR1 TERM", "sleep 600")})
    failed = world.run(walltime_min=1, tries=1, start_within_s=600.0).failed
    assert ["killed at its walltime" in why and "walltime_min" in why for why in failed.values()] == [True]


def test_a_stale_view_calls_no_result_missing(
    tmp_path: Path, slurm: RealSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of the nodes are visible here only some seconds after the jobs have ended."""
    delay_s, seen, look = 6.0, dict[str, float](), Slurm.result_of

    def delayed(self: Slurm, watched: Any) -> Any:
        found = look(self, watched)
        first = seen.setdefault(watched.job.key, time.monotonic()) if found else time.monotonic()
        return found if time.monotonic() - first > delay_s else None

    monkeypatch.setattr(Slurm, "result_of", delayed)
    world = Sums(tmp_path)
    assert world.run(grace_s=60.0).failed == {}
    assert len(world.records()) == 1
    assert time.monotonic() - min(seen.values()) > delay_s
