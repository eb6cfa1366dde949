"""Kill -9 of whatever takes part in a run on a real Slurm on this machine, and several drivers of one store."""

from __future__ import annotations

import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from real_slurm import RealSlurm, Sums, eventually
from slurm_commands import Wrap, began, calls, command, job_of

from harness.errors import Interrupted
from harness.run.executors.slurm import driver as driver_module
from harness.stop_signal import StopSignal

pytestmark = pytest.mark.slurm


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


def test_a_killed_driver_finds_its_jobs_again(tmp_path: Path, slurm: RealSlurm) -> None:
    """Kill -9 of the driver; the next one submits nothing a second time."""
    world = Sums(tmp_path, steps=200)
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


@pytest.mark.parametrize("accepted", [False, True])
def test_a_driver_that_is_killed_while_it_submits_loses_no_job(tmp_path: Path, wrap: Wrap, *, accepted: bool) -> None:
    """Kill -9 right before sbatch is reached, and right after it has accepted the jobs; none is submitted twice."""
    kill = "[ $call = 1 ] && kill -9 $(ps -o ppid= -p $PPID)"
    asked = wrap("sbatch", f'"$real" "$@"; {kill}' if accepted else f'{kill} && exit 1; exec "$real" "$@"')
    world = Sums(tmp_path, steps=20, settings={"accepted_within_s": 5.0})
    first = world.driver()
    first.communicate(timeout=90)
    assert first.returncode == -signal.SIGKILL
    assert [record.array for record in world.records()] == [None]
    said, _ = world.driver().communicate(timeout=240)
    assert ("was never accepted; it is submitted again" in said) != accepted
    assert len(calls(asked)) == (1 if accepted else 2)
    assert world.results() == world.undisturbed(), said


def test_records_that_vanish_while_jobs_run_cost_no_result(tmp_path: Path, slurm: RealSlurm) -> None:
    """All that was written about submissions is removed, logs too, while their driver lives."""
    world = Sums(tmp_path, steps=80)
    driver = world.driver()
    try:
        eventually(lambda: began(world) and began(world, 1), 90)
        shutil.rmtree(world.store.slurm)
        said, _ = driver.communicate(timeout=240)
    finally:
        driver.kill()
    assert driver.returncode == 0, said
    assert world.results() == world.undisturbed()


@pytest.mark.nightly
def test_jobs_whose_records_and_driver_are_gone_end_once(tmp_path: Path, slurm: RealSlurm) -> None:
    """The next driver cannot know of them; its submissions get the jobs, which go on, and the others end."""
    world = Sums(tmp_path, steps=120)
    first = world.driver()
    eventually(lambda: began(world) and began(world, 1), 90)
    first.kill()
    first.communicate()
    shutil.rmtree(world.store.slurm)
    said, _ = world.driver().communicate(timeout=240)
    assert [job.number for record in world.records() for job in record.jobs] == [2, 2], said
    assert world.results() == world.undisturbed()


@pytest.mark.parametrize("forgets", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_a_killed_controller_stops_nothing(tmp_path: Path, slurm: RealSlurm, *, forgets: bool) -> None:
    """Kill -9 of slurmctld while jobs run; it is started again, and knows the jobs that it had time to write down."""
    world = Sums(tmp_path, steps=200 if forgets else 80)
    driver = world.driver()
    try:
        eventually(lambda: began(world), 90)
        state = slurm.folder / "state" / "job_state"
        name = world.records()[0].name.encode()
        eventually(lambda: state.exists() and name in state.read_bytes(), 60)
        slurm.kill("slurmctld")
        if forgets:
            for path in state.parent.glob("job_state*"):
                path.unlink()
        time.sleep(2)
        slurm.start()
        said, _ = driver.communicate(timeout=240)
    finally:
        driver.kill()
    assert driver.returncode == 0, said
    assert ("the queue has forgotten it); it is submitted again" in said) == forgets
    assert len(world.records()) == 1 + forgets
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
