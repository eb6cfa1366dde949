"""The default division of processors against one job with a thread each: pytest tests/benchmarks --benchmark-enable.

Both run the same command at the same commit, in turn, on a machine that is quiet but for the busy processes that a row
asks for. The ratio of their times is what is judged.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.machine.runtime import cores

ROOT = Path(__file__).parents[2]
GATE = 0.8
AT_ONCE_BEFORE = ("--jobs", "1", "--threads", str(cores()))
"""The division that ran before: one job at a time, in as many threads as there are processors."""
TARGETS = {
    "ablations": (["run", "suites/ablations.yaml", "--scale", "ci"], 0, 1.15),
    "ablations beside two busy processes": (["run", "suites/ablations.yaml", "--scale", "ci"], 2, 4.0),
    "table1": (["run", "suites/table1.yaml", "--scale", "ci"], 0, 0.95),
    "table1 beside two busy processes": (["run", "suites/table1.yaml", "--scale", "ci"], 2, 2.5),
}
"""Command, busy processes beside it, and how many times as fast it has to be."""


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep so many processes computing beside what is timed."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def seconds(folder: Path, command: Sequence[str]) -> float:
    """Run a command with a store and a report of its own; return the seconds by the clock."""
    variables = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    places = ("--store", str(folder / "runs"), "--out", str(folder / "report"))
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "harness", *command, *places], check=True, capture_output=True, cwd=ROOT,
                   env=variables)  # fmt: skip
    return time.perf_counter() - start


@pytest.mark.parametrize("name", TARGETS)
def test_the_default_division_is_faster(name: str, benchmark: Any, tmp_path: Path) -> None:
    """As many times as its target says."""
    command, beside, target = TARGETS[name]
    if not benchmark.enabled:
        benchmark.pedantic(lambda: None, rounds=1)
        pytest.skip("two whole runs of a suite, which are only worth it for their times")
    with busy(beside):
        before_s = seconds(tmp_path / "before", [*command, *AT_ONCE_BEFORE])
        benchmark.pedantic(seconds, (tmp_path / "now", command), rounds=1)
    ratio = before_s / benchmark.stats.stats.median
    benchmark.extra_info["times_as_fast"] = round(ratio, 2)
    assert ratio >= GATE * target
