"""Everything that a run on a cluster has to survive, on a real Slurm on this machine."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from real_slurm import OF_THE_RUN, RealSlurm, Sums, eventually

from harness.errors import Interrupted
from harness.run.executors.slurm import driver as driver_module
from harness.run.executors.slurm.driver import Slurm
from harness.stop_signal import StopSignal

pytestmark = pytest.mark.slurm

Wrap = Callable[[str, str], Path]


@pytest.fixture
def wrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slurm: RealSlurm) -> Wrap:
    """A function that puts a script before a command of Slurm's; gives a file with a line for each call.

    The script has the command itself as `$real` and the number of the call as `$call`.
    """
    folder = tmp_path / "before"
    folder.mkdir()

    def put(command: str, script: str) -> Path:
        calls = tmp_path / f"{command}.calls"
        calls.touch()
        real = shutil.which(command) or "/bin/false"
        (folder / command).write_text(
            f"#!/bin/bash\nreal={real}\ndate +%s.%N >> {calls}\ncall=$(wc -l < {calls})\n{script}\n"
        )
        (folder / command).chmod(0o755)
        return calls

    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return put


def calls(file: Path) -> list[float]:
    """The times of calls."""
    return [float(line) for line in file.read_text().split()]


def began(world: Sums, job: int = 0) -> bool:
    """Say whether a job of the newest submission has begun."""
    return bool(world.records()) and world.records()[-1].word(job) is not None


def test_a_submission_whose_answer_was_lost_is_found_by_its_name(tmp_path: Path, wrap: Wrap) -> None:
    """Sbatch ends with a time-out although the jobs were accepted: there is no second copy."""
    asked = wrap("sbatch", '"$real" "$@" >/dev/null; echo "sbatch: error: Socket timed out on send/recv" >&2; exit 1')
    world = Sums(tmp_path)
    execution = world.run()
    assert (len(execution.ran), execution.failed) == (2, {})
    assert (len(calls(asked)), len(world.records())) == (1, 1)
    assert world.results() == world.undisturbed()


def test_a_refusal_is_told_and_leaves_the_rest_of_the_queue(tmp_path: Path, wrap: Wrap) -> None:
    """The second array is refused for good; the first ends as if nothing had been."""
    wrap(
        "sbatch",
        '[ $call = 2 ] && { echo "sbatch: error: invalid partition specified: x" >&2; exit 1; }; exec "$real" "$@"',
    )
    world = Sums(tmp_path, count=8)
    execution = world.run()
    assert len(execution.ran) == 6
    assert list(execution.failed.values()) == ["sbatch refused it: invalid partition specified: x"] * 2
    assert len(world.records()) == 1


def test_an_unknown_partition_is_refused_by_slurm_itself(tmp_path: Path, slurm: RealSlurm) -> None:
    """Its own words are the reason."""
    failed = Sums(tmp_path, count=1).run(partition="nowhere").failed
    assert [why for why in failed.values() if "sbatch refused it" in why and "partition" in why]


def test_states_come_from_one_question_an_interval_and_never_from_accounting(tmp_path: Path, wrap: Wrap) -> None:
    """Squeue fails twice, as while slurmctld is away; sacct is never called."""
    asked = wrap(
        "squeue",
        '[ $call = 2 -o $call = 3 ] && { echo "Unable to contact slurmctld" >&2; exit 1; }; exec "$real" "$@"',
    )
    accounting = wrap("sacct", "exit 1")
    world = Sums(tmp_path, steps=30)
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
    world = Sums(tmp_path, count=1, steps=450)
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


def test_arrays_keep_to_slurms_limit_and_to_ours(tmp_path: Path, wrap: Wrap, slurm: RealSlurm) -> None:
    """Fourteen jobs make arrays of at most six, of which two run at a time; a refused connection is tried later."""
    asked = wrap(
        "sbatch", 'if [ $call = 1 ]; then echo "sbatch: error: Connection refused" >&2; exit 1; fi; exec "$real" "$@"'
    )
    most = wrap("squeue", f'out=$("$real" "$@"); echo "$out" | grep -c RUNNING >> {tmp_path}/running; echo "$out"')
    world = Sums(tmp_path, count=14)
    assert world.run(jobs_at_once=2).failed == {}
    assert all(len(record.jobs) <= 6 for record in world.records())
    assert sum(len(record.jobs) for record in world.records()) == 14
    assert max(map(int, (tmp_path / "running").read_text().split())) <= 2
    first, second = calls(asked)[:2]
    assert second - first >= 1
    assert len(calls(most)) >= 3
    assert "Connection refused; the next try is in 1 s" in world.said


def test_a_driver_in_an_allocation_leaks_nothing_of_it(tmp_path: Path, slurm: RealSlurm) -> None:
    """The driver has two cores and a variable of its own; the job has the three it asked for, and none of the rest."""
    world = Sums(tmp_path, count=1, settings={"setup": (f"env > {tmp_path}/seen",)})
    script = tmp_path / "driver.sh"
    chosen = world.chosen()
    lines = "\n".join(chosen.setup)
    script.write_text(
        f"#!/bin/bash\nexport HARNESS_TEST_ALL_TO_SLURM=1 SLURM_HINT=compute_bound PYTHONPATH={':'.join(site())}\n"
        f"export HARNESS_SLURM_SETUP={lines!r}\ncd {tmp_path}\n"
        f"exec {sys.executable} -m harness run {world.suite} --scale ci --on slurm --device cpu --threads 1 "
        f"--slurm poll_s=1 --slurm memory_gb=1 --slurm cpus_per_gpu=3 "
        f"--store {world.store.root} --out {tmp_path}/report\n"
    )
    slurm.call("sbatch", "--wait", "-c2", "--mem=1G", "-o", str(tmp_path / "driver.log"), str(script))
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines() if line.startswith("SLURM"))
    assert world.results() == world.undisturbed(), (tmp_path / "driver.log").read_text()
    assert seen["SLURM_CPUS_PER_TASK"] == "3"
    assert seen["SLURM_JOB_NAME"].startswith("paper-harness-")
    assert "SLURM_HINT" not in seen


def site() -> tuple[str, str]:
    """Folders of the path on which a driver finds what slows jobs down, and the program."""
    from real_slurm import HERE, PACKAGE

    return str(HERE / "site"), str(PACKAGE)


def test_jobs_on_one_node_see_their_own_gpus_alone(tmp_path: Path, slurm: RealSlurm) -> None:
    """Four jobs of two GPUs each on two nodes of four."""
    world = Sums(tmp_path, count=4, steps=30)
    assert world.run(options={"gpus-per-node": "2"}).failed == {}
    (record,) = world.records()
    words = [record.word(index) for index in range(4)]
    places = Counter((word.node, gpu) for word in words if word for gpu in word.gpus.split(","))
    assert len(places) == 8, words
    assert set(places.values()) == {1}


def test_an_unwritable_log_is_one_clear_message(tmp_path: Path, slurm: RealSlurm) -> None:
    """The node cannot open it, so the job never begins."""
    nowhere = {"output": "/nowhere/%A_%a.out", "error": "/nowhere/%A_%a.err"}
    failed = Sums(tmp_path, count=1).run(options=nowhere).failed
    assert ["without having begun (it left no log" in why for why in failed.values()] == [True]


def test_a_full_disk_on_one_node_fails_its_jobs_alone(tmp_path: Path, slurm: RealSlurm) -> None:
    """Two jobs, one on each node, as each takes all of a node's cores; the other's result is there."""
    world = Sums(
        tmp_path, count=2, steps=30, settings={"setup": ("export HARNESS_TEST_FULL_NODE=n1",), "cpus_per_gpu": 8}
    )
    execution = world.run()
    assert len(execution.ran) == 1
    assert ["No space left on device" in why for why in execution.failed.values()] == [True]


def test_a_node_without_torch_is_one_clear_message(tmp_path: Path, slurm: RealSlurm) -> None:
    """A training's job says what is missing; a job that needs no torch goes on."""
    from tiny_suites import tiny_suite

    suite = tiny_suite(tmp_path)
    (tmp_path / "lacking").mkdir()
    (tmp_path / "lacking" / "torch.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')"
    )
    env = {**os.environ, "HARNESS_SLURM_SETUP": f"export PYTHONPATH={tmp_path / 'lacking'}:$PYTHONPATH"}
    command = ["-m", "harness", "run", suite, "--scale", "ci", "--on", "slurm", "--device", "cpu", "--threads", "1",
               "--slurm", "poll_s=1", "--store", tmp_path / "runs", "--out", tmp_path / "report"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, *command], check=False, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 6, done.stderr
    assert done.stderr.count("FAILED: ModuleNotFoundError: No module named 'torch'") == 1
    assert (tmp_path / "report" / "index.html").exists()


