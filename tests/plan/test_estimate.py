"""Estimates: from what was measured here, else from an assumption that is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pynvml
import pytest
from fake_nvml import FakeNvml

from harness.machine.runtime import Runtime
from harness.plan.estimate import (
    ASSUMED_A_CORE,
    ASSUMED_A_GPU,
    H200,
    OVERHEAD_S,
    estimate,
    estimate_on,
    power_limit_w,
    training_of,
)
from harness.plan.job import Job
from harness.plan.rates import note_calibration, note_rate, rate_key
from harness.store.store import Store

SPEC = {"model": {"name": "alexnet"}, "input": [3, 224, 224], "recipe": {"precision": "fp32"}}
CPU = Runtime(device="cpu", threads=4)
GPU = {"name": "NVIDIA H200", "memory_bytes": 1, "driver": "1"}


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a processor of this name."""
    monkeypatch.setattr("harness.plan.rates.gpus", list)
    monkeypatch.setattr("harness.plan.estimate.nvml", lambda: None)
    monkeypatch.setattr("harness.plan.rates.processor", lambda: "a processor")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty one."""
    store = Store(tmp_path)
    store.prepare()
    return store


def job(work: float) -> Job:
    """A training of so many multiply-adds."""
    return Job("train", SPEC, work=work)


def finished(work: float) -> dict[str, Any]:
    """The same, as its job.json says it."""
    return {"kind": "train", "spec": SPEC, "work": work}


def test_before_anything_was_measured_the_assumption_is_told(store: Store) -> None:
    """So many multiply-adds a second and core."""
    found = estimate([job(8 * ASSUMED_A_CORE)], store, CPU)
    assert found.seconds == pytest.approx(OVERHEAD_S + 2)
    assert found.basis == f"assumes {4 * ASSUMED_A_CORE:.0e} multiply-adds a second on a processor"


def test_a_gpu_is_assumed_to_be_faster(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is named."""
    monkeypatch.setattr("harness.plan.rates.gpus", lambda: [GPU])
    found = estimate([job(10 * ASSUMED_A_GPU)], store, Runtime(device="auto", threads=4))
    assert found.seconds == pytest.approx(OVERHEAD_S + 10)
    assert found.basis.endswith("on NVIDIA H200")


def test_what_was_measured_replaces_the_assumption(store: Store) -> None:
    """Of the same kind of job, net, size, precision and device."""
    note_rate(store, finished(1e12), 4.0, CPU)
    found = estimate([job(1e12), job(2e12)], store, CPU)
    assert found.seconds == pytest.approx(2 * OVERHEAD_S + 4 + 8)
    assert found.basis == "measured here on a processor"


def test_one_job_that_was_not_measured_makes_it_an_assumption(store: Store) -> None:
    """The basis is that of the weakest part."""
    note_rate(store, finished(1e12), 4.0, CPU)
    other = Job("evaluate", {"splits": ["test"]}, work=1.0)
    assert estimate([job(1e12), other], store, CPU).basis.startswith("assumes")


def test_the_last_measurement_counts(store: Store) -> None:
    """A machine may have become faster."""
    for seconds in (4.0, 2.0):
        note_rate(store, finished(1e12), seconds, CPU)
    assert estimate([job(1e12)], store, CPU).seconds == pytest.approx(OVERHEAD_S + 2)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "3", '{"%s": "fast"}', '{"%s": null}', '{"%s": 0}', '{"%s": -1}', '{"%s": NaN}', '{"%s": Infinity}',
     '{"%s": true}'],
)  # fmt: skip
def test_a_broken_cache_costs_an_estimate_and_nothing_else(store: Store, content: str) -> None:
    """It is taken as empty, and mended by the next measurement."""
    store.rates.write_text(content.replace("%s", rate_key("train", SPEC, "a processor, 4 threads")))
    found = estimate([job(4 * ASSUMED_A_CORE)], store, CPU)
    assert (found.seconds, found.basis[:7]) == (pytest.approx(OVERHEAD_S + 1), "assumes")
    note_rate(store, finished(1e12), 4.0, CPU)
    assert estimate([job(1e12)], store, CPU).seconds == pytest.approx(OVERHEAD_S + 4)


def test_nothing_to_do_takes_no_time(store: Store) -> None:
    """Not even the overhead."""
    assert estimate([], store, CPU).seconds == 0


def test_jobs_that_compute_little_are_told_to_rest_on_no_measurement(store: Store) -> None:
    """Half a second each; that was assumed, and so is the power of a GPU elsewhere."""
    found = estimate([Job("measure", {"what": "network"})] * 3, store, CPU)
    assert found.seconds == 3 * OVERHEAD_S
    assert found.basis == f"{OVERHEAD_S:g} s for each job, none of which trains or tests a net"
    assert estimate_on(H200, [Job("measure", {"what": "network"})]).power_basis == "at the power assumed"


