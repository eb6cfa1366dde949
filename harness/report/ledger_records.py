"""The types of the published ledger: what `publish` writes into index.json and the index page shows."""

from __future__ import annotations

from harness.report.results.document import CitationRecord
from harness.report.results.record import Ends, Json, Number, Record
from harness.report.results.verdict_records import LookRecord


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
    n: int | None = None
    effect: Number | None = None
    interval: Ends | None = None
    p: Number | None = None
    p_holm_paper: Number | None = None
    """Adjusted by Holm over every tested claim of the paper."""
    printed: str | None = None
    unit: str | None = None
    mean: Number | None = None
    readings: list[str] | None = None
    extended: bool | None = None
    extended_reason: str | None = None
    post_hoc: str | None = None
    differs_in: list[str] | None = None
    before: FirstVerdict | None = None
    look: LookRecord | None = None


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


class PaperLedger(Record):
    """All references of one paper."""

    paper: str
    citation: CitationRecord | None
    claims: list[ClaimEntry]
    tables: list[Entry]
    figures: list[Entry]
    tally: list[Count]
    """The outcomes of all claims."""
    small: list[Count]
    """The outcomes of the claims that small data can test."""
    printed_from: list[Json]
    """Which run each printed number rounds from, as the suites state it of the authors' release."""
    release: Json | None
    """The release of the authors: repository, date, and what it is."""


class PublishedReport(Record):
    """One report below the published folder."""

    suite: str
    scale: str
    paper: str
    title: str
    headline: str
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