def test_a_killed_job_is_submitted_again_and_goes_on(tmp_path: Path, slurm: RealSlurm) -> None:
    """Kill -9 of the process, which leaves no word; the result is that of an undisturbed run."""
    world = Sums(tmp_path, count=1, steps=60)
    driver = world.driver()
    try:
        eventually(lambda: began(world), 90)
        eventually(world.store.folder(*job_of(world)).checkpoint.exists, 30)
        slurm.call("scancel", "--batch", "--signal=KILL", f"{world.records()[0].array}_0")
        said, _ = driver.communicate(timeout=240)
    finally:
        driver.kill()
    assert driver.returncode == 0, said
    assert "ended without a word (FAILED); it is submitted again" in said
    assert [bool(record.jobs[0].came_from) for record in world.records()] == [False, True]
    assert world.results() == world.undisturbed()


def job_of(world: Sums) -> tuple[str, str]:
    """Kind and key of the first job."""
    job = next(iter(world.plan.jobs.values()))
    return job.kind, job.key


def test_a_killed_driver_finds_its_jobs_again(tmp_path: Path, slurm: RealSlurm) -> None:
    """Kill -9 of the driver; the next one submits nothing a second time."""
    world = Sums(tmp_path, steps=400)
    first = world.driver()
    eventually(lambda: began(world), 90)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    second = world.driver()
    said, _ = second.communicate(timeout=240)
    assert second.returncode == 0, said
    assert said.count("is in Slurm's queue already") == 2
    assert len(world.records()) == 1
    assert world.results() == world.undisturbed()


