"""Gathers what stands on the card of each claim: arms, effect, its picture, flags, and what would settle it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.report.answers import TESTED, flags_of
from harness.report.arms import Arm, arms_of
from harness.report.effects import Effect, effect_of
from harness.report.kept_suite import printed_size, smallest_effect
from harness.report.page.effect_plots import effect_plot, threshold_plot
from harness.report.results.document import Results
from harness.report.results.verdict_records import ClaimRecord
from harness.report.what_was_run import data_not_used
from harness.suite.claim_parts import DIRECTION

SETTLED = ("exact", "quoted", "none", "")
"""Levels of evidence that no further run could change."""


@dataclass(frozen=True, slots=True)
class Card:
    """One claim with all that a reader needs to judge its verdict."""

    claim: ClaimRecord
    flags: list[str]
    arms: list[Arm]
    effect: Effect | None
    plot: Markup | None
    by_error: Markup | None
    """The ratio at every training error, of a claim about convergence."""
    printed: float | None
    settles: str
    """What would settle it; empty where nothing would."""
    apart: bool = False
    """Whether it is a printed size that cannot be compared, all else of which stands on the card of its direction."""


@dataclass(frozen=True, slots=True)
class Common:
    """What the cards of several claims would repeat, to be said once above them."""

    marks: list[str]
    settles: str


def common(cards: Sequence[Card]) -> Common:
    """The notes that every judged claim has, and what would settle most of them."""
    marks = [card.claim.marks for card in cards if card.claim.outcome in (*TESTED, "NOT COMPARABLE")]
    shared = [mark for mark in marks[0] if len(marks) > 1 and all(mark in some for some in marks)] if marks else []
    (said, times), *_ = Counter(card.settles for card in cards if card.settles).most_common(1) or [("", 0)]
    return Common(shared, said if times > 1 else "")


def claim_cards(results: Results) -> Iterator[Card]:
    """One card a claim, in its order; a size that cannot be compared leaves its numbers to its direction."""
    smallest = smallest_effect(results)
    names = {claim.id for claim in results.claims}
    for claim in results.claims:
        if claim.outcome == "NOT COMPARABLE" and f"{claim.id}{DIRECTION}" in names:
            yield Card(claim, flags_of(claim), [], None, None, None, None, _settles(results, claim), apart=True)
            continue
        effect, printed = effect_of(results, claim), printed_size(results, claim.id)
        yield Card(
            claim=claim,
            flags=flags_of(claim),
            arms=arms_of(results, claim),
            effect=effect,
            plot=None if effect is None else effect_plot(effect, smallest, printed),
            by_error=threshold_plot(claim),
            printed=printed,
            settles=_settles(results, claim),
        )


def _settles(results: Results, claim: ClaimRecord) -> str:
    """What would decide a claim that is open, or take a verdict of a smaller scale to the paper's own."""
    if claim.seeds_to_settle is not None:
        return (
            f"{claim.seeds_to_settle} seeds would find a difference like this one, with its spread, four times in five"
        )
    if claim.evidence in SETTLED or results.scale == "paper":
        return ""
    needs = f" on {' and '.join(missing)}" if (missing := data_not_used(results)) else ""
    if claim.outcome == "NOT COMPARABLE" or (claim.outcome in TESTED and claim.evidence == f"{results.scale} scale"):
        return f"a run at paper scale{needs}"
    return ""
