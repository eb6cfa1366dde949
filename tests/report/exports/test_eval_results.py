"""Scores for Hugging Face: the Hub's own library reads them, and what has no place there is named."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from harness.report.exports import eval_results
from harness.report.exports.eval_results import as_eval_results
from harness.report.page.read import parsed_results

TABLE1 = Path(__file__).parent.parent.parent.parent / "reports" / "published" / "table1" / "small" / "results.json"


@pytest.fixture
def results():
    """A published report with two scores on Fashion-MNIST."""
    return parsed_results(json.loads(TABLE1.read_text("utf-8")), str(TABLE1))


def entries(results):
    """The file as plain data."""
    return YAML(typ="safe", pure=True).load(as_eval_results(results)) or []


def test_the_hub_reads_it(results):
    """By the library of its own, whose entries hold all that was written."""
    hub = pytest.importorskip("huggingface_hub", reason="the library of the Hub is not installed")
    written = entries(results)
    parsed = hub.parse_eval_result_entries(written)

    means = {cell.metric: cell.mean for cell in results.cells if cell.mean is not None}
    assert {entry.task_id: entry.value for entry in parsed} == means
    assert {entry.dataset_id for entry in parsed} == {"zalando-datasets/fashion_mnist"}
    assert {entry.date for entry in parsed} == {results.cost.finished_at}
    assert hub.eval_result_entries_to_yaml(parsed) == written


def test_what_has_no_entry_is_named_with_why(results):
    """Cells that were not measured, and claims, which are no scores."""
    text = as_eval_results(results)
    for cell in results.cells:
        assert (f"# left out: {cell.id}: nothing was measured: " in text) == (cell.mean is None)
    assert all(f"# left out: claim {claim.id}: no score: " in text for claim in results.claims)


def test_a_set_that_the_hub_lacks_is_named(results, monkeypatch):
    """No other set is put in its place."""
    monkeypatch.setattr(eval_results, "HUB_DATASETS", {})
    assert entries(results) == []
    assert "# left out: cnn.top1: fashion_mnist is not on the Hub: NOT COMPARABLE at small scale" in as_eval_results(
        results
    )


@pytest.mark.parametrize(("home", "source"), [(None, None), ("https://a.example", "https://a.example")])
def test_the_source_is_the_project_s_address(results, monkeypatch, home, source):
    """There is none while the project has no public one."""
    monkeypatch.setattr(eval_results, "project_home", lambda: home)
    assert {entry.get("source", {}).get("url") for entry in entries(results)} == {source}
