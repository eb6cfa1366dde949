"""Sample references of a paper, their coverage, and reports about them, for tests of the published ledger."""

from __future__ import annotations

from typing import Any

from result_documents import blank_cell, blank_claim, blank_figure, blank_results, typed

from harness.report.coverage import Coverage
from harness.report.results.document import Results
from harness.suite.references import ClaimReference, FigureReference, References, TableReference

CLAIM = {"says": "it is so", "section": "1", "kind": "own", "small_scale": "yes", "needs": {}}


PAPERS = {
    "alexnet": References(
        paper="alexnet",
        claims={name: ClaimReference.parsed(CLAIM) for name in ("A01", "A02")},
        tables={"T1": TableReference(caption="errors", columns=["top1"], in_text=False, rows=[])},
        figures={"F1": FigureReference(shows="curves", reproduce="yes")},
        choices={},
    )
}


COVERED = [
    Coverage("A01", "one", "claims.less", "small", "its direction, on Fashion-MNIST", "alexnet"),
    Coverage("A02", "two", "claims.never", "impossible", "needs two GPUs", "alexnet"),
    Coverage("A02", "two", "claims.exactly", "paper", "needs the paper's own data", "alexnet"),
    Coverage("alexnet:T1.cnn.top1", "one", "cells.cnn.top1", "paper", "", "alexnet"),
    Coverage("alexnet:T1", "one", "table", "paper", "", "alexnet"),
    Coverage("alexnet:F1", "one", "figures.f1", "small", "", "alexnet"),
]


def report(scale: str = "small", suite: str = "one", **claim: Any) -> dict[tuple[str, str], Results]:
    """Return the results of one report, by suite and scale."""
    said = {
        "id": "less",
        "outcome": "CONFIRMED",
        "evidence": f"{scale} scale",
        "reason": "t",
        "n": 6,
        "p": 0.01,
    } | claim
    cell = blank_cell(id="cnn.top1", outcome="NOT COMPARABLE", printed="37.5", mean=9.0)
    document = blank_results(
        suite=suite,
        scale=scale,
        paper="alexnet",
        title="errors",
        claims=[blank_claim(**said)],
        cells=[cell],
        figures=[blank_figure(id="f1")],
        environment={"place 1": {"commit": "c0ffee"}, "place 2": {"commit": "c0ffee"}},
    )
    document["cost"] |= {"train_s": 2.0, "evaluate_s": 1.0, "finished_at": "now"}
    return {(suite, scale): typed(document)}


def changed(reports: dict[tuple[str, str], Results], **fields: Any) -> dict[tuple[str, str], Results]:
    """The same reports with other fields."""
    return {key: results.model_copy(update=fields) for key, results in reports.items()}