def test_a_killed_controller_stops_nothing(tmp_path: Path, slurm: RealSlurm) -> None:
    """Kill -9 of slurmctld while jobs run; it is started again some seconds later."""
    world = Sums(tmp_path, steps=80)
    driver = world.driver()
    try:
        eventually(lambda: began(world), 90)
        slurm.kill("slurmctld")
        time.sleep(4)
        slurm.start()
        said, _ = driver.communicate(timeout=240)
    finally:
        driver.kill()
    assert driver.returncode == 0, said
    assert len(world.records()) == 1
    assert world.results() == world.undisturbed()


def test_two_drivers_submit_no_job_twice(tmp_path: Path, slurm: RealSlurm) -> None:
    """Both begin at once, on one store."""
    world = Sums(tmp_path, count=8, steps=20)
    both = [world.driver(), world.driver("--out", str(tmp_path / "other"))]
    ended = [one.communicate(timeout=300)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], ended
    assert Counter(job.key for record in world.records() for job in record.jobs).most_common(1)[0][1] == 1
    assert world.results() == world.undisturbed()


def test_an_interrupt_leaves_the_jobs_running_and_cancel_ends_them(tmp_path: Path, slurm: RealSlurm) -> None:
    """It says so; `jobs` shows them with their logs; `jobs --cancel` ends them in one call."""
    world = Sums(tmp_path, steps=600)
    stop = StopSignal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver_module.Slurm, "_show", lambda *_: interrupt(world, stop))
        with pytest.raises(Interrupted, match="2 job\\(s\\) stay in Slurm's queue and run on"):
            world.run(stop)
    shown = command("jobs", "--store", str(world.store.root))
    assert sum(line.startswith("running  ") for line in shown.splitlines()) == 2, shown
    assert "_log." in shown
    assert "ended 2 jobs" in command("jobs", "--store", str(world.store.root), "--cancel")
    eventually(lambda: not slurm.call("squeue", "-h").strip(), 60)


