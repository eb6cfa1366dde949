"""Eight seeds of one small net on one GPU, by default against one after another: -m gpu --benchmark-enable.

Both runs are the same command at the same commit, in turn; one of them says `--jobs 1`. What is judged is the ratio of
their times by the clock, starts of processes included. The GPU has to be otherwise idle, and Fashion-MNIST on disk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from suite_files import TABLE1, plain

from harness.data import DATASETS
from harness.data.locate import Locations, Missing
from harness.machine.cuda_visible import visible_gpus
from harness.machine.runtime import cores

SEEDS = 8
TARGET = 3.0
GATE = 0.8
ROOT = Path(__file__).parents[2]
SCALE: dict[str, Any] = {
    "seeds": SEEDS,
    "data": "fashion_mnist",
    "model": {"width": 0.1, "stem": {"kernel": 5, "stride": 1, "pad": [2, 2, 2, 2]}},
    "train": {
        "epochs": 150, "rate": 0.02, "drops_after": [100, 125], "gain": "paper_fan_in", "prepare": {"pad": 2},
        "crop": 28,
    },
}  # fmt: skip
"""A net whose step is far from filling a GPU, trained long enough for its processes to be worth their start."""

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not visible_gpus(), reason="no CUDA device"),
    pytest.mark.skipif(
        isinstance(Locations.gather().find(DATASETS["fashion_mnist"]), Missing), reason="Fashion-MNIST is not on disk"
    ),
]


def suite_of(folder: Path) -> Path:
    """Write the suite that both runs take."""
    path = folder / "seeds.yaml"
    path.write_text(json.dumps(plain(TABLE1) | {"suite": "seeds", "scales": {"small": SCALE}}))
    return path


def harness(folder: Path, *arguments: str) -> str:
    """Run a command on the first visible GPU with a cache of its own; return what it says."""
    variables = {"CUDA_VISIBLE_DEVICES": visible_gpus()[0], "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-m", "harness", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env=os.environ | variables)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def timed(folder: Path, name: str, suite: Path, flags: Sequence[str] = ()) -> tuple[float, str]:
    """Run the suite with a store and a report of its own; return the seconds by the clock and what was said."""
    places = ("--store", str(folder / name), "--out", str(folder / f"{name}-report"))
    start = time.perf_counter()
    said = harness(folder, "run", str(suite), "--scale", "small", "--offline", *places, *flags)
    return time.perf_counter() - start, said


def predictions(store: Path) -> dict[str, bytes]:
    """Return the predictions of every test in a store, by the name of its folder."""
    return {path.parent.name: path.read_bytes() for path in store.glob("evaluate-*/*.npz")}


def test_eight_seeds_are_three_times_as_fast_by_default(benchmark: Any, tmp_path: Path) -> None:
    """And come out the same; the first calibration tells the default division how long the trainings are."""
    if not benchmark.enabled:
        benchmark.pedantic(lambda: None, rounds=1)
        pytest.skip("two runs of eight trainings, which are only worth it for their times")
    suite, threads = suite_of(tmp_path), ("--threads", str(max(1, cores() // SEEDS)))  # as by default
    harness(tmp_path, "plan", str(suite), "--scale", "small", "--calibrate", "--store", str(tmp_path / "none"))
    before_s, _ = timed(tmp_path, "in_turn", suite, (*threads, "--jobs", "1"))
    _, said = benchmark.pedantic(timed, (tmp_path, "at_once", suite, threads), rounds=1)
    ratio = before_s / benchmark.stats.stats.median
    benchmark.extra_info["times_as_fast"] = round(ratio, 2)
    benchmark.extra_info["at_once"] = next(line for line in said.splitlines() if "at a time" in line)
    benchmark.extra_info["under_mps"] = "CUDA_MPS_PIPE_DIRECTORY" in os.environ
    assert predictions(tmp_path / "at_once") == predictions(tmp_path / "in_turn") != {}
    assert ratio >= GATE * TARGET
