"""What a plan shows, as plain data."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fabricated import finish
from fake_nvml import GIB, FakeNvml
from suite_files import TABLE1

from harness.data.locate import Locations
from harness.jobs import JOBS
from harness.machine.runtime import Runtime
from harness.plan.graph import make_plan
from harness.plan.rates import note_rate
from harness.plan.summary import plan_suite
from harness.store.store import Store
from harness.suite.load import load_suite

RUNTIME = Runtime(Locations.gather(config_files=()), device="cpu", threads=1)


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a folder of one's own on a disk with room for every scale, without this machine's GPU and data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.plan.summary._free_bytes", lambda _: 10**15)
    monkeypatch.setattr("harness.plan.rates.gpus", list)
    monkeypatch.setattr("harness.data.sets.fashion_mnist.DEBIAN", tmp_path / "nowhere")


def plan(suite: str = str(TABLE1), scale: Any = "ci") -> dict[str, Any]:
    """The plan with the store in ./runs, as a reader of JSON has it."""
    return dict(json.loads(json.dumps(plan_suite(suite, scale, Path("runs"), RUNTIME))))


def test_a_plan_is_plain_data() -> None:
    """Every job with its spec, its standing and its cost, and nothing is made."""
    document = plan()
    assert (document["suite"], document["scale"], document["blocked_by"]) == ("table1", "ci", None)
    assert [job["state"] for job in document["jobs"]] == ["to do"] * 7
    assert document["jobs"][1]["spec"]["recipe"]["epochs"] == 16
    assert document["estimate"]["seconds"] > 0
    assert not Path("runs").exists()


def test_a_plan_says_what_blocks_it() -> None:
    """And still estimates the work."""
    document = plan(scale="paper")
    assert {job["state"] for job in document["jobs"]} == {"blocked"}
    assert document["blocked_by"].startswith("ILSVRC-2010 is not on disk.")
    assert document["estimate"]["seconds"] > 86400


@pytest.mark.parametrize("scale", ["ci", None])
def test_a_plan_made_again_is_the_same_and_read_nothing(scale: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes from memory."""
    first = plan(scale=scale)
    monkeypatch.setattr("harness.plan.outline._read", lambda _: pytest.fail("read again"))
    assert plan(scale=scale) == first


def test_the_large_plan_tells_jobs_sharing_hours_energy_room_and_what_is_missing() -> None:
    """Of eight nets in three seeds, on a processor: 1,992 hours of an H200 by multiply-adds, at 700 W."""
    document = plan("prelu_table6", "paper")
    assert Counter(job["kind"] for job in document["jobs"]) == {"pixels": 1, "train": 24, "evaluate": 24}
    assert [job["kind"] for job in document["jobs"] if len(job["wanted_by"]) > 1] == ["pixels"]
    elsewhere = document["elsewhere"]
    work = sum(job["multiply_adds"] for job in document["jobs"])
    assert elsewhere["device"] == "NVIDIA H200"
    assert elsewhere["gpu_hours"] == pytest.approx(work / (0.6 * 132 * 128 * 1.98e9) / 3600, rel=1e-3)
    assert elsewhere["kwh"] == pytest.approx(0.7 * elsewhere["gpu_hours"])
    assert document["estimate"]["core_hours"] == pytest.approx(document["estimate"]["seconds"] / 3600)
    assert document["estimate"]["kwh"] is None
    assert document["disk"]["data_bytes"] == {"ilsvrc2012": None}
    assert [one["what"].split(",")[0] for one in document["missing"][:2]] == ["ILSVRC-2012 is not on disk", "a GPU"]
    assert document["missing"][0]["jobs"] == 49


def test_room_is_that_of_weights_and_predictions_and_the_largest_checkpoints() -> None:
    """AlexNet five times: 61 million weights, 150,000 images of 1000 classes."""
    disk = plan(scale="paper")["disk"]
    assert disk["by_kind"]["train"] == 5 * 4 * 60_965_224
    assert disk["by_kind"]["evaluate"] == 5 * 150_000 * (4000 + 220)
    assert disk["keeps_bytes"] == sum(disk["by_kind"].values())
    assert disk["scratch_bytes"] == 3 * 8 * 60_965_224


