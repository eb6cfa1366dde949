"""Calibrations: real steps and tests, each shape once, remembered for this device, and told for what they are."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import torch
from fake_nvml import FakeNvml, metered
from tiny_suites import tiny_suite

from harness.errors import UsageError
from harness.jobs import calibration
from harness.jobs.calibration import OneImage, Timed, forward_multiply_adds, time_test, time_training
from harness.machine import telemetry
from harness.machine.runtime import Runtime
from harness.plan.calibrate import calibrate
from harness.plan.estimate import estimate
from harness.plan.graph import make_plan
from harness.plan.rates import Rates, calibration_file, note_rate
from harness.store.store import Store
from harness.suite.load import load_suite
from harness.suite.shipped import suite_path

CPU = Runtime(device="cpu", threads=1)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calibrations of a moment."""
    monkeypatch.setattr(calibration, "SPENT_S", 0.02)


@pytest.fixture
def jobs(tmp_path: Path) -> Any:
    """A tiny suite's, of two seeds."""
    return make_plan(load_suite(tiny_suite(tmp_path, seeds=2)), "ci").jobs


def calibrated(jobs: Any, store: Store) -> list[str]:
    """What is said of a calibration of all of them."""
    said: list[str] = []
    calibrate(jobs.values(), jobs, store, CPU, said.append)
    return said


def test_every_shape_is_timed_once_whatever_its_seeds(jobs: Any, tmp_path: Path) -> None:
    """One training and one test of two each; then all of them are known."""
    store = Store(tmp_path / "runs")
    said = calibrated(jobs, store)
    assert [line.split(" (")[0] for line in said] == ["train cnn", "test cnn.ten_crop"]
    assert all("img/s" in line and "multiply-adds a second" in line for line in said)
    found = estimate(jobs.values(), store, CPU, jobs)
    assert found.by_source.keys() == {"calibrated"}
    assert not store.root.exists()


def test_what_is_known_is_not_timed_again(jobs: Any, tmp_path: Path) -> None:
    """Until the memory is deleted."""
    store = Store(tmp_path / "runs")
    calibrated(jobs, store)
    before = calibration_file().read_bytes()
    assert [line.split(": ")[1] for line in calibrated(jobs, store)] == ["known already"] * 2
    assert calibration_file().read_bytes() == before


