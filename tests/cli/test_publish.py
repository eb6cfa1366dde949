"""The command that publishes reports of any paper, known here or not."""

from __future__ import annotations

import json
from pathlib import Path

from programs import program

from harness.report.page.digests import sealed

SAMPLES = Path(__file__).parent.parent / "samples"
PUBLISHED = Path(__file__).parent.parent.parent / "reports" / "published"


def test_a_report_of_an_unknown_paper_is_listed_and_said_to_have_no_ledger(tmp_path: Path) -> None:
    """As when its package is not installed here."""
    report = tmp_path / "report"
    report.mkdir()
    results = json.loads((SAMPLES / "small_results.json").read_text())
    curves = json.loads((SAMPLES / "small_curves.json").read_text())
    (report / "results.json").write_text(json.dumps(sealed(results | {"paper": "theirs"}, curves)))
    (report / "curves.json").write_text(json.dumps(curves))
    done = program(tmp_path, "publish", "report", "--into", "published")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "paper theirs is not known here, so its reports are listed without a ledger\n"
    index = json.loads((tmp_path / "published" / "index.json").read_text())
    assert (index["papers"], [one["paper"] for one in index["reports"]]) == ([], ["theirs"])


def test_pages_lead_to_each_other_from_the_first_time_on(tmp_path: Path) -> None:
    """Into an empty folder too, where the index is written after the pages."""
    reports = [PUBLISHED / "timing" / "paper", PUBLISHED / "training" / "ci"]
    done = program(tmp_path, "publish", *map(str, reports), "--into", "new")
    assert done.returncode == 0, done.stderr
    first, second = ((tmp_path / "new" / name / "index.html").read_text() for name in ("timing/paper", "training/ci"))
    assert 'href="../../training/ci/index.html" rel="next"' in first
    assert 'href="../../timing/paper/index.html" rel="prev"' in second
    assert all('<a href="../../index.html">All reports</a>' in page for page in (first, second))


def test_a_damaged_published_report_stops_it_before_anything_is_copied(tmp_path: Path) -> None:
    """It is named; publishing that report again repairs it."""
    sound, other = PUBLISHED / "training" / "ci", PUBLISHED / "timing" / "paper"
    assert program(tmp_path, "publish", str(other), "--into", "all").returncode == 0
    damaged = tmp_path / "all" / "timing" / "paper" / "results.json"
    damaged.write_text(damaged.read_text()[:-40])
    done = program(tmp_path, "publish", str(sound), "--into", "all")
    assert done.returncode == 2
    assert "timing/paper/results.json" in done.stderr
    assert not (tmp_path / "all" / "training").exists()
    assert program(tmp_path, "publish", str(sound), str(other), "--into", "all").returncode == 0


def test_a_report_whose_texts_wait_for_their_author_is_not_published(tmp_path: Path) -> None:
    """The message names file, places and remedy; nothing is written."""
    report = tmp_path / "report"
    report.mkdir()
    results = json.loads((SAMPLES / "small_results.json").read_text())
    curves = json.loads((SAMPLES / "small_curves.json").read_text())
    (report / "results.json").write_text(json.dumps(sealed(results | {"title": "TODO: what the table shows"}, curves)))
    (report / "curves.json").write_text(json.dumps(curves))
    done = program(tmp_path, "publish", "report", "--into", "published")
    assert done.returncode == 2
    assert "report/results.json: still to be written, beginning with TODO: title; write them in" in done.stderr
    assert not list((tmp_path / "published").rglob("*.html"))


def test_what_waits_in_the_papers_own_files_is_named_too(tmp_path: Path) -> None:
    """Claims and captions, which the index prints; and nothing of another, sound report is copied."""
    for words in (["new", "paper", "mine"], ["run", "suites/mine_table1.yaml", "--scale", "ci", "--out", "report"]):
        done = program(tmp_path, *words)
        assert done.returncode == 0, done.stderr
    sound = PUBLISHED / "training" / "ci"
    done = program(tmp_path, "publish", str(sound), "report", "--into", "published")
    assert done.returncode == 2
    assert "report/results.json: still to be written, beginning with TODO: title" in done.stderr
    assert not list((tmp_path / "published").rglob("*.html"))
    for file in (tmp_path / "suites").rglob("*.yaml"):
        if file.name != "references.yaml":
            file.write_text(file.read_text().replace("TODO: ", "").replace('"TODO"', '"so"'))
    assert program(tmp_path, "run", "suites/mine_table1.yaml", "--scale", "ci", "--out", "report").returncode == 0
    done = program(tmp_path, "publish", "report", "--into", "published")
    assert "TODO: references.mine.claims" in done.stderr
