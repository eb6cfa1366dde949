"""Reading the documents of a report."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from result_documents import blank_cell, blank_claim, blank_results, typed

from harness.errors import UsageError
from harness.report.page.digests import sealed
from harness.report.page.read import read_document, read_report, read_results


def test_results_are_read_from_a_folder_or_a_file(tmp_path: Path) -> None:
    """Alike."""
    path = tmp_path / "results.json"
    path.write_text(json.dumps(sealed(blank_results(), {})), encoding="utf-8")
    assert read_results(tmp_path) == read_results(path) == typed(sealed(blank_results(), {}))


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The document without one field."""
    return {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (without(blank_results(), "cells"), "cells is missing"),
        (blank_results(cells=[blank_cell(), without(blank_cell(), "label")]), r"cells[1].label is missing"),
        (blank_results(cells=[blank_cell(mean="x")]), "cells[0].mean should be a number"),
        (blank_results(cells=[blank_cell(interval=[1.0])]), "cells[0].interval should have 2 items"),
        (blank_results(cells=[blank_cell(n=1.5)]), "cells[0].n should be a whole number"),
        (blank_results(claims={}), "claims should be a list"),
        (blank_results(experiments={"cnn": 3}), "experiments.cnn should be an object"),
        (blank_results(claims=[blank_claim(outcome="TRUE")]), "claims[0].outcome should be 'CONFIRMED'"),
        (without(blank_results(), "cells") | {"scale": 3}, "(and 1 more)"),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_its_file(tmp_path: Path, document: dict[str, Any], said: str) -> None:
    """In one line, with the remedy."""
    path = tmp_path / "results.json"
    path.write_text(json.dumps(sealed(document, {})), encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read_results(path)
    line = str(raised.value)
    assert line.startswith(f"{path}: ")
    assert said in line
    assert line.endswith("run the suite again to write it anew")
    assert "\n" not in line


@pytest.mark.parametrize("curves", [{"cnn": []}, {"cnn": {"loss": {"0": [[1]]}}}, {"cnn": {"loss": {"0": [["x", 1]]}}}])
def test_a_curve_that_does_not_fit_is_named(tmp_path: Path, curves: dict[str, Any]) -> None:
    """By its experiment."""
    (tmp_path / "results.json").write_text(json.dumps(sealed(blank_results(), curves)), encoding="utf-8")
    (tmp_path / "curves.json").write_text(json.dumps(curves), encoding="utf-8")
    with pytest.raises(UsageError, match=r"curves\.json: cnn.* should"):
        read_report(tmp_path)


def test_reading_brings_neither_torch_nor_numpy() -> None:
    """Whoever reads reports alone waits for neither."""
    code = "import sys; import harness.report.page.read; print({'torch', 'numpy', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_another_format_is_refused(tmp_path: Path) -> None:
    """With what would read it."""
    path = tmp_path / "results.json"
    path.write_text('{"format": 2}', encoding="utf-8")
    with pytest.raises(UsageError, match="format 2, but this version reads format 1; rebuild"):
        read_results(path)


@pytest.mark.parametrize(("content", "said"), [(b"\xff", "cannot be read"), (b"1", "no JSON object"), (b"", "cannot")])
def test_what_is_no_document_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """By the path of the file."""
    path = tmp_path / "curves.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as raised:
        read_document(path)
    assert str(raised.value).startswith(f"{path}: ")
