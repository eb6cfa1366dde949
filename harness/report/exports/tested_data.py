"""Finds the split of a data set that a cell's number was measured on."""

from __future__ import annotations

from collections.abc import Iterator

from harness.report.results.document import DataRecord, Results
from harness.report.results.verdict_records import CellRecord


def tested_on(results: Results, cell: CellRecord) -> DataRecord | None:
    """The split behind a cell's score; None for a number that is no score of a test."""
    seen = set(_ids(results, cell))
    return next((record for record in results.data if record.ids_sha256 in seen), None)


def _ids(results: Results, cell: CellRecord) -> Iterator[str | None]:
    """The digests of the images that the tests of its seeds saw."""
    place = (cell.value or "").split(".")
    if len(place) != 3:
        return
    experiment, test, _ = place
    if experiment in results.experiments:
        for job in results.experiments[experiment].jobs:
            if test in job.evaluations:
                yield job.evaluations[test].ids_sha256
    elif experiment in results.ensembles:
        yield from (one.ids_sha256 for one in results.ensembles[experiment].tests if one.test == test)
    elif experiment in results.classifications:
        yield from (one.ids_sha256 for one in results.classifications[experiment].tests if one.test == test)
