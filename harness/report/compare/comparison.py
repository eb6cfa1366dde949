"""The types of a comparison: what `compare --json` prints, and the terminal, Markdown and the page show."""

from __future__ import annotations

from collections.abc import Iterator

from harness.report.results.document import CitationRecord
from harness.report.results.record import Ends, Number, Record
from harness.report.results.verdict_records import LookRecord


class Row(Record):
    """One fact that differs between the two runs."""

    what: str
    a: str | None
    """How it reads in A; null where A has no such fact."""
    b: str | None


class NumberSide(Record):
    """A number in one run."""

    outcome: str | None = None
    """The verdict, of a number that a cell shows."""
    reason: str
    mean: Number | None
    std: Number | None = None
    interval: Ends | None = None
    n: int | None
    look: LookRecord | None = None
    how: str
    extended: bool | None = None
    stale: str | None = None


class Difference(Record):
    """B less A, or why nothing may be subtracted."""

    change: str
    """`identical` in each seed, to the last bit; `rounding` in each seed but for that; `higher` or `lower`, exactly or
    by a test at 0.05; `undecided`; `not compared`; `only in A`; or `only in B`."""
    said: str
    """The test that it is said by, or the reason why nothing is subtracted."""
    better: str | None = None
    """Whether the change makes it `better` or `worse`, where the metric has a better side."""
    difference: Number | None = None
    """The mean of B less A, in the unit of the number."""
    interval_of_difference: Ends | None = None
    """95%, t over the paired seeds."""
    pairs: int | None = None
    p: Number | None = None
    """Unadjusted."""
    p_holm: Number | None = None
    """Adjusted by Holm over every number that was tested in this comparison."""


class ComparedNumber(Difference):
    """One number in both runs."""

    id: str
    a: NumberSide | None
    """Null where A has no such number."""
    b: NumberSide | None


class ComparedCell(ComparedNumber):
    """One cell in both runs."""

    label: str
    ref: str
    printed: str
    unit: str
    metric: str | None
    value: str | None


class ClaimSide(Record):
    """A claim in one run."""

    outcome: str
    reason: str
    evidence: str
    effect: Number | None
    interval: Ends | None
    n: int | None
    look: LookRecord | None = None
    p: Number | None
    p_holm: Number | None
    extended: bool
    stale: str | None
    post_hoc: str | None


class ComparedClaim(Record):
    """One claim in both runs."""

    id: str
    ref: str
    says: str
    source: str
    operator: str
    a: ClaimSide | None
    """Null where A has no such claim."""
    b: ClaimSide | None
    a_level: str
    """The level of evidence in words."""
    b_level: str
    change: str
    """`same` or `other verdict`, the level of evidence included; `only in A` or `only in B`."""


class ComparedRun(Record):
    """One of the two runs."""

    name: str
    """How a reader finds it again."""
    scale: str
    headline: str
    finished_at: str | None
    suite_sha256: str
    code_sha256: str


class Differing(Record):
    """The facts that differ beside the results, by kind."""

    declared: list[Row]
    specs: list[Row]
    deviations: list[Row]
    data: list[Row]
    environment: list[Row]
    cost: list[Row]

    def tables(self) -> Iterator[tuple[str, list[Row]]]:
        """The rows of each kind, by its name."""
        for name in type(self).model_fields:
            yield name, getattr(self, name)


class Comparison(Record):
    """Two runs of one suite side by side."""

    format: int
    suite: str
    paper: str
    title: str
    source: str
    citation: CitationRecord
    runs: list[ComparedRun]
    """A, then B."""
    headline: str
    notes: list[str]
    """Sentences that hold for the whole comparison."""
    cells: list[ComparedCell]
    claims: list[ComparedClaim]
    numbers: list[ComparedNumber]
    """Every other number that either run measured."""
    differing: Differing
