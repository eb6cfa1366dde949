"""The command `compare`: its output and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from programs import program
from two_runs import moved

from harness.report.page.digests import sealed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two results."""
    for name, results in zip("ab", moved(), strict=True):
        (tmp_path / f"{name}.json").write_text(json.dumps(results), encoding="utf-8")
    return tmp_path


def test_tables_go_to_standard_output(folder: Path) -> None:
    """The exit code is 0, whatever differs."""
    done = program(folder, "compare", "a.json", "b.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "lower (better): cnn.top1: paired t over 5 seeds" in done.stdout


def test_json_is_the_document(folder: Path) -> None:
    """Programs can read it."""
    done = program(folder, "compare", "a.json", "b.json", "--json")
    assert json.loads(done.stdout)["runs"][1]["name"] == "b.json"


def test_a_file_is_written_whole_and_named(folder: Path) -> None:
    """Its folder need not exist."""
    done = program(folder, "compare", "a.json", "b.json", "--format", "html", "--out", "new/page.html")
    assert (done.returncode, done.stdout) == (0, "new/page.html\n")
    assert (folder / "new" / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_cannot_be_compared_is_one_line(folder: Path) -> None:
    """The exit code is 2."""
    results = json.loads((folder / "b.json").read_text(encoding="utf-8"))
    (folder / "b.json").write_text(json.dumps(sealed(results | {"suite": "table2"}, {})), encoding="utf-8")
    done = program(folder, "compare", "a.json", "b.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "a.json is of alexnet, table1 and b.json is of alexnet, table2; compare sets two runs of one suite side by "
        "side\n"
    )


def test_a_folder_that_cannot_be_written_is_one_line(folder: Path) -> None:
    """The exit code is 2, with a remedy."""
    done = program(folder, "compare", "a.json", "b.json", "--out", "a.json/page.html")
    assert done.returncode == 2
    assert "name another file with --out FILE" in done.stderr


@pytest.mark.parametrize(
    "form", ["html", *(pytest.param(one, marks=pytest.mark.nightly) for one in ("terminal", "markdown"))]
)
def test_no_torch_is_needed(folder: Path, form: str) -> None:
    """Neither are pandas and matplotlib, which take seconds to import."""
    (folder / "torch.py").write_text("raise ImportError('torch is not to be had')", encoding="utf-8")
    (folder / "pandas.py").write_text("raise ImportError('nor is pandas')", encoding="utf-8")
    assert program(folder, "compare", "a.json", "b.json", "--format", form, anew=True).returncode == 0