def test_what_ran_here_needs_no_calibration(jobs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run knows better."""
    store = Store(tmp_path)
    training = next(job for job in jobs.values() if job.kind == "train")
    note_rate(store, {"kind": "train", "spec": training.spec, "work": training.work}, 1.0, CPU)
    monkeypatch.setattr(calibration, "time_training", lambda *_: pytest.fail("timed"))
    assert calibrated(jobs, store)[0].endswith("known already")


def test_the_rate_is_that_of_multiply_adds_of_what_was_timed(
    jobs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step costs three passes; a test what the plan says for an image."""
    monkeypatch.setattr(calibration, "time_training", lambda *_: Timed(64, 0.5, 320.0, 1.0))
    monkeypatch.setattr(calibration, "time_test", lambda *_: Timed(64, 0.25, None, 1.0))
    calibrated(jobs, Store(tmp_path))
    training, test = (next(job for job in jobs.values() if job.kind == kind) for kind in ("train", "evaluate"))
    rates = Rates.known(Store(tmp_path), CPU)
    of_training, of_test = rates.of("train", training.spec), rates.of("evaluate", test.spec, training.spec)
    assert of_training is not None
    assert of_test is not None
    assert of_training.multiply_adds_s == pytest.approx(3 * forward_multiply_adds(training.spec) / 0.5)
    assert of_training.power_w == 320.0
    assert of_test.multiply_adds_s == pytest.approx(test.work / test.images / 0.25)


def test_slow_shapes_are_timed_with_fewer_images(jobs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is told."""
    asked: list[int] = []

    def timed(*arguments: Any) -> Timed:
        asked.append(arguments[-1])
        return Timed(arguments[-1], 0.5, None, 1.0)

    monkeypatch.setattr(calibration, "time_training", timed)
    monkeypatch.setattr(calibration, "time_test", timed)
    monkeypatch.setattr("harness.plan.calibrate.assumed_rate", lambda _: 1.0)
    said = calibrated(jobs, Store(tmp_path))
    assert asked == [1, 1]
    assert all(line.endswith("1 of 64 images at once") for line in said)


def test_a_processor_that_others_use_is_told(jobs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For then the rate is too low."""
    monkeypatch.setattr(calibration, "time_training", lambda *_: Timed(64, 0.5, None, 0.4))
    monkeypatch.setattr(calibration, "time_test", lambda *_: Timed(64, 0.5, None, 0.9))
    first, second = calibrated(jobs, Store(tmp_path))
    assert first.endswith("; busy with other programs, which took 60%")
    assert "busy" not in second


def test_a_lack_of_memory_passes_over_one_shape(jobs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are timed, and the plan is shown."""

    def lacking(*_: Any) -> Timed:
        raise MemoryError

    monkeypatch.setattr(calibration, "time_training", lacking)
    first, second = calibrated(jobs, Store(tmp_path))
    assert first.endswith("not calibrated, for memory is lacking")
    assert "img/s" in second


def test_a_failure_of_ours_is_not_swallowed(jobs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would otherwise pass for a slow machine."""

    def wrong(*_: Any) -> Timed:
        raise ZeroDivisionError

    monkeypatch.setattr(calibration, "time_training", wrong)
    with pytest.raises(ZeroDivisionError):
        calibrated(jobs, Store(tmp_path))


def test_a_memory_that_cannot_be_written_is_told(jobs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, with the file."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match=r"calibration\.json cannot be written"):
        calibrated(jobs, Store(tmp_path))


@pytest.mark.parametrize(
    ("suite", "scale"), [("prelu_table6", "ci"), ("cifar_lrn", "ci"), ("prelu_table1", "ci"), ("views", "small")]
)
def test_nets_jitter_and_dense_tests_of_the_shipped_suites_can_be_timed(suite: str, scale: Any) -> None:
    """With one image at a time."""
    jobs = make_plan(load_suite(suite_path(suite)), scale).jobs
    training = next(job for job in jobs.values() if job.kind == "train")
    test = next(job for job in jobs.values() if job.inputs.get("network") == training.key and job.kind == "evaluate")
    assert time_training(training.spec, CPU, 1).seconds_an_image > 0
    timed = time_test(test.spec, training.spec, CPU, 2)
    assert (timed.images, timed.power_w) == (2, None)
    assert timed.seconds_an_image > 0


def test_what_is_timed_is_the_training_loop_itself(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that takes longer is found slower by as much."""
    spec = next(job for job in jobs.values() if job.kind == "train").spec
    real = calibration.take_epoch

    def slow(run: Any, pixels: Any) -> int | None:
        time.sleep(0.2 * (run.steps - run.state.step))
        return real(run, pixels)

    monkeypatch.setattr(calibration, "take_epoch", slow)
    assert time_training(spec, CPU, 4).seconds_an_image >= 0.05


def test_power_is_that_of_the_timed_steps(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they ran on a GPU."""
    spec = next(job for job in jobs.values() if job.kind == "train").spec
    monkeypatch.setattr(telemetry, "INTERVAL_S", 0.005)
    monkeypatch.setattr(telemetry, "nvml", lambda: FakeNvml(metered(250)))
    monkeypatch.setattr(calibration, "device_environment", lambda _: {"device": "cuda", "instructions": "NVIDIA H200"})
    timed = time_training(spec, Runtime(device="auto", threads=1), 32)
    assert timed.power_w == pytest.approx(250, rel=0.01)


def test_a_batch_of_made_up_images_is_as_large_as_one_of_real_ones() -> None:
    """Memory of its own, and no more: the set itself is one image."""
    pixels = OneImage(torch.arange(12, dtype=torch.uint8).view(1, 3, 2, 2).expand(1000, 3, 2, 2))
    batch = pixels.read(torch.tensor([5, 900, 5]))
    assert (batch.shape, batch.is_contiguous()) == ((3, 3, 2, 2), True)
    assert batch.untyped_storage().nbytes() == 36
    assert torch.equal(batch[0], batch[2])
    assert pixels.on(torch.device("cpu")) is pixels
