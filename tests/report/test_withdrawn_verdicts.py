"""What reports say of what is judged no more, where the store or the report's own documents tell."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from result_documents import blank_results, blank_withdrawn, typed

from harness.cli.main import command
from harness.report.page.read import read_results
from harness.report.results.document import Results
from harness.report.withdrawn_verdicts import in_headline, left_out

ROOT = Path(__file__).parent.parent.parent
CLAIM = """  faster_gpus:
    ref: A08
    says: Results improve simply with faster GPUs; here, with what a GPU four times as fast trains in the same time
    source: section 1
    less: [full.val_ten.top1_error, quarter_time.val_ten.top1_error]
"""


@pytest.fixture
def again(tmp_path: Path) -> Results:
    """A published report, judged again by its suite without one of its claims."""
    folder = shutil.copytree(ROOT / "reports" / "published" / "scaling" / "small", tmp_path / "scaling")
    text = (ROOT / "suites" / "scaling.yaml").read_text(encoding="utf-8")
    assert CLAIM in text
    suite = tmp_path / "scaling.yaml"
    kept, readings = text.replace(CLAIM, "").split("\nreadings:\n")  # one of which names the claim
    scales = readings.split("\nscales:\n")[1]
    suite.write_text(f"{kept}\nscales:\n{scales}", encoding="utf-8")
    done = CliRunner().invoke(command, ["report", str(folder), "--judge-again", "--suite", str(suite)])
    assert done.exit_code == 0, done.output
    return read_results(folder)


def test_a_claim_left_out_when_a_report_is_judged_again_is_listed(again: Results) -> None:
    """With the outcome that the report gave it."""
    (one,) = again.withdrawn
    assert (one.kind, one.id) == ("claim", "faster_gpus")
    assert one.why == "taken out of the suite after its first result"
    assert [verdict.outcome for verdict in one.came_to] == ["CONFIRMED"]
    assert again.headline.endswith("; 1 declared and judged no more.")


def test_it_stays_listed_however_often_that_is_done(again: Results) -> None:
    """Once."""
    assert left_out(again, again.cells, again.claims) == again.withdrawn


def test_a_headline_says_nothing_of_nothing() -> None:
    """And counts what there is."""
    two = typed(blank_results(withdrawn=[blank_withdrawn(id="a"), blank_withdrawn(id="b")]))
    assert in_headline([]) == []
    assert in_headline(two.withdrawn) == ["2 declared and judged no more"]
