"""Judges a report folder again and writes its documents and page anew."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError
from harness.report.judge_again import judge_again
from harness.report.page.read import read_report
from harness.report.page.render import write_report
from harness.report.results.document import Results
from harness.store.store import make_writable
from harness.suite.load import load_suite
from harness.suite.shipped import suite_names, suite_path


def judge_folder_again(folder: Path, by_suite: str | None) -> Results:
    """The results of a report folder, judged by a suite of today, the shipped one without a name; written there.

    Raises UsageError where the folder holds no report, or no suite is named and none of its name is known.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no report folder; --judge-again needs one")
    make_writable(folder, "the report", "copy it to where you may write")
    results, curves = read_report(folder)
    if by_suite is None and results.suite not in suite_names():
        raise UsageError(f"no suite {results.suite!r} is known here; name the one to judge by with --suite SUITE")
    suite = load_suite(suite_path(by_suite or results.suite))
    try:
        document = judge_again(results, curves, suite)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{folder}: results.json does not hold a report that can be judged again ({type(error).__name__}: {error})"
        ) from error
    return write_report(document, curves, folder)
