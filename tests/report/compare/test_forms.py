"""Comparisons of what lies on disk: folders, files, and what is neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from result_documents import blank_results
from two_runs import moved

from harness.errors import UsageError
from harness.report.compare.forms import FORMS, compare_files, written
from harness.report.page.digests import sealed


def as_written(results: dict[str, Any]) -> str:
    """A document with its digests, whatever is in it."""
    return json.dumps(sealed(results, {}))


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """Two report folders."""
    folders = tmp_path / "a", tmp_path / "b"
    for folder, results in zip(folders, moved(), strict=True):
        folder.mkdir()
        (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    return folders


def test_a_folder_is_its_results(runs: tuple[Path, Path]) -> None:
    """And each run is named as it was given."""
    a, b = runs
    document = compare_files(a, b / "results.json")
    assert [run.name for run in document.runs] == [str(a), str(b / "results.json")]
    assert len(document.cells) == 9


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "not there"),
        ("{", "cannot be read as JSON"),
        ("[]", "holds no JSON object"),
        ('{"format": 99}', "format 99, but this version reads format 1"),
        (as_written({"format": 1}), "rules is missing (and "),
        (as_written(blank_results(paper="alexnet", suite="table1", cells=5)), "cells should be a list"),
        ("[" * 100_000, "cannot be read as JSON"),
    ],
)
def test_what_is_no_results_is_one_message(runs: tuple[Path, Path], content: str | None, said: str) -> None:
    """With the file and a remedy."""
    a, b = runs
    path = b / "results.json"
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="again") as raised:
        compare_files(a, b)
    assert said in str(raised.value)
    assert str(b) in str(raised.value)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_ends_with_a_newline_and_holds_the_headline(runs: tuple[Path, Path], form: str) -> None:
    """Whichever is asked for."""
    document = compare_files(*runs)
    text = written(document, form)
    assert text.endswith("\n")
    assert document.headline in text
