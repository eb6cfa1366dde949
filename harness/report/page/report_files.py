"""The documents of a report as the text of its files."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from harness.report.page.digests import sealed
from harness.report.results.curves import Curves
from harness.report.results.document import Results
from harness.report.results.record import Json, without_nan


class Documents(NamedTuple):
    """The documents of a report, ready to be written."""

    results: dict[str, Any]
    """The results with the digests that `read.read_report` holds them against."""
    files: dict[str, str]
    """The text of `results.json` and `curves.json`, by name."""


def documents_of(results: Results, curves: Curves) -> Documents:
    """Seal the results and write both documents as text."""
    drawn = as_json(curves)
    plain = json.dumps(without_nan(results.plain()), sort_keys=True, allow_nan=False)  # without indents, C writes it
    document = sealed(json.loads(plain), json.loads(drawn))
    return Documents(document, {"results.json": as_json(document), "curves.json": drawn})


def as_json(document: Json) -> str:
    """A document as a report's file holds it: sorted, indented by one, null for a number that is not finite."""
    return json.dumps(without_nan(document), sort_keys=True, indent=1, allow_nan=False) + "\n"