def test_what_is_done_costs_nothing_more(tmp_path: Path) -> None:
    """Neither time nor room."""
    made, store = make_plan(load_suite(TABLE1), "ci"), Store(tmp_path / "runs")
    before = plan()
    for job in made.jobs.values():
        if job.kind != "evaluate":
            finish(store, job)
    document = plan()
    assert {job["kind"] for job in document["jobs"] if job["seconds"] is not None} == {"evaluate"}
    assert document["disk"]["scratch_bytes"] == 0
    assert document["disk"]["keeps_bytes"] < before["disk"]["keeps_bytes"]
    assert document["estimate"]["seconds"] < before["estimate"]["seconds"]


def test_small_scales_are_not_reckoned_on_a_gpu_that_they_would_not_fill() -> None:
    """Arithmetic alone would promise seconds that launches take."""
    assert plan()["elsewhere"] is None


def test_with_a_gpu_at_hand_no_other_is_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is one missing."""
    monkeypatch.setattr("harness.plan.rates.gpus", lambda: [{"name": "NVIDIA T4"}])
    monkeypatch.setattr("harness.plan.estimate.nvml", lambda: None)
    document = dict(plan_suite(str(TABLE1), "paper", Path("runs"), Runtime(RUNTIME.locations, threads=1)))
    assert document["elsewhere"] is None
    assert document["estimate"]["gpu_hours"] > 1
    assert document["estimate"]["basis"].endswith("on NVIDIA T4")
    assert [one["what"] for one in document["missing"]] == ["ILSVRC-2010 is not on disk"]


def test_a_plan_says_how_many_share_a_gpu_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven trainings and tests on a GPU of 16 GB: too little to do for more than one process."""
    free = SimpleNamespace(total=16 * GIB, used=GIB, free=15 * GIB)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("harness.machine.memory.nvml", lambda: FakeNvml({"nvmlDeviceGetMemoryInfo": free}))
    monkeypatch.setattr("harness.plan.estimate.nvml", lambda: None)
    monkeypatch.setattr("harness.plan.rates.gpus", lambda: [{"name": "NVIDIA T4"}])
    monkeypatch.setattr("harness.plan.gpu_sharing.cores", lambda: 32)
    runtime = Runtime(RUNTIME.locations, threads=32, open_threads=True, open_jobs=True)
    plans = (plan_suite(str(TABLE1), scale, Path("runs"), runtime) for scale in ("ci", "paper"))
    little, large = (document["estimate"]["at_once"] for document in plans)
    shared = "3 on the GPU, for the plan has 3 trainings"
    assert little == f"1 job at a time, 10 threads each ({shared}; fewer here, for little is to do)"
    assert large == "1 job at a time, 32 threads each (one on the GPU, for its steps fill it)"


def test_a_disk_without_room_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first job."""
    monkeypatch.setattr("harness.plan.summary._free_bytes", lambda _: 1_000_000)
    (missing,) = plan()["missing"]
    assert missing == {"what": "room for the store runs, whose disk has less free", "jobs": 7}
    monkeypatch.setattr("harness.plan.summary._free_bytes", lambda _: 10**12)
    assert plan()["missing"] == []


def test_sharing_across_suites_is_told_when_asked() -> None:
    """Unknown else, which is not none."""
    assert {job["also_in"] for job in plan()["jobs"]} == {None}


def test_a_calibration_comes_before_the_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is to do."""
    seen: list[str] = []

    def calibrate(todo: Any, jobs: Any, store: Store, runtime: Runtime, say: Any) -> None:
        say(f"{len(todo)} of {len(jobs)}")
        for job in todo:
            note_rate(store, {"kind": job.kind, "spec": job.spec, "work": job.work}, 1.0, runtime)

    monkeypatch.setattr("harness.plan.calibrate.calibrate", calibrate)
    Path("runs").mkdir()
    document = plan_suite(str(TABLE1), "ci", Path("runs"), RUNTIME, calibrating=seen.append)
    assert seen == ["7 of 7"]
    assert document["estimate"]["basis"].startswith("measured here")


def test_jobs_that_use_no_gpu_are_told_in_seconds_of_a_core() -> None:
    """Their rows come to the core-hours below them, and the others to the hours of the GPU."""
    document = plan("table1", "paper")
    of_core = [job["seconds"] for job in document["jobs"] if JOBS[job["kind"]].on_processor]
    hours = document["elsewhere"]["processor_core_hours"]
    assert hours > 1000
    assert sum(of_core) / 3600 == pytest.approx(hours, rel=1e-3)
