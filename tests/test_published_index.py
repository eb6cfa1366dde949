"""The committed index against the committed results: every tile, every flag, and every count."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.data import DATASETS
from harness.report.answers import answer_of
from harness.report.page.read import parsed_results

pytestmark = pytest.mark.published

PUBLISHED = Path(__file__).parent.parent / "reports" / "published"
PATHS = sorted(PUBLISHED.glob("*/*/results.json"))
NAMES = [path.parent.parent.name for path in PATHS]
INDEX = html.unescape((PUBLISHED / "index.html").read_text("utf-8"))
LEDGER = json.loads((PUBLISHED / "index.json").read_text("utf-8"))
LARGEST = 150_000
"""Bytes of the index."""


def document(path: Path) -> dict[str, Any]:
    """The results of a report as they lie there."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def tile(path: Path) -> str:
    """The tile of a report."""
    link = f'<a href="{path.parent.relative_to(PUBLISHED)}/index.html">'
    (found,) = [one for one in re.findall(r"<li><h4>.*?</li>", INDEX, re.DOTALL) if link in one]
    return found


def rows(suite: str) -> list[tuple[str, str]]:
    """The verdict and the rest of every row of the ledger that is of this suite."""
    found, current = [], ""
    for term, rest in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", INDEX):
        named = re.match(r'<a href="([^/]+)/|<u>([^<]+)</u>', rest)
        current = (named[1] or named[2]) if named else current
        if current == suite:
            found.append((term, rest))
    return found


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_each_published_suite_has_its_tile(path: Path) -> None:
    """With its answer, its scale and the name of its data."""
    results = document(path)
    found = tile(path)
    assert answer_of(parsed_results(results, str(path))) in found
    assert f"{results['scale']} scale" in found
    for title in {DATASETS[one["name"]].title for one in results["data"]}:
        assert title in found


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_a_tile_counts_what_the_results_hold(path: Path) -> None:
    """Each outcome of claims, numbers and figures with as many shapes; and every flag and seed that diverged."""
    results, found = document(path), tile(path).replace("\xa0", " ")
    verdicts = [*results["claims"], *results["cells"]]
    outcomes = Counter(one["outcome"] for one in verdicts)
    outcomes.update("NOT RUN" if one["not_run"] else "DRAWN" for one in results["figures"])
    told: Counter[str] = Counter()
    for shapes, count, outcome in re.findall(r'<b class="..">((?:<i></i>|<s></s>)+)(\d+) ([A-Z ]+)</b>', found):
        assert 5 * shapes.count("<s>") + shapes.count("<i>") == int(count)
        told[outcome] += int(count)
    assert told == outcomes
    jobs = [job for one in results["experiments"].values() for job in one["jobs"]]
    for flag, count in {
        "EXTENDED": sum(one["extended"] for one in verdicts),
        "POST HOC": sum(bool(one["post_hoc"]) for one in results["claims"]),
        "STALE": sum(bool(one["stale"]) for one in verdicts),
        "DIVERGED": sum(job["diverged_at"] is not None for job in jobs),
    }.items():
        assert (f"<em>{count} {flag}</em>" in found) == bool(count), flag


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_every_verdict_stands_in_the_ledger_with_its_flags(path: Path) -> None:
    """EXTENDED and POST HOC wherever the results say so, and nowhere else."""
    results = document(path)
    found = rows(results["suite"])
    for verdict in (*results["claims"], *results["cells"]):
        terms = [term for term, rest in found if f">{verdict['id']}</a>" in rest and verdict["outcome"] in term]
        assert terms, verdict["id"]
        assert any(("EXTENDED" in term) == verdict["extended"] for term in terms), verdict["id"]
        assert any(("POST HOC" in term) == bool(verdict.get("post_hoc")) for term in terms), verdict["id"]


def test_the_counts_of_a_paper_are_those_of_its_results() -> None:
    """Every verdict of every report stands in one kind; those without a report are counted too."""
    for paper in LEDGER["papers"]:
        own = [results for results in map(document, PATHS) if results["paper"] == paper["paper"]]
        judged = Counter(one["outcome"] for results in own for one in (*results["claims"], *results["cells"]))
        entries = [entry for kind in ("claims", "tables", "figures", "others") for entry in paper[kind]]
        judged.update(
            place["outcome"]
            for entry in entries
            for place in entry["places"]
            if place["page"] is None and not place["where"].startswith("figures")
        )
        told: Counter[str] = Counter()
        for kind in paper["apart"]:
            for count in kind["counts"]:
                told[count["outcome"]] += count["count"]
        assert told == judged


def test_confirmations_that_survive_holm_are_those_of_the_results() -> None:
    """By Holm over every p value of the paper, worked out here again."""
    for paper in LEDGER["papers"]:
        claims = [
            claim
            for results in map(document, PATHS)
            if results["paper"] == paper["paper"]
            for claim in results["claims"]
            if claim["p"] is not None
        ]
        ordered, worst = sorted(claims, key=lambda claim: float(claim["p"])), 0.0
        survive = 0
        for rank, claim in enumerate(ordered):
            worst = max(worst, (len(ordered) - rank) * claim["p"])
            survive += claim["outcome"] == "CONFIRMED" and worst < 0.05
        assert sum(kind["survive"] for kind in paper["apart"]) == survive


def test_no_accuracy_is_said_to_be_reproduced_that_was_not() -> None:
    """The first sentence of each paper says so, and which data it takes."""
    for paper in LEDGER["papers"]:
        assert paper["says"].startswith("None of the ")
        assert "ILSVRC-2012" in paper["missing"]
        assert f"<strong>{paper['says']}</strong> {paper['missing']}" in INDEX


def test_no_report_is_said_to_be_missing_below_a_link_to_it() -> None:
    """Of a suite that has a published report."""
    published = set(NAMES)
    for paper in LEDGER["papers"]:
        for entry in (*paper["claims"], *paper["tables"], *paper["figures"]):
            for place in entry["places"]:
                assert not (place["suite"] in published and "no report of this suite" in place["reason"]), entry["ref"]


def test_the_index_is_light() -> None:
    """It loads at once on a phone."""
    assert (PUBLISHED / "index.html").stat().st_size < LARGEST
