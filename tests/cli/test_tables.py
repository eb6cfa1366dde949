"""Tables on the terminal: everything is shown once, and no data are read as markup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from result_documents import typed

from harness.cli.result_screen import show_results
from harness.cli.tables import show_coverage, show_nested
from harness.report.coverage import Coverage
from harness.report.settled_choices import SettledRow

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up a wide terminal without colour."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def results(name: str = "paper") -> dict[str, Any]:
    """Return the sample with one of every verdict."""
    return json.loads((SAMPLES / f"{name}_results.json").read_text(encoding="utf-8"))


def test_every_cell_and_claim_is_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Each has its verdict, and the path of the report is given."""
    document = results()
    show_results(typed(document), tmp_path, full=True)
    text = capsys.readouterr().out
    for cell in document["cells"]:
        assert cell["id"] in text
    for claim in document["claims"]:
        assert claim["ref"] in text
    for judged in document["cells"] + document["claims"]:
        assert judged["outcome"] in text
    assert f"report: {tmp_path / 'index.html'}\n" in text


def test_a_reason_is_told_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It lists all cells and claims that it concerns."""
    cells = [cell | {"outcome": "NOT RUN", "reason": "no data"} for cell in results("small")["cells"][:2]]
    show_results(typed(results("small") | {"cells": cells, "claims": []}), tmp_path, full=True)
    assert capsys.readouterr().out.count("no data") == 1


@pytest.mark.parametrize("hostile", ["[/]", "[bold]x", "[link=http://x]", "\\[", "[/bold]"])
def test_nothing_in_the_data_is_markup(capsys: pytest.CaptureFixture[str], tmp_path: Path, hostile: str) -> None:
    """A suite may contain any text."""
    document = results("small")
    cell = document["cells"][0] | {"unit": hostile, "reason": hostile, "outcome": "NOT RUN"}
    claim = document["claims"][0] | {"ref": hostile, "says": hostile, "reason": hostile}
    whole = document | {"title": hostile, "headline": hostile, "cells": [cell], "claims": [claim]}
    show_results(typed(whole), tmp_path / "[red]", full=True)
    show_nested({hostile: {"a": hostile}})
    assert capsys.readouterr().out.count(hostile) >= 6


def test_facts_are_shown_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Nested entries are indented, lists are joined, and an empty list is shown as none."""
    show_nested({"cores": 2, "gpus": [], "packages": {"torch": "2.11", "odd": None}, "names": ["a", "b"]})
    assert capsys.readouterr().out.splitlines() == [
        "cores: 2", "gpus: none", "packages", "  torch: 2.11", "  odd: None", "names: a, b",
    ]  # fmt: skip


def test_rows_of_papers_that_number_their_claims_alike_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """Each row names its paper, and each paper's reference counts."""
    rows: list[Coverage | SettledRow] = [Coverage("A01", "", "", "missing", "", paper) for paper in ("one", "two")]
    rows.append(SettledRow("two:pooling", "", "choices", "choice open", "", "two", "open", []))
    show_coverage(rows)
    shown = capsys.readouterr().out
    assert [shown.count(word) for word in ("A01", " one ", " two ")] == [2, 1, 2]
    assert "1 choice open, 2 missing" in shown
