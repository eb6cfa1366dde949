"""Reading the documents of a report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.report.page.digests import sealed
from harness.report.page.read import read_document, read_results


def test_results_are_read_from_a_folder_or_a_file(tmp_path: Path) -> None:
    """Alike."""
    path = tmp_path / "results.json"
    results = sealed({"format": 1, "cells": []}, {})
    path.write_text(json.dumps(results), encoding="utf-8")
    assert read_results(tmp_path) == read_results(path) == results


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
