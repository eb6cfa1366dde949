"""How soon the program answers, against importing torch: python -m pytest tests/benchmarks --benchmark-enable."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "tests" / "samples"
GATE = 0.8  # machines are noisy
TARGETS = {
    "--help": (10.0, False, ["--help"]),
    "validate": (10.0, False, ["validate", "suites/table1.yaml"]),
    "plan": (10.0, False, ["plan", "suites/table1.yaml", "--scale", "ci"]),
    "validate, first time": (4.5, True, ["validate", "suites/table1.yaml"]),
    "plan, first time": (4.0, True, ["plan", "suites/table1.yaml", "--scale", "ci"]),
}
"""How many times as fast as `import torch`, whether nothing is remembered of the suite, and the command.

The first time, pydantic's own import, the building of its records and the parsing of YAML are most of it."""
REPORT_S = 1.5


def run(*arguments):
    """A process of its own, with compiled modules as an installed package has them."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=ROOT, env=kept)


@pytest.mark.parametrize("name", TARGETS)
def test_it_answers_sooner_than_torch_is_imported(benchmark, name):
    """The ratio of medians of interleaved starts."""
    target, first_time, arguments = TARGETS[name]
    times_s = []

    def time_torch():
        if first_time:
            shutil.rmtree(Path(os.environ["XDG_CACHE_HOME"]), ignore_errors=True)
        if benchmark.enabled:
            start = time.perf_counter()
            run("-c", "import torch")
            times_s.append(time.perf_counter() - start)

    run("-m", "harness", *arguments)
    benchmark.pedantic(run, ("-m", "harness", *arguments), setup=time_torch, rounds=7, warmup_rounds=1)
    if benchmark.enabled:
        ratio = statistics.median(times_s) / benchmark.stats.stats.median
        benchmark.extra_info["times_as_fast_as_importing_torch"] = round(ratio, 2)
        assert ratio >= GATE * target


def test_a_report_is_rebuilt_without_torch_in_a_second_and_a_half(benchmark, tmp_path):
    """From its folder, charts included."""
    for kind in ("results", "curves"):
        (tmp_path / f"{kind}.json").write_bytes((SAMPLES / f"paper_{kind}.json").read_bytes())
    arguments = ("-m", "harness", "report", str(tmp_path))
    benchmark.pedantic(run, arguments, rounds=5, warmup_rounds=1)
    assert (tmp_path / "index.html").is_file()
    if benchmark.enabled:
        assert benchmark.stats.stats.median <= REPORT_S / GATE
