"""Explains the words of a verdict: what each means, and the mark that stands beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from harness.report.results.verdict_records import ClaimRecord

CELL_OUTCOMES = {
    "MATCH": "The 90% t interval of the mean over at least three seeds lies inside the margin around the printed "
    "number (two one-sided tests), or an exact count lies inside it.",
    "BETTER": "The 95% interval lies wholly outside the margin, on the side the metric calls better.",
    "WORSE": "The 95% interval lies wholly outside the margin, on the side the metric calls worse.",
    "DIFFERS": "The 95% interval lies wholly outside the margin, and the metric has no better side.",
    "INCONCLUSIVE": "None of these can be said with this many seeds; the number that would settle it is given where it "
    "can be estimated.",
    "NOT COMPARABLE": "Measured in another world than the paper's (scale, data or hardware), or with weights that were "
    "trained elsewhere; ours is shown but no difference is taken.",
    "NOT RUN": "Nothing was measured; the reason says what is missing.",
    "FAILED": "A job ended without a result; the reason says why.",
    "CITED": "The paper quotes this number from others' work; nothing here tries to reproduce it.",
}
CLAIM_OUTCOMES = {
    "CONFIRMED": "What the paper asserts holds in our runs, by the test named in its row.",
    "BY CONSTRUCTION": "It holds, and could not have come out otherwise: it follows from how the quantity is defined, "
    "or repeats what the suite itself states. It confirms nothing and is counted apart.",
    "MIXED": "Parts of the evidence disagree, which the reason names: seeds, training errors, or a gap and its test "
    "error. It is neither confirmed nor contradicted.",
    "CONTRADICTED": "Our runs show the opposite, by the test named in its row, and by no less than the smallest effect "
    "that was declared.",
    "INCONCLUSIVE": "The runs can say neither, or too few seeds make the test unable to reject.",
    "NOT COMPARABLE": "The claim needs a number that is only quoted, or is about a printed size, and this is not the "
    "paper's scale or data; or it rests on weights that were trained elsewhere. The direction of a printed size is a "
    "claim of its own.",
    "NOT RUN": "Nothing was measured, or no experiment of this program can test it; the reason says which.",
    "FAILED": "A job that it needs ended without a result; the reason says why.",
    "QUOTED": "The paper only quotes it from others, or states a setting of its own; there is nothing to test.",
}
"""An outcome of a claim is never said without its level of evidence; only paper scale is the paper's own world."""
FIGURE_OUTCOMES = {
    "DRAWN": "The figure is drawn from our own results; a picture is looked at and not judged.",
    "NOT RUN": "Nothing was drawn; the reason says what is missing.",
}
LEVELS = {
    "at paper scale": "On the paper's own data, with its nets and recipes.",
    "at another scale": "On a part of the data or on small data, with smaller nets: it tests the direction of a claim "
    "there, and says nothing of the printed numbers.",
    "exactly": "It follows from definitions; nothing is sampled.",
    "by arithmetic": "Worked out from numbers that the paper prints; nothing is measured.",
    "on random nets, without data": "Nets of random weights, whose statistics the paper derives.",
    "by timing": "A clock on the device named.",
}
"""The levels of evidence that a verdict on a claim may rest on."""
FLAGS = {
    "EXTENDED": "Seeds, margin, printed number, or the form of a claim were changed after a first result, or nothing "
    "shows that they were declared before it.",
    "POST HOC": "The claim was declared after a result that it speaks of; what that was stands beside it.",
    "ARMS DIFFER": "The arms differ in more than the thing that is tested; in what is told beside it.",
    "STALE": "The data or the code of a job differ from what they were when its result was made.",
    "RECORDED": "A test server gave the number and somebody entered it; who, when and of which predictions is told "
    "beside it.",
    "IMPORTED": "It rests on weights that were trained elsewhere, so it tests the evaluation and reproduces nothing.",
}
JUDGED = frozenset({"MATCH", "BETTER", "WORSE", "DIFFERS", "INCONCLUSIVE"})
"""Outcomes of a cell that was set against the printed number."""

TESTED = frozenset({"CONFIRMED", "MIXED", "CONTRADICTED", "INCONCLUSIVE"})
"""Outcomes of a claim that evidence was weighed for."""

ORDER = ["CONFIRMED", "BY CONSTRUCTION", "MIXED", "CONTRADICTED", *CELL_OUTCOMES, "QUOTED"]
"""How verdicts are sorted; of one kind of verdict there are only cells or only claims in a table."""


def mark(outcome: object) -> str:
    """The name of an outcome's mark and colour; a word this version does not know has a neutral one."""
    return str(outcome).lower().replace(" ", "-") if outcome in ORDER else "unknown"


def rank(outcome: object) -> int:
    """The place of an outcome when a table is sorted by verdict."""
    return ORDER.index(str(outcome)) if outcome in ORDER else len(ORDER)


class Judged(Protocol):
    """A verdict on a cell or a claim."""

    @property
    def outcome(self) -> str:
        """One of the words above."""


class Weighed(Judged, Protocol):
    """A verdict on a claim with its level of evidence, as a report, a ledger or a comparison holds it."""

    @property
    def evidence(self) -> str | None:
        """The level of evidence; None or empty where nothing was weighed."""


def counted(verdicts: Iterable[Judged]) -> list[tuple[str, int]]:
    """Each outcome that occurs with how often it does, in the order of the legend."""
    counts = Counter(verdict.outcome for verdict in verdicts)
    return sorted(counts.items(), key=lambda pair: (rank(pair[0]), pair[0]))


def level(claim: Weighed) -> str:
    """The evidence on which a claim was judged, to be read behind its outcome: CONFIRMED "at small scale"."""
    evidence = claim.evidence or ""
    if claim.outcome not in TESTED or not evidence:
        return ""
    if evidence.startswith("timing on "):
        return f"by {evidence}"
    if " scale" in evidence:
        return f"at {evidence}"
    if evidence == "exact" and isinstance(claim, ClaimRecord) and claim.stated:
        return "by arithmetic"
    said = {
        "exact": "exactly",
        "arithmetic": "by arithmetic",
        "random nets, no data": "on random nets, without data",
    }
    return said.get(evidence, evidence)


def counted_at_levels(claims: Iterable[Weighed]) -> list[tuple[str, str, int]]:
    """Each outcome and level of evidence that occurs with how often it does, in the order of the legend."""
    counts = Counter((claim.outcome, level(claim)) for claim in claims)
    return sorted(((*key, count) for key, count in counts.items()), key=lambda one: (rank(one[0]), one[0], one[1]))
