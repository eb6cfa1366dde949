"""How fast jobs are known to run: by their very shape first, and never mixed up between devices."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.machine.runtime import Runtime
from harness.plan.job import Job
from harness.plan.rates import Rates, calibration_file, device_name, note_calibration, note_rate, rate_key, shape_of
from harness.store.store import Store

RECIPE = {"batch": 128, "precision": "fp32"}
SPEC: dict[str, Any] = {
    "model": {"name": "alexnet", "width": 1.0}, "classes": 1000, "input": [3, 224, 224], "recipe": RECIPE,
}  # fmt: skip
TEST: dict[str, Any] = {"splits": ["test"], "protocol": {"views": "ten_crop"}}
CPU = Runtime(device="cpu", threads=4)
GPU = {"name": "NVIDIA H200", "memory_bytes": 1, "driver": "1"}


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a processor of this name."""
    monkeypatch.setattr("harness.plan.rates.gpus", list)
    monkeypatch.setattr("harness.plan.rates.processor", lambda: "a processor")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty one."""
    store = Store(tmp_path)
    store.prepare()
    return store


def finished(kind: str = "train", spec: dict[str, Any] = SPEC, work: float = 1e12) -> dict[str, Any]:
    """A job as its job.json says it."""
    return {"kind": kind, "spec": spec, "work": work}


def test_nothing_is_known_at_first(store: Store) -> None:
    """Nor made up."""
    assert Rates.known(store, CPU).of("train", SPEC) is None


def test_a_run_teaches_its_rate_and_power(store: Store) -> None:
    """Multiply-adds by seconds, and the watts that it was at."""
    note_rate(store, finished(), 4.0, CPU, power_w=420.0)
    rate = Rates.known(store, CPU).of("train", SPEC)
    assert rate is not None
    assert (rate.multiply_adds_s, rate.power_w, rate.source) == (2.5e11, 420.0, "measured")


def test_power_that_was_not_measured_the_last_time_is_not_known(store: Store) -> None:
    """That of another run, at another speed, says nothing of it."""
    note_rate(store, finished(), 4.0, CPU, power_w=420.0)
    note_rate(store, finished(), 2.0, CPU)
    rate = Rates.known(store, CPU).of("train", SPEC)
    assert rate is not None
    assert (rate.multiply_adds_s, rate.power_w) == (5e11, None)


def test_the_very_shape_comes_first_then_a_calibration_then_jobs_alike(store: Store) -> None:
    """A wider net of the same name is only alike."""
    wide = SPEC | {"model": {"name": "alexnet", "width": 2.0}}
    note_rate(store, finished(), 4.0, CPU)
    rates = Rates.known(store, CPU)
    assert rates.of("train", wide) == rates.of("train", SPEC)
    note_calibration(Job("train", wide), None, 7.0, None, CPU)
    found = Rates.known(store, CPU).of("train", wide)
    assert found is not None
    assert (found.multiply_adds_s, found.source) == (7.0, "calibrated")
    note_rate(store, finished(spec=wide), 1.0, CPU)
    found = Rates.known(store, CPU).of("train", wide)
    assert found is not None
    assert (found.multiply_adds_s, found.source) == (1e12, "measured")


def test_tests_are_told_apart_by_the_net_they_look_through(store: Store) -> None:
    """Which stands in the training's spec alone."""
    small = SPEC | {"model": {"name": "cifar_conv"}}
    note_rate(store, finished("evaluate", TEST), 1.0, CPU, small)
    note_rate(store, finished("evaluate", TEST), 10.0, CPU, SPEC)
    rates = Rates.known(store, CPU)
    assert [found.multiply_adds_s for net in (small, SPEC) if (found := rates.of("evaluate", TEST, net))] == [
        1e12,
        1e11,
    ]


@pytest.mark.parametrize(
    "change",
    [{"model": {"name": "vgg"}}, {"model": {"name": "alexnet", "width": 0.5}}, {"classes": 10}, {"input": [3, 32, 32]},
     {"recipe": RECIPE | {"batch": 64}}, {"recipe": RECIPE | {"precision": "bf16"}}],
)  # fmt: skip
def test_a_shape_is_net_input_batch_and_precision(change: dict[str, Any]) -> None:
    """Each of them makes another."""
    assert shape_of("train", SPEC | change, None) != shape_of("train", SPEC, None)


@pytest.mark.parametrize("change", [{"seed": 1}, {"data": {"name": "x"}}, {"recipe": RECIPE | {"epochs": 9}}])
def test_what_does_not_change_a_step_makes_no_other_shape(change: dict[str, Any]) -> None:
    """One calibration serves all seeds."""
    assert shape_of("train", SPEC | change, None) == shape_of("train", SPEC, None)


def test_a_measurements_shape_is_all_of_it_but_seed_and_device() -> None:
    """One of another net or batch is another."""
    spec = {"what": "timing", "arms": {}, "batch": 1, "seed": 0, "device_name": "a"}
    changed = [{}, {"seed": 1}, {"device_name": "x"}, {"batch": 2}, {"what": "y"}, {"arms": {"one": {}}}]
    shapes = [shape_of("measure", spec | change, None) for change in changed]
    assert len({*shapes[:3]}) == 1
    assert len({*shapes[2:]}) == 4


