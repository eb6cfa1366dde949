"""A paper of one's own, from an empty folder to a published page, without a fork and without being installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from programs import environment, program

ROOT = Path(__file__).parent.parent
TUTORIAL = ROOT / "docs" / "your-paper.md"


def blocks() -> list[str]:
    """The commands of the tutorial, in their order."""
    return re.findall(r"^```sh\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def said(folder: Path, *arguments: str) -> str:
    """What the program says in a folder, where it ends well."""
    done = program(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_new_paper_runs_at_once(tmp_path: Path) -> None:
    """Its count of parameters matches; provenance names the project; the net's code is part of the results'."""
    said(tmp_path, "new", "paper", "mine")
    assert "sound (3 cells, 2 claims" in said(tmp_path, "validate", "suites/mine_table1.yaml")
    results = json.loads(said(tmp_path, "run", "mine_table1", "--scale", "ci", "--threads", "1", "--json"))
    outcomes = {cell["id"]: cell["outcome"] for cell in results["cells"]}
    assert outcomes["parameters"] == "MATCH"
    assert (tmp_path / "reports" / "mine_table1" / "ci" / "index.html").is_file()
    places = [json.loads(path.read_text()) for path in tmp_path.glob("runs/train-*/environment.json")]
    assert {place["packages"]["mine-paper"] for place in places} == {"0.1.0"}
    assert {job["state"] for job in plan(tmp_path)} == {"done"}
    net = tmp_path / "mine_paper" / "nets.py"
    net.write_text(net.read_text().replace('GlobalAveragePool("mean"),', 'GlobalAveragePool("mean"), '))
    assert {job["state"] for job in plan(tmp_path)} == {"done"}
    net.write_text(net.read_text().replace("if self.normalised:", "if self.normalised is True:"))
    stale = {job["kind"] for job in plan(tmp_path) if job["state"] == "stale"}
    assert stale == {"train", "evaluate", "measure"}


def plan(folder: Path) -> list[dict[str, str]]:
    """The jobs of the suite as they stand."""
    jobs: list[dict[str, str]] = json.loads(said(folder, "plan", "mine_table1", "--scale", "ci", "--json"))["jobs"]
    return jobs


def test_the_tutorial_tells_of_every_file_that_is_written(tmp_path: Path) -> None:
    """And of no other."""
    said(tmp_path, "new", "paper", "mine")
    told = set(re.findall(r"^\| `([^`]+)` \|", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE))
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    files = {name for name in written if not name.startswith("schemas/") and "__" not in name}
    assert told - {"schemas/"} == files


@pytest.mark.nightly
def test_the_commands_of_the_tutorial_end_well(tmp_path: Path) -> None:
    """All of them, one after another, as somebody would type them."""
    script = "set -e\n" + "\n".join(blocks())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment(PATH=path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    index = json.loads((tmp_path / "my-paper" / "reports" / "published" / "index.json").read_text())
    assert [paper["paper"] for paper in index["papers"]] == ["mine"]
    assert {claim["ref"]: claim["places"][0]["outcome"] for claim in index["papers"][0]["claims"]}["C02"] == "CONFIRMED"
