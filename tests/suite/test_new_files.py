"""New papers and suites: sound as they are written, and never written over anything."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from made_up_packages import place
from ruamel.yaml import YAML

from harness.errors import UsageError
from harness.plan.graph import make_plan
from harness.suite.json_schema import FILES
from harness.suite.load import load_suite
from harness.suite.new_files import paper_texts, schema_texts, suite_texts, write_new
from harness.suite.paper_checks import paper_faults
from tests.suite.test_json_schema import accepts

__all__ = ["place"]


@pytest.fixture
def here(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to begin in."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return folder


def test_a_new_paper_is_sound_and_plans_at_every_scale(here: Path) -> None:
    """As it is written, without being installed; its net is the project's own."""
    write_new(paper_texts("wide"))
    suite = load_suite(Path("suites/wide_table1.yaml"))
    assert paper_faults(suite) == []
    for scale in suite.file.scales:
        assert make_plan(suite, scale).jobs


def test_a_new_suite_is_sound(here: Path) -> None:
    """Of the one paper there is, with its first recipe and net."""
    write_new(paper_texts("wide"))
    write_new(suite_texts("wide_figure2", None, Path("suites")))
    suite = load_suite(Path("suites/wide_figure2.yaml"))
    assert (suite.file.paper, suite.file.experiments["net"].train is not None) == ("wide", True)
    assert make_plan(suite, "ci").jobs


def test_nothing_is_overwritten(here: Path) -> None:
    """Nor is anything else written, unless what is there is to be kept."""
    Path("pyproject.toml").write_text("# mine\n")
    with pytest.raises(UsageError, match=r"pyproject.toml is there already and nothing was written; --keep"):
        write_new(paper_texts("wide"))
    assert [path.name for path in here.iterdir()] == ["pyproject.toml"]
    written = write_new(paper_texts("wide"), keep=True)
    assert Path("pyproject.toml") not in written
    assert Path("pyproject.toml").read_text() == "# mine\n"
    assert Path("wide_paper/nets.py").is_file()


@pytest.mark.parametrize("name", ["Wide", "1st", "", "a-b", "../x", "class", "x" * 41])
def test_what_is_no_name_is_refused(here: Path, name: str) -> None:
    """It becomes a module, a folder and a key."""
    with pytest.raises(UsageError, match="is no name of a paper"):
        paper_texts(name)


@pytest.mark.parametrize("name", ["alexnet", "cifar_conv"])
def test_a_name_that_is_taken_is_refused(here: Path, name: str) -> None:
    """By a paper or a net."""
    with pytest.raises(UsageError, match="already; choose another name"):
        paper_texts(name)


def test_a_suite_needs_its_paper(here: Path) -> None:
    """One that is there, and named where there are several."""
    with pytest.raises(UsageError, match="suites has the papers none; name one with --paper PAPER"):
        suite_texts("figure2", None, Path("suites"))
    write_new(paper_texts("wide"))
    with pytest.raises(UsageError, match="`python -m harness new paper deep` makes one"):
        suite_texts("deep_figure2", "deep", Path("suites"))
    with pytest.raises(UsageError, match="there is a suite named 'table1' already"):
        suite_texts("table1", "wide", Path("suites"))


def test_editors_are_told_the_schema_of_every_file(here: Path) -> None:
    """By its first line, which leads to a schema that takes it."""
    texts = paper_texts("wide")
    write_new(texts)
    load_suite(Path("suites/wide_table1.yaml"))  # the net is registered now, and so in the schema
    write_new(schema_texts())
    for path in (path for path in texts if path.suffix == ".yaml"):
        first = path.read_text().splitlines()[0]
        schema = (path.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve()
        assert schema == here / "schemas" / schema.name
        assert json.loads(schema.read_text())["$id"].endswith(schema.stem)
    assert {path.stem for path in (here / "schemas").iterdir()} == set(FILES)


def test_the_schema_takes_the_new_suite(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which names the project's own net."""
    write_new(paper_texts("wide"))
    load_suite(Path("suites/wide_table1.yaml"))
    schema = json.loads(schema_texts()[Path("schemas/suite.json")])
    monkeypatch.setattr("tests.suite.test_json_schema.suite_schema", lambda: schema)
    assert accepts(schema, YAML(typ="safe", pure=True).load(Path("suites/wide_table1.yaml")))
