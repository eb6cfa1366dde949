"""A report that was edited after it was written is refused by whatever reads it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from result_documents import typed

from harness.cli.main import command
from harness.errors import UsageError
from harness.report.page.digests import sealed
from harness.report.page.read import read_report, read_results
from harness.report.page.render import write_report

SAMPLES = Path(__file__).parent.parent.parent / "samples"
PUBLISHED = Path(__file__).parent.parent.parent.parent / "reports" / "published" / "table1" / "small"
Edit = Callable[[dict[str, Any]], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A report folder as it was published."""
    return shutil.copytree(PUBLISHED, tmp_path / "report")


def edited(folder: Path, edit: Edit, name: str = "results") -> None:
    """Change one document of a report, and no digest of it."""
    path = folder / f"{name}.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    edit(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def better(results: dict[str, Any]) -> None:
    """What an edit would be for."""
    results["cells"][0] |= {"outcome": "MATCH", "reason": "90% interval within the margin"}


def sample() -> tuple[dict[str, Any], dict[str, Any]]:
    """The documents of a report of paper scale."""
    results, curves = (
        json.loads((SAMPLES / f"paper_{kind}.json").read_text("utf-8")) for kind in ("results", "curves")
    )
    return results, curves


COMMANDS = {
    "report": ["report", "{folder}"],
    "judge again": ["report", "{folder}", "--judge-again"],
    "publish": ["publish", "{folder}", "--into", "{into}"],
    "compare": ["compare", "{folder}", "{sound}"],
    "compare with": ["compare", "{sound}", "{folder}"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_reads_a_report_refuses_an_edited_one(folder: Path, tmp_path: Path, name: str) -> None:
    """In one message: the file, what is wrong, and what writes it anew; nothing is written."""
    edited(folder, better)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    places = {"folder": folder, "into": tmp_path / "published", "sound": PUBLISHED}
    done = CliRunner().invoke(command, [part.format(**places) for part in COMMANDS[name]])
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == (
        f"{folder / 'results.json'}: was changed after it was written: its digest does not fit; "
        "`report table1 --scale small` writes it again from the store, or run the suite again"
    )
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert not list(tmp_path.glob("published/*"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_a_report_as_it_was_written(folder: Path, tmp_path: Path, name: str) -> None:
    """So that the refusal is of the edit."""
    places = {"folder": folder, "into": tmp_path / "published", "sound": PUBLISHED}
    done = CliRunner().invoke(command, [part.format(**places) for part in COMMANDS[name]])
    assert (done.exit_code, done.exception) == (0, None)


def test_publishing_refuses_a_published_report_that_was_edited(folder: Path, tmp_path: Path) -> None:
    """Its page is written anew with the others, and would spread the edit."""
    edited(shutil.copytree(folder, tmp_path / "published" / "table1" / "small"), better)
    done = CliRunner().invoke(command, ["publish", "--into", str(tmp_path / "published")])
    assert "was changed after it was written" in str(done.exception)


def test_every_part_of_the_results_is_under_the_digest(tmp_path: Path) -> None:
    """Each taken out, and each given another value."""
    document, curves = sample()
    written = write_report(typed(document), curves, tmp_path)
    path, results = tmp_path / "results.json", written.plain()
    assert read_results(path) == written
    for part in results.keys() - {"format"}:
        for changed in ({name: one for name, one in results.items() if name != part}, {**results, part: "another"}):
            path.write_text(json.dumps(changed))
            with pytest.raises(UsageError, match=r"was changed after it was written|carries no digest"):
                read_results(path)


@pytest.mark.parametrize("digest", ["suite", "code", "results", "curves", "document"])
def test_every_digest_is_held_against_what_it_is_of(folder: Path, digest: str) -> None:
    """One that was changed is no excuse for the rest."""
    edited(folder, lambda results: results["digest"].update({digest: "0" * 64}))
    with pytest.raises(UsageError, match="was changed after it was written"):
        read_results(folder)


@pytest.mark.parametrize("edit", [lambda results: results.pop("digest"), lambda results: results["digest"].clear()])
def test_a_report_without_a_digest_is_refused(folder: Path, edit: Edit) -> None:
    """An edit could have taken it out."""
    edited(folder, edit)
    with pytest.raises(
        UsageError, match="carries no digest of all of it, so nothing shows that it is as it was written"
    ):
        read_results(folder)


@pytest.mark.parametrize("text", ["NaN", "Infinity"])
def test_a_number_that_is_none_is_an_edit(folder: Path, text: str) -> None:
    """No report is written with one."""
    edited(folder, lambda results: results["cells"][0].update(mean=float(text)))
    with pytest.raises(UsageError, match="was changed after it was written"):
        read_results(folder)


def test_edited_curves_are_refused(folder: Path) -> None:
    """The page draws them, and claims about convergence are judged again by them."""
    edited(folder, lambda curves: curves[next(iter(curves))].clear(), "curves")
    with pytest.raises(UsageError, match=r"curves\.json: was changed after it was written, or is of another run"):
        read_report(folder)


@pytest.mark.parametrize("taken_out", [("document",), ("document", "curves"), ("document", "curves", "results")])
def test_a_report_without_the_digest_of_all_of_it_is_refused(folder: Path, taken_out: tuple[str, ...]) -> None:
    """As earlier versions wrote it, or as an edit of its headline or of what it withdrew would leave it."""
    edited(folder, lambda results: [results["digest"].pop(name) for name in taken_out])
    with pytest.raises(UsageError, match=r"carries no digest of all of it.*writes it again from the store"):
        read_results(folder)


def test_what_is_written_again_is_sealed_the_same() -> None:
    """However often, and whatever digests stood there before."""
    once = sealed(*sample())
    assert sealed(deepcopy(once), sample()[1]) == once


def test_an_edited_report_is_mended_by_writing_it_again(folder: Path) -> None:
    """As its message says; here from the documents as they were."""
    before = (folder / "results.json").read_bytes()
    results, curves = read_report(folder)
    edited(folder, better)
    write_report(results, curves, folder)
    assert (folder / "results.json").read_bytes() == before


FOLDERS = sorted(path.parent for path in PUBLISHED.parent.parent.glob("*/*/results.json"))


@pytest.mark.parametrize("published", FOLDERS, ids=[f"{one.parent.name} {one.name}" for one in FOLDERS])
def test_a_published_report_is_as_it_was_written(published: Path):
    """A merge may join the figures of one version with the digests of another, which nobody could then rebuild."""
    assert read_report(published)[0]["suite"] == published.parent.name
