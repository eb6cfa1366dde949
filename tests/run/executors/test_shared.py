"""One job in two processes that share its batches: gloo on the CPU, started by torchrun as on GPUs."""

from __future__ import annotations

import io
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from finished_worlds import CUT
from forked_ranks import without_torchrun
from measure_specs import SMALL, parsed
from tiny_suites import World, lasting, tiny_world

from harness.data.locate import Locations
from harness.errors import DeviceMissing, Interrupted, JobFailed
from harness.jobs.checkpoint import load_weights
from harness.machine import cuda_visible
from harness.machine.environment import clocked_device
from harness.machine.runtime import Runtime
from harness.plan.job import Job
from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.progress import Progress
from harness.report.gather import gather
from harness.report.page.render import render
from harness.run.execute import written
from harness.run.executors.local import Local
from harness.run.executors.shared import ProcessLost, _failure
from harness.store.store import Store

PART = CUT["subset"]


def rank_processes() -> dict[int, int]:
    """By rank, the process of each that works now for a program of this user's."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command, variables = (path / "cmdline").read_bytes(), (path / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"harness.jobs.distributed.process" in command and b"torchrun" not in command:
            found |= {int(one[5:]): int(path.name) for one in variables if one.startswith(b"RANK=")}
    return found


@pytest.fixture(scope="module")
def alone(finished: Callable[..., World]) -> World:
    """A tiny suite in one process."""
    return finished(**CUT)


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that are started without torchrun, for what does not depend on who starts them."""
    without_torchrun(monkeypatch)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same in two."""
    world = tiny_world(tmp_path_factory.mktemp("shared"), **CUT)
    with pytest.MonkeyPatch.context() as patch:
        without_torchrun(patch)
        assert world.run(processes=2).failed == {}
    return world


def killed(process: int) -> None:
    """Kill a process as the system does where memory is short."""
    os.kill(process, signal.SIGKILL)


def test_training_in_two_processes_is_that_of_one_but_for_rounding(alone: World, shared: World) -> None:
    """The same keys; every weight, every epoch's loss and both errors; the parts together are the batch."""
    assert list(shared.plan.jobs) == list(alone.plan.jobs)
    ours, theirs = (load_weights(world.folder("train")) for world in (shared, alone))
    for name, weight in theirs.items():
        torch.testing.assert_close(ours[name], weight, rtol=1e-3, atol=1e-5)
    assert not all(torch.equal(ours[name], weight) for name, weight in theirs.items())
    for row, one in zip(*(world.folder("train").read_metrics() for world in (shared, alone)), strict=True):
        assert row == pytest.approx(one, rel=1e-4)


def test_a_test_in_two_processes_is_that_of_one(alone: World, forked: None, tmp_path: Path) -> None:
    """Of one net: every image once, in the split's order, with the same probabilities."""
    world = alone.copied(tmp_path)
    shutil.rmtree(world.folder("evaluate").path)
    assert world.run(processes=2).failed == {}
    ours, theirs = (np.load(each.folder("evaluate").predictions) for each in (world, alone))
    for name in ("ids", "labels", "classes"):
        assert (ours[name] == theirs[name]).all()
    assert ours["probabilities"] == pytest.approx(theirs["probabilities"], abs=1e-6)
    assert world.result("evaluate")["values"] == pytest.approx(alone.result("evaluate")["values"], rel=1e-6)


def test_a_result_of_two_processes_says_so(alone: World, shared: World) -> None:
    """In itself, in what it was made with, in its mark and the report's deviations; that of one says nothing."""
    result = shared.result("train")
    assert result["processes"] == 2
    assert any("shared by 2 processes" in mark for mark in shared.result("evaluate")["marks"])
    assert shared.folder("train").read_environment()["job"]["processes"] == 2
    assert "processes" not in alone.result("train")
    standing = statuses(shared.plan, shared.store, Locations())
    results, curves = gather(shared.plan, shared.store, standing, Choice("ci", "", ""))
    (deviation,) = [one for one in results.deviations if one.id == "processes"]
    assert deviation.affects == ["cnn"]
    assert "In 2 processes, whose gradients are summed" in render(results, curves)


def at(world: World, moment: str, act: Callable[[], None]) -> None:
    """Do something once, when this is said."""
    write, left = world.stream.write, [act]

    def then(text: str) -> int:
        if moment in text and left:
            left.pop()()
        return write(text)

    world.stream.write = then  # type: ignore[method-assign]


