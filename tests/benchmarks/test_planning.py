"""Planning and running again, each against the way without it: python -m pytest tests/benchmarks --benchmark-enable."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from finished_worlds import SHORT
from tiny_suites import tiny_suite, tiny_world

from harness.machine.runtime import Runtime
from harness.plan.summary import plan_suite
from harness.suite.shipped import shipped_suites

ROOT = Path(__file__).parent.parent.parent
GATE = 0.8  # machines are noisy
RUNS = 10
TIMES_AS_FAST = {"a remembered suite": 10.0, "ten runs": 3.0, "a finished suite": 2.5}
"""As planning anew; as a process for each job; as `import torch`."""


def forget():
    """Have nothing remembered of any suite."""
    shutil.rmtree(Path(os.environ["XDG_CACHE_HOME"]), ignore_errors=True)


def test_a_remembered_suite_is_planned_many_times_as_fast(benchmark, tmp_path):
    """The suite with the most jobs, at paper scale and in this process, against reading and planning it anew."""
    suite, runtime = str(shipped_suites() / "table2.yaml"), Runtime(device="cpu", threads=1)
    anew_s = []

    def plan():
        return plan_suite(suite, "paper", tmp_path / "runs", runtime)

    def anew():
        forget()
        start = time.perf_counter()
        plan()
        anew_s.append(time.perf_counter() - start)

    forget()
    assert plan() == plan()
    benchmark.pedantic(plan, setup=anew, rounds=7, warmup_rounds=1)
    if benchmark.enabled:
        ratio = statistics.median(anew_s) / benchmark.stats.stats.median
        benchmark.extra_info["times_as_fast_as_anew"] = round(ratio, 1)
        assert ratio >= GATE * TIMES_AS_FAST["a remembered suite"]


def one_process_a_job(world):
    """Every job by `python -m harness job`, in the order of the plan."""
    for job in world.plan.jobs.values():
        folder = world.store.folder(job.kind, job.key)
        subprocess.run(
            [sys.executable, "-m", "harness", "job", str(folder.path), "--device", "cpu", "--threads", "1"],
            check=True, capture_output=True, cwd=ROOT,
        )  # fmt: skip


def test_ten_short_runs_are_faster_in_one_process(benchmark, tmp_path):
    """Tiny trainings and their tests, against a process for each."""
    seeds = RUNS if benchmark.enabled else 1
    together, apart = (tiny_world(tmp_path / name, seeds=seeds, epochs=1, drops_after=[]) for name in ("one", "many"))
    if not benchmark.enabled:
        benchmark.pedantic(together.run, rounds=1)
        assert together.result("evaluate")["outcome"] == "done"
        return
    from harness.run.execute import written

    for job in apart.plan.jobs.values():
        written(apart.store, job)
    start = time.perf_counter()
    one_process_a_job(apart)
    apart_s = time.perf_counter() - start
    benchmark.pedantic(together.run, rounds=1)
    for seed in range(seeds):
        assert together.result("train", seed)["weights_sha256"] == apart.result("train", seed)["weights_sha256"]
    ratio = apart_s / benchmark.stats.stats.median
    benchmark.extra_info["times_as_fast_as_processes"] = round(ratio, 1)
    assert ratio >= GATE * TIMES_AS_FAST["ten runs"]


def test_a_finished_suite_is_run_again_sooner_than_torch_is_imported(benchmark, finished, tmp_path):
    """The whole command, which finds nothing to do, judges, and finds the page that it would draw."""
    changes = {"seeds": 3} if benchmark.enabled else SHORT
    suite = tiny_suite(tmp_path, **changes)
    finished(**changes).copied(tmp_path)
    command = ["-m", "harness", "run", str(suite), "--scale", "ci", "--device", "cpu", "--threads", "1",
               "--store", str(tmp_path / "runs"), "--out", str(tmp_path / "report")]  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    torch_s = []

    def python(*arguments):
        command = [sys.executable, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=kept).stderr

    def time_torch():
        if benchmark.enabled:
            start = time.perf_counter()
            python("-c", "import torch")
            torch_s.append(time.perf_counter() - start)

    if benchmark.enabled:
        python(*command)
    said = benchmark.pedantic(python, command, setup=time_torch, rounds=5, warmup_rounds=1)
    assert "nothing to do" in said
    if benchmark.enabled:
        ratio = statistics.median(torch_s) / benchmark.stats.stats.median
        benchmark.extra_info["times_as_fast_as_importing_torch"] = round(ratio, 2)
        if ratio < GATE * TIMES_AS_FAST["a finished suite"]:
            pytest.xfail("most of the rest imports pydantic, numpy and the records that plans and reports need")
