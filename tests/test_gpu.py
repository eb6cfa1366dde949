"""Tests that need a GPU: `python -m pytest -m gpu`."""

import os
import signal

import pytest
import torch
from tiny_suites import lasting, tiny_world

from harness.errors import Interrupted
from harness.jobs.checkpoint import load_weights
from harness.jobs.device import set_up
from harness.jobs.training import train as training
from harness.machine.runtime import Runtime
from harness.plan.status import surveyed
from harness.progress import Progress
from harness.run.execute import execute_at_once
from harness.run.executors.pool import Pool
from harness.stop_signal import StopSignal

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]
PART = {"classes": 10, "per_class": 67}


def run(folder, **changes):
    """Run a tiny suite on the GPU."""
    world = tiny_world(folder, subset=PART, **changes)
    assert world.run(device="cuda").failed == {}
    return world


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_training_repeats_bit_for_bit(tmp_path, precision):
    """Weights and predictions of two runs are the same bytes."""
    one, two = (run(tmp_path / name, precision=precision) for name in ("one", "two"))
    assert lasting(one.result("train")) == lasting(two.result("train"))
    assert lasting(one.result("evaluate")) == lasting(two.result("evaluate"))


def test_stopped_and_started_again_it_ends_in_the_same_bits(tmp_path, monkeypatch):
    """An interrupted training ends in the same bits, as on a CPU."""
    undisturbed, whole, stops = run(tmp_path / "one"), training.show, [7]

    def show(at_work):
        whole(at_work)
        if stops and at_work.state.step == stops[0]:
            stops.pop()
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(training, "show", show)
    world = tiny_world(tmp_path / "two", subset=PART)
    with pytest.raises(Interrupted):
        world.run(device="cuda")
    world.run(device="cuda")
    assert lasting(world.result("train")) == lasting(undisturbed.result("train"))


@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype")
def test_no_step_waits_for_the_device(tmp_path, monkeypatch):
    """From the second step (the first is captured) to the end of the epoch, torch never waits for the device."""
    whole = training.show

    def show(at_work):
        whole(at_work)
        last = at_work.state.step >= min(at_work.steps, training.FINITE_CHECK_EVERY) - 1
        torch.cuda.set_sync_debug_mode("default" if last else "error")

    monkeypatch.setattr(training, "show", show)
    try:
        run(tmp_path)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_a_checkpoint_does_not_move_between_devices_unasked(tmp_path, monkeypatch):
    """A GPU rounds otherwise than a CPU."""
    monkeypatch.setattr(training, "show", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    world = tiny_world(tmp_path, subset=PART)
    with pytest.raises(Interrupted):
        world.run(device="cuda")
    (reason, *_) = world.run(device="cpu").failed.values()
    assert "device 'cuda' -> 'cpu'" in reason


def test_single_precision_is_not_tf32():
    """A product that TF32 would round equals that in float64, up to float32's rounding."""
    device = set_up(Runtime(device="cuda"))
    left, right = torch.randn(2, 256, 256, generator=torch.Generator().manual_seed(0)).to(device)
    torch.testing.assert_close(left @ right, (left.double() @ right.double()).float(), rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than two CUDA devices")
def test_two_gpus_train_and_test_as_one_but_for_rounding(tmp_path):
    """Weights, metrics of epochs and predictions agree through torchrun and NCCL."""
    one, two = (tiny_world(tmp_path / name, subset=PART) for name in ("one", "two"))
    assert one.run(device="cuda").failed == {}
    assert two.run(device="cuda", processes=2).failed == {}
    ours, theirs = (load_weights(world.folder("train")) for world in (two, one))
    for name, weight in theirs.items():
        torch.testing.assert_close(ours[name], weight, rtol=1e-3, atol=1e-4)
    assert two.result("train")["processes"] == 2
    assert two.result("evaluate")["values"] == pytest.approx(one.result("evaluate")["values"], rel=1e-3, abs=1)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than two CUDA devices")
def test_two_gpus_repeat_bit_for_bit(tmp_path):
    """Two GPUs repeat their own bits, as one does."""
    one, two = (tiny_world(tmp_path / name, subset=PART) for name in ("one", "two"))
    for world in (one, two):
        assert world.run({"pixels", "train"}, device="cuda", processes=2).failed == {}
    assert lasting(one.result("train")) == lasting(two.result("train"))


def test_jobs_at_a_time_share_a_gpu_with_the_results_of_one_after_another(tmp_path):
    """Two workers share one device, or use two."""
    one, two = (tiny_world(tmp_path / name, subset=PART, seeds=2) for name in ("one", "two"))
    assert one.run(device="cuda").failed == {}
    progress, survey = Progress(two.stream), surveyed(two.plan, two.store, two.runtime.locations)
    with Pool(Runtime(device="cuda", threads=1, jobs=2), progress, StopSignal()) as pool:
        assert execute_at_once(survey, pool, progress).failed == {}
    for seed in (0, 1):
        assert lasting(two.result("evaluate", seed)) == lasting(one.result("evaluate", seed))
