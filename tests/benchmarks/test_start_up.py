"""How soon the program answers, against importing torch: python -m pytest tests/benchmarks --benchmark-enable."""

import os
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
    "--help": (10.0, ["--help"]),
    "validate": (6.0, ["validate", "suites/table1.yaml"]),
    "plan": (5.0, ["plan", "suites/table1.yaml", "--scale", "ci"]),
}
"""How many times as fast as `import torch`; pydantic's own import and the building of its records are most of what is
left of the last two."""
REPORT_S = 1.5


def run(*arguments):
    """A process of its own, with compiled modules as an installed package has them."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=ROOT, env=kept)


@pytest.mark.parametrize("name", TARGETS)
def test_it_answers_sooner_than_torch_is_imported(benchmark, name):
    """The ratio of medians of interleaved starts."""
    target, arguments = TARGETS[name]
    times_s = []

    def time_torch():
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
