"""The published schema is that of every report, published or fresh."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from result_documents import blank_cell, blank_results
from tiny_suites import tiny_suite

from harness.cli.main import command
from harness.report.page.read import read_document
from harness.report.results.schema import DIALECT, results_schema

PUBLISHED = Path(__file__).parents[3] / "reports" / "published"
FILES = sorted(PUBLISHED.glob("*/*/results.json"))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    """The schema as any reader of JSON would use it."""
    return Draft202012Validator(results_schema())


def faults(validator: Draft202012Validator, document: dict[str, Any]) -> list[str]:
    """Every fault with its place."""
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(document)]


def test_it_is_a_schema_of_its_dialect() -> None:
    """That names itself."""
    schema = results_schema()
    Draft202012Validator.check_schema(schema)
    assert (schema["$schema"], schema["$id"]) == (DIALECT, "urn:paper-harness:results:1")


@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.parent.name} {file.parent.name}" for file in FILES])
def test_every_published_report_fits(validator: Draft202012Validator, file: Path) -> None:
    """As it lies there."""
    assert faults(validator, read_document(file)) == []


def test_there_are_published_reports() -> None:
    """So that the test above cannot pass for want of them."""
    assert FILES


def test_a_fresh_run_fits(validator: Draft202012Validator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `run` writes at ci scale, and what it prints."""
    monkeypatch.chdir(tmp_path)
    suite = tiny_suite(tmp_path)
    done = CliRunner().invoke(
        command, ["run", str(suite), "--scale", "ci", "--device", "cpu", "--threads", "1", "--out", "report", "--json"]
    )
    assert done.exit_code == 0, done.output
    written = read_document(tmp_path / "report" / "results.json")
    assert faults(validator, written) == []
    assert json.loads(done.stdout) == written


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (blank_results(scale="huge"), "$.scale"),
        (blank_results(cells=[blank_cell(outcome="PROVED")]), "$.cells[0].outcome"),
        (blank_results(cells=[blank_cell(interval=[1, 2, 3])]), "$.cells[0].interval"),
        ({key: value for key, value in blank_results().items() if key != "digest"}, "$"),
    ],
)
def test_what_does_not_fit_is_found(validator: Draft202012Validator, document: dict[str, Any], place: str) -> None:
    """By its place."""
    assert [fault.split(": ")[0] for fault in faults(validator, document)] == [place]


def test_fields_are_described_by_the_sentences_below_them() -> None:
    """For whoever reads the schema alone."""
    cell = results_schema()["$defs"]["CellRecord"]["properties"]
    assert cell["printed"]["description"] == "As the paper writes it."
