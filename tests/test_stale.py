"""Data or code changed after a run: plan, run and report say STALE, and nothing is thrown away."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finished_worlds import SHORT
from programs import PACKAGE, program
from tiny_suites import World, tiny_suite

from harness.data.sets.digits import shipped

SCALE = ("--scale", "ci", "--device", "cpu")
RUN = ("run", "tiny.yaml", *SCALE, "--threads", "1")


@pytest.fixture
def folder(finished: Callable[..., World], tmp_path: Path) -> Path:
    """Return a finished run on digits in a separate folder, made by a separate copy of the package."""
    tiny_suite(tmp_path, **SHORT)
    finished(**SHORT).copied(tmp_path)
    (tmp_path / "digits").mkdir()
    source = shipped()
    assert source is not None
    shutil.copy(source / "digits.csv.gz", tmp_path / "digits")
    shutil.copytree(PACKAGE / "harness", tmp_path / "code" / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PACKAGE / "suites" / "papers", tmp_path / "code" / "suites" / "papers")
    assert harness(tmp_path, *RUN).returncode == 0
    return tmp_path


def harness(folder: Path, *arguments: str) -> Any:
    """Run that package on those digits."""
    done = program(folder, *arguments, package=folder / "code", HARNESS_DATA_DIGITS=str(folder / "digits"))
    assert "Traceback" not in done.stderr
    return done


def digits_changed(folder: Path) -> None:
    """Change one pixel of one image."""
    path = folder / "digits" / "digits.csv.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    first = lines[0].split(",")
    lines[0] = ",".join([str((int(first[0]) + 1) % 17), *first[1:]])
    path.write_bytes(gzip.compress("\n".join(lines).encode()))


def code_changed(folder: Path) -> None:
    """Add a statement without effect, because no machine can tell which change is harmless."""
    path = folder / "code" / "harness" / "jobs" / "randomness.py"
    path.write_text(path.read_text() + "CHANGED = True\n")


CHANGES = {
    "data": (digits_changed, "the test data of digits have changed since"),
    "code": (code_changed, "train cnn, seed 0 is stale"),
}


@pytest.mark.parametrize("what", [pytest.param("data", marks=pytest.mark.nightly), "code"])
def test_what_changed_since_is_told_everywhere(folder: Path, what: str) -> None:
    """Cells and claims give the reason; the old numbers stay until a new run is requested."""
    change, reason = CHANGES[what]
    before = document(folder)
    assert "stale" not in [job["state"] for job in jobs(folder)]
    change(folder)
    assert reason in " ".join(job["why"] for job in jobs(folder) if job["state"] == "stale")
    assert " stale" in harness(folder, "plan", "tiny.yaml", *SCALE).stdout.splitlines()[-1]
    ran = harness(folder, *RUN)
    assert ran.returncode == 0
    assert "STALE: test cnn.ten_crop, seed 0: " in ran.stderr
    for again in (ran, harness(folder, "report", "tiny.yaml", *SCALE)):
        assert again.returncode == 0
        results = document(folder)
        cell, claim = results["cells"][-1], results["claims"][0]
        assert reason in cell["stale"]
        assert reason in claim["stale"]
        assert cell["values"] == before["cells"][-1]["values"]
        page = (folder / "reports" / "tiny" / "ci" / "index.html").read_text(encoding="utf-8")
        assert page.count('<span class="flag">STALE</span>') > 2
    refreshed = harness(folder, *RUN, "--refresh-stale")
    assert refreshed.returncode == 0
    assert document(folder)["cells"][-1]["stale"] is None
    assert list((folder / "runs").glob("*.stale-1"))


def jobs(folder: Path) -> list[dict[str, Any]]:
    """Return the jobs of the plan."""
    found: list[dict[str, Any]] = json.loads(harness(folder, "plan", "tiny.yaml", *SCALE, "--json").stdout)["jobs"]
    return found


def document(folder: Path) -> dict[str, Any]:
    """Return the results of the report."""
    found: dict[str, Any] = json.loads((folder / "reports" / "tiny" / "ci" / "results.json").read_text())
    return found
