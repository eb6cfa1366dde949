"""A system without a net from its suite to its report: run, judged, shown, and judged again from the report alone."""

from __future__ import annotations

import pytest
from classified_suites import classified_world
from tiny_suites import World

from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.report.gather import gather
from harness.report.page.render import render
from harness.report.results.document import Results
from harness.report.standing import report_standing


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """All jobs of two seeds, finished."""
    world = classified_world(tmp_path_factory.mktemp("classified"))
    assert world.run().failed == {}
    return world


@pytest.fixture(scope="module")
def results(world: World) -> Results:
    """The report of it."""
    standing = statuses(world.plan, world.store, world.runtime.locations)
    return gather(world.plan, world.store, standing, Choice("ci", "asked for", ""))[0]


def test_its_row_has_values_of_every_seed(results: Results) -> None:
    """Far from guessing, and not comparable with numbers of ImageNet."""
    cells = {cell.id: cell for cell in results.cells}
    assert sorted(cells["sift_fv.top1"].values) == ["0", "1"]
    assert all(value is not None and value < 60 for value in cells["sift_fv.top1"].values.values())
    assert cells["sift_fv.top1"].outcome == "NOT COMPARABLE"


def test_the_report_tells_its_spec_and_tests(results: Results) -> None:
    """Resolved at the scale, with the images that each test saw, and its cost by kind of job."""
    record = results.classifications["sift_fv"]
    assert record.spec["features"]["sift"]["gaussians"] == 2
    assert [(test.seed, test.count, test.outcome) for test in record.tests] == [(0, 400, "done"), (1, 400, "done")]
    assert {"vocabulary_s", "encode_s", "fit_s", "classify_s"} <= dict(results.cost.facts()).keys()


def test_the_page_shows_it(results: Results) -> None:
    """In a section of its own, to which the ledger leads."""
    page = render(results, {})
    assert 'id="classification-sift_fv"' in page
    assert 'href="#classification-sift_fv"' in page


def test_a_report_tells_of_its_jobs_without_the_store(world: World, results: Results) -> None:
    """Each seed's test stands there as it did in the store."""
    told, _ = report_standing(world.plan, results)
    for place, key in world.plan.evaluations.items():
        values = next(test.values for test in results.classifications["sift_fv"].tests if test.seed == place[2])
        result = told[key].result
        assert result is not None
        assert result["values"] == values
