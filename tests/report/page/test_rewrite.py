"""Tests of reports written anew: a page is drawn only where the one there is not what would be drawn."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from result_documents import typed

from harness.report.page import render, rewrite
from harness.report.page.navigation import Neighbours
from harness.report.results.curves import Curves
from harness.report.results.document import Results

SAMPLES = Path(__file__).parent.parent.parent / "samples"
FILES = ("results.json", "curves.json", "index.html")
Report = tuple[Results, Curves, Path]


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Write the small sample."""
    results, curves = (
        json.loads((SAMPLES / f"small_{kind}.json").read_text("utf-8")) for kind in ("results", "curves")
    )
    folder = tmp_path / "report"
    rewrite.rewrite_report(typed(results), curves, folder)
    return typed(results), curves, folder


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, report: Report) -> list[Path]:
    """Count the pages drawn after the first; the true function draws them."""
    pages: list[Path] = []
    draw = render.write_documents
    monkeypatch.setattr(
        render, "write_documents", lambda documents, folder: pages.append(folder) or draw(documents, folder)
    )
    return pages


def content(folder: Path) -> list[bytes]:
    """Return the bytes of a report's files."""
    return [(folder / name).read_bytes() for name in FILES]


def test_the_same_report_is_not_drawn_again(report: Report, drawn: list[Path]) -> None:
    """Its files stay untouched, and the results come back as they were written."""
    results, curves, folder = report
    before = [((folder / name).stat().st_mtime_ns, (folder / name).stat().st_ino) for name in FILES]
    again = rewrite.rewrite_report(results, curves, folder)
    assert not drawn
    assert before == [((folder / name).stat().st_mtime_ns, (folder / name).stat().st_ino) for name in FILES]
    assert again == Results.model_validate(json.loads((folder / "results.json").read_text()))


def test_it_writes_what_drawing_writes(report: Report, tmp_path: Path) -> None:
    """Byte for byte."""
    results, curves, folder = report
    render.write_report(results, curves, tmp_path / "drawn")
    assert content(folder) == content(tmp_path / "drawn")


def edited(name: str) -> Callable[[Path, pytest.MonkeyPatch], None]:
    """Return a change of one byte more at the end of a file."""
    return lambda folder, _: (folder / name).write_bytes((folder / name).read_bytes() + b"\n")


CHANGES: dict[str, Callable[[Path, pytest.MonkeyPatch], None]] = {
    **{f"{name} is edited": edited(name) for name in FILES},
    "the page is gone": lambda folder, _: (folder / "index.html").unlink(),
    "the record is gone": lambda folder, _: rewrite._memory(folder).unlink(),
    "the record is damaged": lambda folder, _: rewrite._memory(folder).write_bytes(b"\xff"),
    "a library has another version": lambda _, patch: patch.setattr(rewrite, "_version", lambda name: f"{name} 0"),
    "other code draws": lambda _, patch: patch.setattr(rewrite, "PACKAGE", rewrite.PACKAGE / "report"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_report_that_may_differ_is_drawn_again(
    report: Report, drawn: list[Path], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """To the bytes it had; after that it is not drawn a third time."""
    results, curves, folder = report
    before = content(folder)
    CHANGES[change](folder, monkeypatch)
    rewrite.rewrite_report(results, curves, folder)
    assert drawn == [folder]
    assert content(folder) == before
    rewrite.rewrite_report(results, curves, folder)
    assert drawn == [folder]


@pytest.mark.parametrize("case", ["code is younger than the process", "code cannot be read", "no beginning is known"])
def test_a_page_whose_code_is_not_certain_is_not_remembered(
    report: Report, drawn: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: str
) -> None:
    """It is drawn each time, to the same bytes."""
    results, curves, folder = report
    before = content(folder)
    rewrite._memory(folder).unlink()
    package = tmp_path / "code"
    package.mkdir()
    monkeypatch.setattr(rewrite, "PACKAGE", package)
    if case == "code is younger than the process":
        (package / "theme.py").touch()
    elif case == "code cannot be read":
        (package / ".#theme.py").symlink_to("nobody@nowhere.1")
    else:
        monkeypatch.setattr(rewrite, "_beginning", lambda: None)
    for times in (1, 2):
        rewrite.rewrite_report(results, curves, folder)
        assert drawn == times * [folder]
    assert content(folder) == before


def test_a_new_title_is_drawn(report: Report, drawn: list[Path]) -> None:
    """Other results make another page."""
    results, curves, folder = report
    rewrite.rewrite_report(results.model_copy(update={"title": "A title of today"}), curves, folder)
    assert drawn == [folder]
    assert "A title of today" in (folder / "index.html").read_text()


def test_new_neighbours_are_drawn(report: Report, drawn: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A page under an index leads to those beside it."""
    results, curves, folder = report
    ways = Neighbours("../../index.html", None, ("other, ci", "../../other/ci/index.html"))
    for module in (render, rewrite):
        monkeypatch.setattr(module, "neighbours_of", lambda _: replace(ways))
    rewrite.rewrite_report(results, curves, folder)
    assert drawn == [folder]
    assert "other, ci" in (folder / "index.html").read_text()
