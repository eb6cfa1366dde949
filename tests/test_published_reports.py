"""The committed reports: every page, and the index, equals what its documents give today, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import command
from harness.report.coverage import known_coverage
from harness.report.ledger import ledger
from harness.report.page.ledger import write_ledger
from harness.report.page.read import read_results
from harness.suite.references import known_references
from harness.suite.released import known_releases
from harness.suite.shipped import suite_texts

pytestmark = pytest.mark.published

PUBLISHED = Path(__file__).parent.parent / "reports" / "published"
FOLDERS = sorted(path.parent for path in PUBLISHED.glob("*/*/results.json"))


@pytest.mark.parametrize("folder", FOLDERS, ids=[f"{folder.parent.name} {folder.name}" for folder in FOLDERS])
def test_a_published_page_is_rebuilt_to_the_byte(tmp_path: Path, folder: Path) -> None:
    """The page is rebuilt by the command that users have, from the JSON of its folder and its place under the index."""
    (tmp_path / "index.json").touch()
    for other in FOLDERS:  # the names of the others are all that a page takes of them
        (tmp_path / other.relative_to(PUBLISHED)).mkdir(parents=True)
        (tmp_path / other.relative_to(PUBLISHED) / "results.json").touch()
    own = tmp_path / folder.relative_to(PUBLISHED)
    for name in ("results.json", "curves.json"):
        (own / name).write_bytes((folder / name).read_bytes())
    done = CliRunner().invoke(command, ["report", str(own)])
    assert done.exit_code == 0, done.output
    assert (own / "index.html").read_bytes() == (folder / "index.html").read_bytes()


def test_the_index_is_of_these_reports_and_of_the_suites_as_they_are(tmp_path: Path) -> None:
    """After a change of a report or suite, `python -m harness publish` writes the index again."""
    reports = {(folder.parent.name, folder.name): read_results(folder) for folder in FOLDERS}
    texts, releases = suite_texts(), known_releases()
    write_ledger(ledger(known_references(), known_coverage(), reports, texts, releases), tmp_path)
    for name in ("index.json", "index.html", "verdicts-changed.md"):
        assert (tmp_path / name).read_bytes() == (PUBLISHED / name).read_bytes(), name


def test_there_are_published_reports() -> None:
    """Without any, the test of pages would pass for nothing."""
    assert FOLDERS