def interrupt(world: Sums, stop: StopSignal) -> None:
    """Ask to stop once both jobs have begun."""
    if began(world) and began(world, 1):
        stop.number = signal.SIGINT


def command(*arguments: str) -> str:
    """Call the program."""
    called = [sys.executable, "-m", "harness", *arguments]
    done = subprocess.run(called, check=False, capture_output=True, text=True, timeout=580)
    assert done.returncode == 0, done.stderr
    return done.stdout


def to_slurm(*arguments: str, **environ: str) -> str:
    """Call the program on the cluster, also for jobs that a driver does itself."""
    path = ":".join(site())
    env = {**os.environ, "PYTHONPATH": path, "HARNESS_TEST_ALL_TO_SLURM": "1", **environ}
    few = ["--on", "slurm", "--device", "cpu", "--threads", "1", "--slurm", "poll_s=1", "--slurm", "cpus_per_gpu=1"]
    command = [sys.executable, "-m", "harness", *arguments, *few]
    done = subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=580)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_verify_and_check_run_their_jobs_there(tmp_path: Path, wrap: Wrap) -> None:
    """A job is repeated byte for byte, and a suite agrees with a baseline that was made here."""
    asked = wrap("sbatch", 'exec "$real" "$@"')
    world = Sums(tmp_path, count=1)
    world.undisturbed()
    said = to_slurm("verify", "--store", str(tmp_path / "undisturbed"), "--rerun", job_of(world)[1][:12])
    assert "measure sum0: identical, every output byte for byte" in said
    assert len(calls(asked)) == 1
    baseline = str(tmp_path / "baseline.json")
    command("baseline", "update", str(world.suite), "--baseline", baseline, "--yes", "--device", "cpu")
    to_slurm("check", str(world.suite), "--baseline", baseline, "--store", str(tmp_path / "checked"))
    assert len(calls(asked)) == 2
    assert [path.name for path in (tmp_path / "checked").iterdir()] == []


@pytest.mark.nightly
def test_a_training_is_shared_by_two_nodes(tmp_path: Path, slurm: RealSlurm) -> None:
    """One torchrun on each, which meet at the first; the same bits as of two processes on this machine."""
    from tiny_suites import tiny_suite

    suite = str(tiny_suite(tmp_path, subset={"classes": 10, "per_class": 40}, epochs=1))
    there, here = tmp_path / "there", tmp_path / "here"
    shared = ["run", suite, "--scale", "ci", "--processes", "2", "--out", str(tmp_path / "report")]
    to_slurm(*shared, "--nodes", "2", "--slurm", "memory_gb=2", "--store", str(there))
    command(*shared, "--device", "cpu", "--threads", "1", "--store", str(here))
    for folder in here.glob("*-*"):
        found, expected = (json.loads((root / folder.name / "result.json").read_text()) for root in (there, here))
        assert {k: v for k, v in found.items() if k not in OF_THE_RUN} == {
            k: v for k, v in expected.items() if k not in OF_THE_RUN
        }
    asked = [json.loads(path.read_text()) for path in there.glob("slurm/*/submission.json")]
    assert {one["asked"]["nodes"] for one in asked if one["jobs"][0]["label"].startswith("train")} == {2}
