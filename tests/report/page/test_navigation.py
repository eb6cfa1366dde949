"""A report under an index leads to it and to the next; one that lies alone has no links that could be dead."""

from __future__ import annotations

from pathlib import Path

from harness.report.page.navigation import Neighbours, neighbours_of


def written(root: Path, *reports: str) -> None:
    """Empty reports of these folders."""
    for report in reports:
        (root / report).mkdir(parents=True)
        (root / report / "results.json").touch()


def test_reports_follow_each_other_by_suite_and_from_the_largest_scale(tmp_path: Path) -> None:
    """The order of the index."""
    written(tmp_path, "a/ci", "a/paper", "b/small")
    (tmp_path / "index.json").touch()
    assert neighbours_of(tmp_path / "a" / "ci") == Neighbours(
        "../../index.html", ("a, paper", "../../a/paper/index.html"), ("b, small", "../../b/small/index.html")
    )
    assert neighbours_of(tmp_path / "b" / "small") == Neighbours(
        "../../index.html", ("a, ci", "../../a/ci/index.html"), None
    )


def test_a_report_without_an_index_has_no_ways(tmp_path: Path) -> None:
    """As the report of a run of one's own."""
    written(tmp_path, "a/ci")
    assert neighbours_of(tmp_path / "a" / "ci") is None