def on_gpu(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A machine with a GPU whose limit is 700 W."""
    monkeypatch.setattr("harness.plan.rates.gpus", lambda: [GPU])
    monkeypatch.setattr("harness.plan.estimate.nvml", FakeNvml)
    return Runtime(device="auto", threads=4)


def test_a_processor_is_reckoned_in_core_hours_and_its_energy_is_not_known(store: Store) -> None:
    """Null, never 0 kWh."""
    found = estimate([job(3600 * 4 * ASSUMED_A_CORE)], store, CPU).document()
    assert found["core_hours"] == pytest.approx(4 * (3600 + OVERHEAD_S) / 3600)
    assert (found["gpu_hours"], found["kwh"]) == (None, None)
    assert found["power_basis"] == "the power of a processor is not measured"


def test_a_gpu_that_measured_its_power_is_reckoned_at_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour at 360 W is 0.36 kWh."""
    runtime = on_gpu(monkeypatch)
    note_rate(store, finished(1e12), 1.0, runtime, power_w=360.0)
    found = estimate([job(3600e12)], store, runtime).document()
    assert found["gpu_hours"] == pytest.approx(1, rel=1e-3)
    assert found["kwh"] == pytest.approx(0.36, rel=1e-3)
    assert (found["core_hours"], found["power_basis"]) == (None, "at the power measured")


def test_a_gpu_that_measured_none_is_reckoned_at_its_limit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is told to be the most that it can be."""
    found = estimate([job(3600 * ASSUMED_A_GPU)], store, on_gpu(monkeypatch)).document()
    assert found["kwh"] == pytest.approx(0.7, rel=1e-3)
    assert found["power_basis"] == "at most, at its limit of 700 W"


def test_a_gpu_without_a_limit_has_unknown_energy(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in Linux inside Windows."""
    runtime = on_gpu(monkeypatch)
    monkeypatch.setattr("harness.plan.estimate.nvml", lambda: None)
    found = estimate([job(ASSUMED_A_GPU)], store, runtime).document()
    assert (found["kwh"], found["power_basis"]) == (None, "the power of this GPU is not known")


@pytest.mark.parametrize("fails", [pynvml.NVMLError_DriverNotLoaded(), pynvml.NVMLError_LibraryNotFound()])
def test_a_driver_that_does_not_answer_has_no_limit(monkeypatch: pytest.MonkeyPatch, fails: Exception) -> None:
    """And is no failure of a plan."""
    monkeypatch.setattr("harness.plan.estimate.nvml", lambda: FakeNvml(init=fails))
    assert power_limit_w() is None


def test_a_calibration_is_told_to_be_one(store: Store) -> None:
    """It is better than an assumption, and less than a run."""
    note_calibration(job(1.0), None, 1e12, None, CPU)
    found = estimate([job(5e12)], store, CPU)
    assert (found.seconds, found.basis) == (pytest.approx(OVERHEAD_S + 5), "calibrated here on a processor")
    assert found.by_source == {"calibrated": 5.0}


def test_a_mixture_tells_its_weakest_part_and_the_share_of_the_rest(store: Store) -> None:
    """Three quarters of the time were measured."""
    note_rate(store, finished(1e12), 1.0, CPU)
    other = Job("evaluate", {"splits": ["test"]}, work=4 * ASSUMED_A_CORE)
    basis = estimate([job(3e12), other], store, CPU).basis
    assert basis == "assumes 8e+10 multiply-adds a second on a processor, 75% of the time measured or calibrated here"


def test_a_test_is_reckoned_by_the_net_that_it_looks_through(store: Store) -> None:
    """Found in the plan."""
    training = job(1e12)
    test = Job("evaluate", {"protocol": {"views": "ten_crop"}}, {"network": training.key}, work=1e12)
    note_rate(store, {"kind": "evaluate", "spec": test.spec, "work": 1e12}, 2.0, CPU, training.spec)
    note_rate(store, {"kind": "evaluate", "spec": test.spec, "work": 1e12}, 9.0, CPU, SPEC | {"classes": 7})
    plan = {training.key: training, test.key: test}
    assert training_of(test, plan) == training.spec
    assert estimate([test], store, CPU, plan).seconds == pytest.approx(OVERHEAD_S + 2)


def test_a_gpu_elsewhere_is_told_with_its_assumptions() -> None:
    """An H200 at 60% of 33.5 tera multiply-adds a second, for an hour at 700 W."""
    found = estimate_on(H200, [job(3600 * 0.6 * 132 * 128 * 1.98e9)])
    assert found.document()["gpu_hours"] == pytest.approx(1, rel=1e-3)
    assert found.document()["kwh"] == pytest.approx(0.7, rel=1e-3)
    for part in ("NVIDIA H200", "60%", "3.3e+13 in fp32", "700 W"):
        assert part in found.basis


def test_jobs_that_leave_the_gpu_alone_are_not_counted_in_its_hours() -> None:
    """An hour of a core, by the assumption of a processor, and no energy of the GPU."""
    found = estimate_on(H200, [Job("encode", {"splits": ["train"]}, work=3600 * ASSUMED_A_CORE)])
    assert (found.seconds, found.energy_j) == (0, 0)
    assert found.document()["processor_core_hours"] == pytest.approx(1, rel=1e-3)


def test_bf16_is_faster_elsewhere_and_tests_are_fp32() -> None:
    """Whatever their net was trained in."""
    half = Job("train", SPEC | {"recipe": {"precision": "bf16"}}, work=1e18)
    test = Job("evaluate", {"recipe": {"precision": "bf16"}}, work=1e18)
    found = estimate_on(H200, [half, test]).of_job
    assert found[test.key] / found[half.key] == pytest.approx(395 / 33.45, rel=1e-2)