def test_a_rate_of_measurements_belongs_to_what_they_measure() -> None:
    """Steps that are timed tell nothing of variances."""
    assert rate_key("measure", {"what": "timing"}, "a") != rate_key("measure", {"what": "propagation"}, "a")


def test_a_rate_belongs_to_kind_net_size_precision_device_and_threads() -> None:
    """Each of them makes another."""
    keys = {
        rate_key("train", SPEC, "a, 4 threads"),
        rate_key("evaluate", SPEC, "a, 4 threads"),
        rate_key("train", SPEC | {"model": {"name": "vgg"}}, "a, 4 threads"),
        rate_key("train", SPEC | {"input": [1, 28, 28]}, "a, 4 threads"),
        rate_key("train", SPEC | {"recipe": {"precision": "bf16"}}, "a, 4 threads"),
        rate_key("train", SPEC, "b, 4 threads"),
        rate_key("train", SPEC, "a, 1 threads"),
    }
    assert len(keys) == 7


def test_rates_of_another_device_are_not_taken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor of another number of threads or processes."""
    note_rate(store, finished(), 4.0, CPU)
    note_calibration(Job("train", SPEC), None, 7.0, None, CPU)
    assert Rates.known(store, Runtime(device="cpu", threads=4, processes=2)).of("train", SPEC) is None
    assert Rates.known(store, Runtime(device="cpu", threads=1)).of("train", SPEC) is None
    monkeypatch.setattr("harness.plan.rates.gpus", lambda: [GPU])
    assert Rates.known(store, Runtime(device="auto", threads=4)).of("train", SPEC) is None


def test_rates_that_earlier_versions_wrote_still_count(store: Store) -> None:
    """They knew kinds of jobs, and no shapes."""
    store.rates.write_text(json.dumps({"train alexnet 3x224x224 fp32 on a processor, 4 threads": 9.0}))
    rate = Rates.known(store, CPU).of("train", SPEC)
    assert rate is not None
    assert (rate.multiply_adds_s, rate.power_w, rate.source) == (9.0, None, "measured")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"%s": "fast"}', '{"%s": 0}', '{"%s": NaN}', '{"%s": true}'])
def test_a_broken_calibration_is_none(store: Store, content: str) -> None:
    """It is mended by the next."""
    name = f"{shape_of('train', SPEC, None)} on a processor, 4 threads"
    calibration_file().parent.mkdir(parents=True)
    calibration_file().write_text(content.replace("%s", name))
    assert Rates.known(store, CPU).of("train", SPEC) is None
    note_calibration(Job("train", SPEC), None, 7.0, 300.0, CPU)
    rate = Rates.known(store, CPU).of("train", SPEC)
    assert rate is not None
    assert (rate.multiply_adds_s, rate.power_w) == (7.0, 300.0)


def test_a_user_without_a_home_has_no_calibrations(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And plans all the same."""

    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr("harness.plan.rates.cache_folder", homeless)
    assert Rates.known(store, CPU).of("train", SPEC) is None


@pytest.mark.parametrize(("device", "name"), [("cpu", "a processor"), ("auto", "NVIDIA H200"), ("cuda", "NVIDIA H200")])
def test_the_device_is_the_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch, device: Any, name: str) -> None:
    """Unless the processor was asked for."""
    monkeypatch.setattr("harness.plan.rates.gpus", lambda: [GPU])
    assert device_name(Runtime(device=device, threads=1)) == name


@pytest.mark.parametrize(("work", "seconds"), [(0.0, 1.0), (1.0, 0.0), (1.0, -1.0)])
def test_no_work_or_no_time_is_no_rate(store: Store, work: float, seconds: float) -> None:
    """Nothing is divided by it."""
    note_rate(store, finished(work=work), seconds, CPU)
    assert not store.rates.exists()


SHARING = Runtime(device="auto", threads=4, jobs=8, shared_gpus=1)


def test_a_job_that_shared_its_gpu_teaches_what_all_on_it_did(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight of a tera multiply-adds each in four seconds; one alone is another matter."""
    monkeypatch.setattr("harness.plan.rates.gpus", lambda: [GPU])
    alone = replace(SHARING, shared_gpus=0, jobs=1)
    note_rate(store, finished(), 4.0, SHARING)
    assert Rates.known(store, alone).of("train", SPEC) is None
    for runtime in (SHARING, replace(SHARING, jobs=3)):
        rate = Rates.known(store, runtime).of("train", SPEC)
        assert rate is not None
        assert rate.multiply_adds_s == 2e12


def test_until_jobs_shared_a_gpu_they_are_taken_to_do_what_one_does(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a run, or by a calibration."""
    monkeypatch.setattr("harness.plan.rates.gpus", lambda: [GPU])
    note_rate(store, finished(), 4.0, replace(SHARING, shared_gpus=0, jobs=1))
    rate = Rates.known(store, SHARING).of("train", SPEC)
    assert rate is not None
    assert rate.multiply_adds_s == 2.5e11
