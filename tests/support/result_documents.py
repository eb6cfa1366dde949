"""Documents of reports for tests: plain ones to be changed at will, and their typed form."""

from __future__ import annotations

from typing import Any

from harness.report.page.read import parsed_results
from harness.report.results.document import Results

Document = dict[str, Any]

TOLD: Document = {"extended": False, "extended_reason": None, "stale": None, "marks": [], "imported": None}


def typed(document: Document) -> Results:
    """The document as every reader takes it."""
    return parsed_results(document, "results.json")


def blank_cell(**changes: Any) -> Document:
    """A cell that was not run, with every field of the format."""
    declared = dict.fromkeys(("paper", "margin", "metric", "direction", "value", "recorded", "seeds_to_settle"))
    intervals = dict.fromkeys(("interval", "tost_interval", "wilson", "prediction"))
    absent = {**declared, **intervals, "mean": None, "std": None, "difference": None}
    words = {"id": "a", "row": "", "column": "", "label": "A", "ref": "", "printed": "", "unit": "", "reason": ""}
    return {**words, **absent, **TOLD, "n": 0, "values": {}, "how": "trained", "outcome": "NOT RUN"} | changes


def blank_claim(**changes: Any) -> Document:
    """A claim that was not run, with every field of the format."""
    absent = dict.fromkeys(
        ["n", "interval", "effect", "p", "p_holm", "companion", "recorded_operands", "post_hoc", "by_first_form"]
    )
    words = {"id": "a", "ref": "", "says": "", "source": "", "operator": "less", "evidence": "", "reason": ""}
    lists: Document = {name: [] for name in ("operands", "readings", "differs_in", "thresholds")}
    return {**words, **absent, **lists, **TOLD, "outcome": "NOT RUN"} | changes


def blank_withdrawn(**changes: Any) -> Document:
    """A cell that is judged no more and that no report spoke of."""
    return {"kind": "cell", "id": "a", "why": "taken out", "form": {}, "came_to": [], "today": None} | changes


def blank_figure(**changes: Any) -> Document:
    """A figure without a picture."""
    words = dict.fromkeys(("id", "ref", "title", "shows", "caption", "alt"), "")
    return {**words, "not_run": None, "svg_data_uri": None} | changes


def blank_results(**changes: Any) -> Document:
    """A document with nothing in it."""
    words = dict.fromkeys(("suite", "paper", "title", "source", "scale_note", "suite_yaml", "command", "headline"), "")
    seconds = dict.fromkeys(
        (f"{kind}_s" for kind in ["pixels", "train", "evaluate", "ensemble", "inspect", "measure"]), 0
    )
    empty: Document = {name: [] for name in ("cells", "claims", "deviations", "figures", "data")}
    return {
        **words,
        **empty,
        "format": 1,
        "rules": 2,
        "scale": "ci",
        "scale_choice": {"reason": "", "unlock": ""},
        "citation": {"paper": "", "title": "", "authors": [], "venue": "", "year": 2012},
        "table": None,
        "experiments": {},
        "measurements": {},
        "environment": {},
        "cost": {**seconds, "finished_at": None},
        "digest": {"suite": "0" * 64, "code": "0" * 64, "results": "0" * 64},
    } | changes
