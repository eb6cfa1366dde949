"""The types of the published ledger: what `publish` writes into index.json and the index page shows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.results.document import CitationRecord
from harness.report.results.record import Ends, Json, Number, Record
from harness.report.results.verdict_records import LookRecord

Basis = Literal["trained", "drawn", "timed", "exact", "arithmetic", ""]
"""Where the numbers of a verdict come from: training, random nets, a clock, definitions, or printed numbers alone."""


class FirstVerdict(Record):
    """The verdict that was first published, where it is another one today."""

    outcome: str
    evidence: str
    reason: str = ""


class Place(Record):
    """One place of a suite that covers a reference; fields are null where no published report speaks of it."""

    suite: str
    where: str
    """`claims.NAME`, `cells.NAME`, `figures.NAME` or `table`."""
    scale: str | None = None
    page: str | None = None
    """The page of the report, from the index."""
    name: str | None = None
    outcome: str
    reason: str
    evidence: str = ""
    """The level of evidence; `arithmetic` where a claim is worked out from printed numbers alone."""
    basis: Basis = ""
    """Where its numbers come from, or would come from; empty where no numbers can be had."""
    n: int | None = None
    effect: Number | None = None
    """With the sign of the claim: of a direction, positive is as claimed."""
    interval: Ends | None = None
    effect_says: str = ""
    """The effect in words, with its arm, interval and unit: `released 1.91 points lower [0.70, 3.12]`."""
    p: Number | None = None
    p_holm_paper: Number | None = None
    """Adjusted by Holm over every tested claim of the paper."""
    printed: str | None = None
    unit: str | None = None
    mean: Number | None = None
    readings: list[str] | None = None
    flags: list[str] = Field(default_factory=list)
    """EXTENDED, POST HOC, STALE, RECORDED, IMPORTED: those that stand with the verdict."""
    extended_reason: str | None = None
    post_hoc: str | None = None
    stale: str | None = None
    diverged: list[str] = Field(default_factory=list)
    """The trainings that diverged among those it rests on, each with its seed."""
    differs_in: list[str] | None = None
    before: FirstVerdict | None = None
    look: LookRecord | None = None

    @property
    def kind(self) -> str:
        """`claims`, `cells` or `figures`."""
        return self.where.partition(".")[0]


class Entry(Record):
    """A table or a figure of a paper, with every place that stands for it."""

    ref: str
    says: str
    places: list[Place]


class ClaimEntry(Entry):
    """A claim of a paper."""

    section: str
    small_scale: str
    """Whether small data can test it: yes, partly or no."""


class Count(Record):
    """How many claims have one outcome at one level of evidence."""

    outcome: str
    level: str
    count: int


class Apart(Record):
    """The verdicts of one kind, which are counted apart from all others."""

    kind: str
    counts: list[Count]
    tested: int
    """How many of the confirmations have a p value adjusted by Holm over the paper."""
    survive: int
    """How many of these stay below 0.05."""


class PaperLedger(Record):
    """All references of one paper."""

    paper: str
    citation: CitationRecord | None
    says: str
    """In words: how many printed numbers of trained systems are reproduced."""
    missing: str
    """In words: what it would take for more; empty where nothing is missing."""
    claims_say: str
    """In words: how many claims are confirmed, at which level of evidence, and how many tests survive Holm."""
    apart: list[Apart]
    """Every verdict of a published report, and every place without one, by kind."""
    unpublished: list[str]
    """The suites of which no report is published."""
    claims: list[ClaimEntry]
    tables: list[Entry]
    figures: list[Entry]
    others: list[Entry]
    """References of published verdicts that the paper's list does not have."""
    tally: list[Count]
    """The outcomes of all claims."""
    small: list[Count]
    """The outcomes of the claims that small data can test."""
    printed_from: list[Json]
    """Which run each printed number rounds from, as the suites state it of the authors' release."""
    release: Json | None
    """The release of the authors: repository, date, and what it is."""


class Flagged(Record):
    """How many verdicts of a report carry a flag."""

    flag: str
    count: int


class WithdrawnPlace(Record):
    """A cell or claim of a report that was declared, had a result, and is judged no more."""

    suite: str
    scale: str
    page: str
    kind: str
    name: str
    why: str
    came_to: list[str]
    """The outcomes that reports of runs gave it."""
    today: str | None
    """Its outcome by the form of then, on the results of today."""


class PublishedReport(Record):
    """One report below the published folder."""

    suite: str
    scale: str
    paper: str
    title: str
    source: str
    """The place in the paper."""
    headline: str
    answer: str
    """One sentence: what came out."""
    data: list[str]
    """The titles of the data sets that its jobs saw."""
    claims: list[Count]
    numbers: list[Count]
    """The outcomes of its printed numbers."""
    figures: list[Count]
    flags: list[Flagged]
    diverged: list[str]
    """The trainings that diverged, each with its seed."""
    page: str
    seconds: Number
    commits: list[str]
    changed_lines: int | None
    """How many lines of the suite differ today; null for a suite that is gone."""


class ChangedVerdict(Record):
    """A verdict that is another one today than when it was first published."""

    suite: str
    scale: str
    page: str
    kind: str
    """`cell` or `claim`."""
    name: str
    before: str
    outcome: str
    extended: bool
    post_hoc: bool
    """Whether it is a claim that was declared after a result."""
    reason: str


class Changes(Record):
    """How many published verdicts were judged again, and those that changed."""

    judged: int
    changed: list[ChangedVerdict]
    rules: str


class Ledger(Changes):
    """The whole ledger."""

    format: int
    papers: list[PaperLedger]
    reports: list[PublishedReport]
    withdrawn: list[WithdrawnPlace]