@pytest.mark.parametrize("torchrun", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_stopped_by_a_signal_and_a_lost_process_it_goes_on_to_the_same_bits(
    shared: World, alone: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, torchrun: bool
) -> None:
    """Ctrl-C saves; a killed process is one clear error with its rank; what is saved by then is gone on from.

    By torchrun to the end, where others began; so the same bits come out whoever starts the processes. The nightly run
    kills a process of torchrun too.
    """
    world = alone.copied(tmp_path)
    shutil.rmtree(world.folder("train").path)
    at(world, "epoch 1/2", lambda: os.kill(os.getpid(), signal.SIGINT))
    with monkeypatch.context() as patch:
        without_torchrun(patch)
        with pytest.raises(Interrupted, match="the same command goes on from there"):
            world.run({"train"}, processes=2)
    assert world.folder("train").checkpoint.exists()
    with monkeypatch.context() as patch:
        started = [] if torchrun else without_torchrun(patch)
        at(world, "going on in epoch", lambda: killed(started[-1].ranks[1].pid if started else rank_processes()[1]))
        (reason,) = world.run({"train"}, processes=2).failed.values()
    assert reason.startswith("process 1 of 2 (counted from 0) ended by SIGKILL, and the others with it")
    assert "Traceback" not in world.said
    (reason,) = world.run({"train"}).failed.values()
    assert "processes 2 -> None" in reason
    assert world.run({"train"}, processes=2).failed == {}
    assert lasting(world.result("train")) == lasting(shared.result("train"))


def test_it_goes_on_in_another_number_of_processes_when_asked_to_and_marked(forked: None, tmp_path: Path) -> None:
    """The checkpoint is of one process, and two end the training."""
    world = tiny_world(tmp_path, subset=PART)
    at(world, "epoch 1/2", lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(Interrupted):
        world.run({"pixels", "train"})
    (reason,) = world.run({"train"}, processes=2).failed.values()
    assert "processes None -> 2" in reason
    assert world.run({"train"}, processes=2, resume_elsewhere=True).failed == {}
    assert any("resumed elsewhere" in mark and "None -> 2" in mark for mark in world.result("train")["marks"])


def test_what_is_unforeseen_in_a_process_is_told_and_kept_in_the_log(forked: None, tmp_path: Path) -> None:
    """In its own words, not as a lost process."""
    world = tiny_world(tmp_path, subset=PART)
    world.run({"pixels"})
    world.planned("train").weights.mkdir()
    (reason,) = world.run({"train"}, processes=2).failed.values()
    assert reason.startswith("IsADirectoryError: ")
    assert "save_weights" in world.folder("train").log.read_text()


def test_a_measurement_of_several_gpus_runs_in_as_many_processes(forked: None, tmp_path: Path) -> None:
    """Whatever the run asks for; here two processes on the CPU stand for two GPUs."""
    spec = parsed("speedup", net=SMALL, gpus=2, scheme="conv_data_fc_single", batch=4, rounds=1, warm_up=0)
    content = spec.model_dump(mode="json") | {"seed": 0, "device_name": clocked_device("cpu", 1)}
    job = Job("measure", content, label="measure two")
    folder = written(Store(tmp_path), job)
    Local(Runtime(device="cpu", threads=1), Progress(io.StringIO())).run(folder)
    result = folder.read_result()
    assert result is not None
    assert result["values"].keys() == spec.quantities().keys()
    assert folder.read_environment()["job"]["processes"] == 2


def test_fewer_gpus_than_asked_for_end_the_run_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the exit code of a missing device."""
    monkeypatch.setattr(cuda_visible, "gpu_uuids", lambda: ["GPU-0"])
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    world = tiny_world(tmp_path, subset=PART)
    world.run({"pixels"})
    with pytest.raises(DeviceMissing, match="2 GPUs were asked for, and 1 can be seen") as caught:
        world.run({"train"}, device="cuda", processes=2)
    assert caught.value.exit_code == 5


@pytest.mark.parametrize(
    ("lost", "results", "says"),
    [
        ("[[0, 1], [1, -9]]", [RuntimeError("closed")], "process 1 of 2 (counted from 0) ended by SIGKILL"),
        ("[[1, 1]]", [ValueError("the cause"), RuntimeError("Connection closed")], "the cause"),
        ("[[1, 3]]", [], "process 1 of 2 (counted from 0) ended with exit code 3"),
        ("", [], "torchrun ended without a result; its last lines: no port"),
    ],
)  # fmt: skip
def test_the_cause_is_told_and_not_what_follows_from_it(
    tmp_path: Path, lost: str, results: list[Any], says: str
) -> None:
    """A killed process before the complaint of its peer, the first error before the second, and its last lines."""
    (tmp_path / "lost.json").write_text(lost)
    (tmp_path / "torchrun.log").write_text("no port\n")
    log = tmp_path / "run" / "attempt_0" / "1" / "stderr.log"
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"line {number}\n" for number in range(9)))
    error = _failure(tmp_path, 2, results)
    assert str(error).startswith(says)
    assert isinstance(error, ProcessLost) == ("-9" in lost or not lost)
    if isinstance(error, JobFailed) and lost:
        assert str(error).endswith("its last lines: line 4 | line 5 | line 6 | line 7 | line 8")


def test_processes_that_share_a_batch_are_a_setting_of_the_run() -> None:
    """One by default."""
    assert Runtime().processes == 1
