"""Several jobs at a time, each in a process of its own."""

from __future__ import annotations

import io
import json
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from finished_worlds import CUT
from programs import signalled
from tiny_suites import World, lasting, tiny_suite, tiny_world

from harness.data.locate import Locations
from harness.errors import Interrupted, JobFailed
from harness.machine.runtime import Runtime
from harness.plan.status import surveyed
from harness.progress import Progress
from harness.run.execute import execute_at_once
from harness.run.executors.pool import Pool
from harness.stop_signal import StopSignal
from harness.store.locks import is_held

PART = CUT["subset"]
LONGEST_S = 60.0
"""How long workers may take to see that their program is gone, on a machine that others use too."""
RUN = ("run", "tiny.yaml", "--scale", "ci", "--device", "cpu", "--threads", "1", "--checkpoint-every", "0")


@contextmanager
def pool(jobs: int, progress: Progress | None = None, stop: StopSignal | None = None) -> Iterator[Pool]:
    """Workers of one thread."""
    runtime = Runtime(device="cpu", threads=1, jobs=jobs)
    with Pool(runtime, progress or Progress(io.StringIO()), stop or StopSignal()) as opened:
        yield opened


def files(world: World) -> dict[str, Any]:
    """Everything that jobs left, by name: results without place and time, the rest byte for byte."""
    found: dict[str, Any] = {}
    for path in world.store.root.glob("*-*/*"):
        name = f"{path.parent.name}/{path.name}"
        if path.name == "result.json":
            found[name] = lasting(json.loads(path.read_text()))
        elif path.suffix in (".npz", ".pt", ".jsonl") and "checkpoint" not in path.name:
            found[name] = path.read_bytes()
    return found


@pytest.fixture(scope="module")
def in_turn(finished: Callable[..., World]) -> dict[str, Any]:
    """What two seeds come to, one job after another in one process."""
    return files(finished(**CUT, seeds=2))


@pytest.fixture
def forkserver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are forked from a process which has torch already, for what does not depend on a fresh start."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["harness.jobs.pixel_statistics", "harness.jobs.training.train"])
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: context)


def test_at_once_comes_out_as_in_turn_and_a_failure_stops_only_what_needs_it(
    in_turn: dict[str, Any], forkserver: None, tmp_path: Path
) -> None:
    """Byte for byte, where threads are as many. A training that cannot write fails, and its test with it."""
    world = tiny_world(tmp_path, subset=PART, seeds=2)
    survey = surveyed(world.plan, world.store, Locations())
    world.planned("train", 1).weights.mkdir()
    progress = Progress(world.stream)
    with pool(2, progress) as places:
        execution = execute_at_once(survey, places, progress)
        train, test = world.plan.trainings["cnn", 1], world.plan.evaluations["cnn", "ten_crop", 1]
        assert list(execution.failed) == [train, test]
        assert "directory" in execution.failed[train]
        assert execution.failed[test] == f"its input failed: {execution.failed[train]}"
        assert len(execution.ran) == 3
        world.folder("train", 1).weights.rmdir()
        survey = surveyed(world.plan, world.store, Locations())
        execution = execute_at_once(survey, places, progress)
    assert (execution.ran, execution.failed) == ([train, test], {})
    assert files(world) == in_turn
    assert "[2/5] train cnn, seed 0: epoch 2/2" in world.said
    assert "epoch 2/2" in world.folder("train", 0).log.read_text()


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_are_the_same_however_many_run_at_a_time(
    in_turn: dict[str, Any], forkserver: None, tmp_path: Path, jobs: int
) -> None:
    """Names of folders, which are keys, and all records and bits in them, as those of one job after another."""
    world = tiny_world(tmp_path, **CUT, seeds=2)
    progress = Progress(world.stream)
    with pool(jobs, progress) as places:
        execution = execute_at_once(surveyed(world.plan, world.store, Locations()), places, progress)
    assert execution.failed == {}
    assert files(world) == in_turn


def test_a_worker_that_dies_fails_its_job_and_is_replaced(forkserver: None, tmp_path: Path) -> None:
    """With how it died; the same pool then runs the job to its end."""
    folder = tiny_world(tmp_path, subset=PART).planned("pixels")
    with pool(1) as places:
        places.begin(folder, "first")
        places.workers[0].process.kill()
        ((again, error),) = places.ended()
        assert again.path == folder.path
        assert isinstance(error, JobFailed)
        assert str(error) == "its process ended by SIGKILL; the same command goes on from what it had saved"
        places.begin(folder, "second")
        ((_, error),) = places.ended()
    assert error is None
    assert folder.read_result() is not None


def test_a_stop_reaches_every_worker(forkserver: None, tmp_path: Path) -> None:
    """Told once its job has begun, a worker stops between two steps; the pool then says which signal it was."""
    stop, world = StopSignal(), tiny_world(tmp_path, subset=PART, epochs=10_000)
    assert world.run({"pixels"}).failed == {}
    world.planned("train")
    progress = Progress(io.StringIO())
    say = progress.say

    def then_stop(line: str) -> None:
        say(line)
        stop.number = signal.SIGTERM

    progress.say = then_stop  # type: ignore[method-assign]
    with pytest.raises(Interrupted, match="SIGTERM"), pool(1, progress, stop) as places:  # noqa: PT012 - one context
        places.begin(world.folder("train"), "train")
        places.ended()
    assert world.folder("train").checkpoint.exists()
    assert world.folder("train").read_result() is None


@pytest.mark.nightly
def test_two_jobs_at_a_time_are_stopped_as_one_is(tmp_path: Path) -> None:
    """By Ctrl-C, with its exit code and no traceback."""
    tiny_suite(tmp_path, subset=PART, seeds=2)
    status, said = signalled(tmp_path, signal.SIGINT, "epoch 1/2", *RUN, "--jobs", "2")
    assert status == 130
    assert "the same command goes on from there" in said.splitlines()[-1]
    assert "Traceback" not in said


def test_two_jobs_at_a_time_killed_end_as_in_turn(in_turn: dict[str, Any], forkserver: None, tmp_path: Path) -> None:
    """By a kill of the program alone, which its workers notice."""
    tiny_suite(tmp_path, **CUT, seeds=2)
    status, _ = signalled(tmp_path, signal.SIGKILL, "epoch 1/2", *RUN, "--jobs", "2")
    assert status == -signal.SIGKILL
    world = tiny_world(tmp_path, **CUT, seeds=2)
    until = time.monotonic() + LONGEST_S
    while any(is_held(folder) for folder in world.store.root.glob("*-*")):
        assert time.monotonic() < until, "a worker outlived its program"
        time.sleep(0.1)
    progress, survey = Progress(world.stream), surveyed(world.plan, world.store, Locations())
    with pool(2, progress) as places:
        assert execute_at_once(survey, places, progress).failed == {}
    assert files(world) == in_turn
    assert "going on in epoch" in world.said
