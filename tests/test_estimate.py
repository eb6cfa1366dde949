"""Estimates: from what was measured here, else from an assumption that is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.estimate import ASSUMED_A_CORE, ASSUMED_A_GPU, OVERHEAD_S, device_name, estimate, note_rate, rate_key
from harness.job import Job
from harness.runtime import Runtime
from harness.store import Store

SPEC = {"model": {"name": "alexnet"}, "input": [3, 224, 224], "recipe": {"precision": "fp32"}}
CPU = Runtime(device="cpu", threads=4)
GPU = {"name": "NVIDIA H200", "memory_bytes": 1, "driver": "1"}


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a processor of this name."""
    monkeypatch.setattr("harness.estimate.gpus", list)
    monkeypatch.setattr("harness.estimate.processor", lambda: "a processor")


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
    monkeypatch.setattr("harness.estimate.gpus", lambda: [GPU])
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


@pytest.mark.parametrize(("work", "seconds"), [(0.0, 1.0), (1.0, 0.0), (1.0, -1.0)])
def test_no_work_or_no_time_is_no_rate(store: Store, work: float, seconds: float) -> None:
    """Nothing is divided by it."""
    note_rate(store, finished(work), seconds, CPU)
    assert not store.rates.exists()


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "3", '{"%s": "fast"}', '{"%s": null}', '{"%s": 0}', '{"%s": -1}', '{"%s": NaN}', '{"%s": Infinity}',
     '{"%s": true}'],
)  # fmt: skip
def test_a_broken_cache_costs_an_estimate_and_nothing_else(store: Store, content: str) -> None:
    """It is taken as empty, and mended by the next measurement."""
    store.rates.write_text(content.replace("%s", rate_key("train", SPEC, "a processor", CPU)))
    found = estimate([job(4 * ASSUMED_A_CORE)], store, CPU)
    assert (found.seconds, found.basis[:7]) == (pytest.approx(OVERHEAD_S + 1), "assumes")
    note_rate(store, finished(1e12), 4.0, CPU)
    assert estimate([job(1e12)], store, CPU).seconds == pytest.approx(OVERHEAD_S + 4)


def test_a_rate_belongs_to_kind_net_size_precision_device_and_threads() -> None:
    """Each of them makes another."""
    keys = {
        rate_key("train", SPEC, "a", CPU),
        rate_key("evaluate", SPEC, "a", CPU),
        rate_key("train", SPEC | {"model": {"name": "vgg"}}, "a", CPU),
        rate_key("train", SPEC | {"input": [1, 28, 28]}, "a", CPU),
        rate_key("train", SPEC | {"recipe": {"precision": "bf16"}}, "a", CPU),
        rate_key("train", SPEC, "b", CPU),
        rate_key("train", SPEC, "a", Runtime(device="cpu", threads=1)),
    }
    assert len(keys) == 7


@pytest.mark.parametrize(("device", "name"), [("cpu", "a processor"), ("auto", "NVIDIA H200"), ("cuda", "NVIDIA H200")])
def test_the_device_is_the_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch, device: Any, name: str) -> None:
    """Unless the processor was asked for."""
    monkeypatch.setattr("harness.estimate.gpus", lambda: [GPU])
    assert device_name(Runtime(device=device, threads=1)) == name


def test_nothing_to_do_takes_no_time(store: Store) -> None:
    """Not even the overhead."""
    assert estimate([], store, CPU).seconds == 0
