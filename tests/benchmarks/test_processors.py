"""Whole runs against those of the commit before processors were divided: pytest tests/benchmarks --benchmark-enable.

Both versions run the suites of that commit, in turn, each as its own default says, on a machine that is quiet but for
the busy processes that a row asks for. The median ratio of the pairs is what is judged: beside busy processes the
earlier runs take very different times, for their threads wait for each other.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from earlier_code import ROOT, unpacked

EARLIER = "af83622"
"""The last commit whose runs are one job at a time, in as many threads as there are processors."""
GATE = 0.8  # machines are noisy


@dataclass(frozen=True)
class Row:
    """A suite, the busy processes beside it, how many times as fast it has to be, and pairs of runs."""

    suite: str
    beside: int
    target: float
    pairs: int


ROWS = [
    Row("ablations", beside=0, target=1.15, pairs=3),
    Row("ablations", beside=2, target=4.0, pairs=3),
    Row("table1", beside=0, target=0.95, pairs=1),
    Row("table1", beside=2, target=2.5, pairs=3),
]


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


def seconds(code: Path, suite: Path, folder: Path) -> float:
    """Run a suite at `ci` with a store and a report of its own; return the seconds by the clock."""
    variables = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [sys.executable, "-m", "harness", "run", str(suite), "--scale", "ci"]
    places = ("--store", str(folder / "runs"), "--out", str(folder / "report"))
    start = time.perf_counter()
    subprocess.run([*command, *places], check=True, capture_output=True, cwd=code,
                   env={**variables, "PYTHONPATH": str(code)})  # fmt: skip
    return time.perf_counter() - start


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.suite} beside {row.beside}")
def test_whole_runs_are_faster_than_before(row: Row, benchmark: Any, tmp_path: Path) -> None:
    """As many times as the target of the row says."""
    if not benchmark.enabled:
        benchmark.pedantic(lambda: None, rounds=1)
        pytest.skip("whole runs of a suite, which are only worth it for their times")
    try:
        before = unpacked(EARLIER, tmp_path)
    except subprocess.CalledProcessError:
        pytest.skip(f"this copy has no history that holds {EARLIER}")
    suite, before_s, now_s = before / "suites" / f"{row.suite}.yaml", list[float](), list[float]()

    def pair() -> None:
        number = str(len(now_s))
        before_s.append(seconds(before, suite, tmp_path / "before" / number))
        now_s.append(seconds(ROOT, suite, tmp_path / "now" / number))

    with busy(row.beside):
        benchmark.pedantic(pair, rounds=row.pairs)
    ratio = statistics.median(one / other for one, other in zip(before_s, now_s, strict=True))
    benchmark.extra_info |= {"times_as_fast": round(ratio, 2)}
    benchmark.extra_info |= {"before_s": [*map(round, before_s)], "now_s": [*map(round, now_s)]}
    assert ratio >= GATE * row.target
