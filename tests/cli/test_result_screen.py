"""The results of a suite on the terminal: the page's answer first, on one screen, and nothing left out in silence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from result_documents import blank_cell, blank_results, typed

from harness.cli.result_screen import show_answer, show_results
from harness.report.answers import answered
from harness.report.page.read import parsed_results
from harness.report.results.document import Results

PUBLISHED = Path(__file__).parent.parent.parent / "reports" / "published"
SUITES = ("ablations", "figure1", "table1", "prelu_figure7")


def published(suite: str) -> Results:
    """A published report."""
    (path,) = PUBLISHED.glob(f"{suite}/*/results.json")
    return parsed_results(json.loads(path.read_text("utf-8")), str(path))


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Return a function that gives the lines of a report on a terminal of 80 columns."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def show(results: Results, lines: int = 24, *, full: bool = False) -> list[str]:
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("LINES", str(lines))
        show_results(results, Path("r"), full=full)
        return capsys.readouterr().out.splitlines()

    return show


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_is_at_most_a_screen(screen, suite: str) -> None:
    """Of 24 lines, the one of the next prompt included, none longer than the terminal."""
    lines = screen(published(suite))
    assert len(lines) < 24
    assert max(len(line) for line in lines) <= 80


@pytest.mark.parametrize("suite", SUITES)
def test_the_answer_of_the_page_comes_first(screen, suite: str) -> None:
    """Right after the title, with the data that were really used."""
    results = published(suite)
    answer = answered(results)
    said = " ".join(" ".join(screen(results)).split())
    assert said.startswith(" ".join(f"{results.title}: {results.scale} scale {answer.sentence} {answer.ran}".split()))


@pytest.mark.parametrize("lines", [24, 34, 100])
def test_what_does_not_fit_is_counted(screen, lines: int) -> None:
    """Verdicts that are shown and those that are counted are all that there are; a long name goes on below."""
    results = published("ablations")
    shown = screen(results, lines)
    verdicts = [*results.cells, *results.claims]
    begins = [f"{one.outcome} {(one.id if len(one.id) <= 22 else one.id.rsplit('.', 1)[0])[:22]} " for one in verdicts]
    there = sum(any(" ".join(line.split()).startswith(begin) for line in shown) for begin in begins)
    rest = re.findall(r" and ([^;.]*): in the report, or with --full", " ".join(" ".join(shown).split()))
    counted = sum(int(word) for word in " ".join(rest).split() if word.isdigit())
    assert there + counted == len(verdicts)
    assert bool(rest) == (lines < 100)


def test_a_contradiction_is_shown_before_anything_else(screen) -> None:
    """A low screen leaves out what decides less."""
    shown = [line.split()[0] for line in screen(published("ablations"), 12) if re.search(r"\], \d seeds", line)]
    assert shown == ["CONTRADICTED"] * 3


def test_an_effect_names_its_arm(screen) -> None:
    """Which net is the worse one is no guess."""
    assert any("cnn 0.89 points higher [0.16, 1.62], 6 seeds" in line for line in screen(published("ablations")))


def test_diverged_seeds_stand_beside_the_mean(screen) -> None:
    """And its interval is within what an error can be, and says so."""
    cell = blank_cell(
        id="net", printed="10.0", unit="%", metric="top1_error", mean=43.7, interval=[-56.0, 143.4], n=3,
        values={"0": 20.5, "1": 90.0, "2": 20.5}, outcome="NOT COMPARABLE", diverged=[1],
    )  # fmt: skip
    said = " ".join(" ".join(screen(typed(blank_results(cells=[cell])))).split())
    assert "ours 43.70% [0.00, 100.00] cut at 0 and 100, 3 seeds; 1 of 3 seeds diverged, counted as guessing" in said


def test_one_seed_is_a_seed(screen) -> None:
    """And a unit in words is a word of its own."""
    cell = blank_cell(id="net", printed="1.7", unit="points", mean=1.5, n=1, outcome="INCONCLUSIVE")
    said = " ".join(screen(typed(blank_results(cells=[cell]))))
    assert "printed 1.7 points, ours 1.50 points, 1 seed " in said


def test_who_asks_for_quiet_gets_the_answer_and_the_path(capsys: pytest.CaptureFixture[str]) -> None:
    """And no more."""
    results = published("table1")
    show_answer(results, Path("r"))
    said = " ".join(capsys.readouterr().out.split())
    assert said == f"{answered(results).sentence} r/index.html"
