"""Cells and claims as results.json holds them: what was declared, what was measured, and the verdict."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.judge.outcomes import CellOutcome, ClaimOutcome, How
from harness.report.results.record import BySeed, Ends, Json, Number, Record

STATED = "worked out from numbers that the suite states; nothing of it is measured"
"""The mark of arithmetic on printed numbers, which would repeat any number that is put in."""


class LookRecord(Record):
    """The look at growing numbers of seeds at which a verdict fell."""

    number: int
    """Counted from 1."""
    of: int
    """How many looks were declared."""
    seeds: int
    within: float
    """The one-sided level of tests within a margin."""
    beyond: float
    """The one-sided level of tests beyond a margin, and of directions."""
    says: str


class LoggedRecord(Record):
    """A printed number with the digits of its authors' logs, and how far ours is from it."""

    value: str
    run: str
    at: str
    """FILE:LINE of the authors' release."""
    difference: Number | None
    """Our mean less the logged number."""
    interval: Ends | None
    """The 95% interval of that difference."""


class Verdict(Record):
    """The fields that cells and claims share."""

    id: str
    ref: str
    """The reference of the paper that it stands for."""
    reason: str
    """By which test, or by what obstacle, the outcome came about."""
    n: int | None
    """How many seeds it rests on."""
    interval: Ends | None
    """95% over seeds where seeds are fixed; else of the level of the look."""
    seeds_to_settle: int | None = None
    """How many seeds would probably settle what is inconclusive."""
    look: LookRecord | None = None
    """Null where seeds are fixed, or no test was made."""
    extended: bool
    """Whether its declaration was changed after its first result."""
    extended_reason: str | None
    stale: str | None
    """Why a result that it rests on is stale."""
    marks: list[str]
    """Facts that a reader needs beside the reason."""
    imported: list[Json] | None
    """Whose weights it rests on that were not trained here."""

    @property
    def stated(self) -> bool:
        """Whether it is arithmetic on printed numbers, and nothing of it is measured."""
        return STATED in self.marks


class FirstCell(Record):
    """The verdict on a cell that was first published, and what was declared of it then."""

    outcome: CellOutcome
    reason: str
    printed: str | None
    margin: Number | None
    value: str | None


class CellRecord(Verdict):
    """One printed number beside ours."""

    row: str
    """The row of the printed table; empty for a number that stands in no table."""
    column: str
    label: str
    printed: str
    """As the paper writes it."""
    paper: Number | None
    """The printed number as a number."""
    unit: str
    margin: Number | None
    """How far ours may be from the printed number and still match, in the cell's unit."""
    metric: str | None
    direction: Literal["lower", "higher"] | None
    """Which side of the printed number is the better one; null where neither is."""
    value: str | None
    """The place where ours is measured: `experiment.evaluation.metric`, `experiment.inspection.quantity`,
    `experiment.epochs.error`, `experiment.quantity`; of a difference both, as `A - B`; null for a quoted number."""
    values: BySeed
    how: How
    mean: Number | None
    std: Number | None
    tost_interval: Ends | None
    """90% over seeds where seeds are fixed: it decides MATCH."""
    wilson: Ends | None
    """95% over test images: it stands beside the verdict and decides nothing."""
    prediction: Ends | None
    """95% for one more run: it stands beside the verdict and decides nothing."""
    difference: Number | None
    """Our mean less the printed number."""
    outcome: CellOutcome
    diverged: list[int] = Field(default_factory=list)
    """The seeds whose training diverged; they count as guessing."""
    recorded: dict[str, Json] | None
    """By seed, whose word a value is that was entered by hand."""
    runs: int | None = None
    """Over how many runs the printed number is a mean, where the paper prints it with its spread."""
    logged: LoggedRecord | None = None
    before: FirstCell | None = None
    """The verdict first published, in a report that was judged again."""

    @property
    def origin(self) -> str:
        """The experiment whose number it is; empty for a quoted number."""
        return (self.value or "").split(".")[0]


class CompanionRecord(Record):
    """A test over the same seeds that stands beside the one that decides."""

    test: str
    p: float
    n: int


class EarlierRecord(Record):
    """The outcome of a claim on other seeds, before those of this report."""

    seeds: str
    outcome: ClaimOutcome
    says: str | None


class FirstForm(Record):
    """The verdict on a claim in the form that was declared before its first result."""

    outcome: ClaimOutcome
    evidence: str
    reason: str


class ThresholdRecord(Record):
    """How long two arms take to reach one training error, paired by seed."""

    train_error: Number
    ratios: list[Number]
    """Epochs of the slow arm over those of the fast one, by seed."""
    median_difference: Number
    """Epochs of the slow arm less those of the fast one."""


class FirstClaim(Record):
    """The verdict on a claim that was first published, and the form in which it was declared then."""

    outcome: ClaimOutcome
    evidence: str
    reason: str
    extended: str | None
    form: Json
    """The operator by its name, with its operands, as a suite writes it."""


class ClaimRecord(Verdict):
    """One relation that the paper asserts."""

    says: str
    source: str
    """The place in the paper."""
    operator: str
    operands: list[str]
    outcome: ClaimOutcome
    evidence: str
    """The level of evidence that it was judged at, such as `small scale`; empty where nothing was weighed."""
    effect: Number | None
    p: Number | None
    """Unadjusted: it decides."""
    p_holm: Number | None
    """Adjusted by Holm over the claims of this suite: it stands beside and decides nothing."""
    companion: CompanionRecord | None
    recorded_operands: list[str] | None
    """The operands whose values were entered by hand."""
    earlier: list[EarlierRecord] = Field(default_factory=list)
    readings: list[str]
    """Opinions of the suite's authors on this outcome; written after it."""
    post_hoc: str | None
    """The result after which the claim was declared, where it was."""
    by_first_form: FirstForm | None
    differs_in: list[str]
    """In what the two arms differ, where that is more than one thing."""
    thresholds: list[ThresholdRecord]
    before: FirstClaim | None = None
    """The verdict first published, in a report that was judged again."""


class FormVerdict(Record):
    """A verdict on a withdrawn cell or claim by the form in which it was declared."""

    outcome: CellOutcome | ClaimOutcome
    reason: str


class PastVerdict(FormVerdict):
    """A verdict that a report gave before the withdrawal."""

    extended: bool
    """Whether the declaration had been changed after its first result."""


class WithdrawnRecord(Record):
    """A cell or claim that was declared, had a result, and is judged no more."""

    kind: Literal["cell", "claim"]
    id: str
    why: str
    """How it left the suite: taken out, changed, or declared impossible, quoted or not run."""
    form: Json
    """As it was declared: the printed number, margin and place of a cell; the operator and operands of a claim."""
    came_to: list[PastVerdict]
    """The verdicts that reports of runs gave it, the first one first; empty where no run came to a report."""
    today: FormVerdict | None
    """The verdict by that form on the results of today; null where its numbers are no longer measured, or this version
    does not know the form."""
