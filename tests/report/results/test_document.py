"""results.json is read and written again to the byte, whichever version of the format's first number wrote it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from result_documents import blank_results, typed

from harness.jobs import JOBS
from harness.report.page.read import read_results
from harness.report.page.report_files import as_json
from harness.report.results.document import CostRecord

PUBLISHED = Path(__file__).parents[3] / "reports" / "published"
FILES = sorted(PUBLISHED.glob("*/*/results.json"))


@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.parent.name} {file.parent.name}" for file in FILES])
def test_a_published_report_comes_back_to_the_byte(file: Path) -> None:
    """No number changes its type, no field is added, none is lost."""
    assert as_json(read_results(file).plain()).encode() == file.read_bytes()


def test_there_are_published_reports() -> None:
    """So that the test above cannot pass for want of them."""
    assert FILES


def test_a_field_of_a_later_version_is_kept() -> None:
    """At every level, though no reader here looks at it."""
    document = blank_results(later={"any": ["thing"]})
    document["digest"]["later"] = 1
    assert typed(document).plain() == document


def test_a_whole_number_stays_whole() -> None:
    """A count of 0 seconds is not written as 0.0."""
    assert json.dumps(typed(blank_results()).cost.plain()["train_s"]) == "0"


def test_cost_has_the_seconds_of_every_kind_of_job() -> None:
    """But of probes, which no plan holds."""
    fields = {name.removesuffix("_s") for name in CostRecord.model_fields if name.endswith("_s")}
    assert fields == set(JOBS) - {"probe"}
