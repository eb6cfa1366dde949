"""Answers in one sentence, by rule, the question that a reader brings to a report.

The same rule leads every report. The first of these that a report has is its answer:

1. printed numbers that trainings or a clock were set against;
2. the first claim of the suite's file that trainings, random nets or a clock decided or left undecided: one that was
   declared before its result comes before one that was not;
3. printed numbers that were worked out exactly, then the first claim that was;
4. that nothing was set against the paper, and what is missing.

Where trainings are to reproduce a table and no number of ours was set against one of its own, that is said before.
No outcome is preferred to another, so that a contradiction leads as a confirmation would. `balance` counts the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.judge.counts import seeds_in_words
from harness.report.arms import Arm, arms_of
from harness.report.bounded import bounded
from harness.report.effects import effect_of
from harness.report.kept_suite import paper_data, printed_size
from harness.report.page.numbers import digits_after, interval, number, plain
from harness.report.reproduced import outside_table, table_in_words
from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord, ClaimRecord
from harness.report.what_was_run import counted, data_used, what_was_run

TESTED = ("CONFIRMED", "MIXED", "CONTRADICTED", "INCONCLUSIVE")
"""Outcomes of a claim that evidence was weighed for."""
COMPARED = ("MATCH", "BETTER", "WORSE", "DIFFERS", "INCONCLUSIVE")
"""Outcomes of a cell that was set against the printed number."""
DIRECTIONS = ("less", "reduces", "faster", "gap", "trend")
"""Operators whose claim a smaller scale can test in its direction only."""
_ALONE = "; its direction alone"
_LEANS = re.compile(r"(and|or|That is|The same|It|This)\b")
"""The first words of a claim that leans on the one before it."""
_EXACTLY = {
    "exact": "worked out exactly from definitions, without data",
    "arithmetic": "by arithmetic on printed numbers",
}
"""How numbers of which nothing is sampled come about."""
_MOST = 3
ALPHA = 0.05
"""The level at which a p value of all tests together is counted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a report in words."""

    sentence: str
    """What came out, in one sentence: effect, interval, unit, the paper's number, data, seeds, level, verdict."""
    balance: str
    """How all that was tested came out, in one sentence; empty where nothing was."""
    ran: str
    """What was run, on which data, and which of the paper's data were not used."""
    lead: str
    """The id of the claim that the sentence is about; empty where it is about cells or nothing."""


def answer_of(results: Results) -> str:
    """The answer of a report in one sentence."""
    return answered(results).sentence


def answered(results: Results) -> Answer:
    """The answer of a report, with what was run."""
    lead = leading_claim(results)
    compared = [cell for cell in results.cells if cell.outcome in COMPARED]
    sampled = [cell for cell in compared if cell.how != "exact"]
    table = "" if any(cell.column for cell in sampled) else table_in_words(results)
    if sampled:
        among = [cell for cell in results.cells if not (table and cell.column)]
        lead, sentence = None, _of_cells(results, sampled, among)
    elif lead is not None and lead.evidence != "exact":
        sentence = _of_claim(results, lead)
    elif compared:
        lead, sentence = None, _of_cells(results, compared, results.cells)
    elif lead is not None:
        sentence = _of_claim(results, lead)
    else:
        table, sentence = "", _of_nothing(results, table)
    rest = [cell for cell in outside_table(results) if cell not in sampled] if table else results.cells
    whole = f"{table}. {sentence}" if table else sentence
    return Answer(whole, _balance(results, rest), what_was_run(results), "" if lead is None else lead.id)


def leading_claim(results: Results) -> ClaimRecord | None:
    """The claim that speaks for a report; None where nothing was tested."""
    tested = [claim for claim in results.claims if claim.outcome in TESTED]
    return min(tested, key=lambda claim: (claim.evidence == "exact", claim.post_hoc is not None), default=None)


def flags_of(verdict: CellRecord | ClaimRecord) -> list[str]:
    """The flags that stand wherever a verdict stands, in one order."""
    recorded = verdict.recorded if isinstance(verdict, CellRecord) else verdict.recorded_operands
    flags = {
        "EXTENDED": verdict.extended,
        "POST HOC": isinstance(verdict, ClaimRecord) and verdict.post_hoc is not None,
        "ARMS DIFFER": isinstance(verdict, ClaimRecord) and bool(verdict.differs_in),
        "STALE": verdict.stale,
        "RECORDED": recorded,
        "IMPORTED": verdict.imported,
    }
    return [flag for flag, given in flags.items() if given]


def _of_claim(results: Results, claim: ClaimRecord) -> str:
    evidence = "arithmetic" if claim.stated else claim.evidence
    found, world = _found(results, claim), _world(results, evidence, claim.n)
    look = f" (look {claim.look.number} of {claim.look.of})" if claim.look and claim.n else ""
    return f"{_says(results, claim)}: {found}; {world}{look}: {_verdict(results, claim)}."


def _says(results: Results, claim: ClaimRecord) -> str:
    """The paper's words; where they lean on the claim before, both."""
    says = claim.says.removesuffix(_ALONE).rstrip(".")
    before = results.claims[: results.claims.index(claim)]
    whole = next((one.says for one in reversed(before) if not _LEANS.match(one.says)), None)
    if whole is None or not _LEANS.match(says):
        return says
    return f"{whole.removesuffix(_ALONE).rstrip('.')}; {says[:1].lower()}{says[1:]}"


def _found(results: Results, claim: ClaimRecord) -> str:
    """What our runs gave, beside the number that the paper prints, with the seeds that diverged."""
    arms, printed = arms_of(results, claim), printed_size(results, claim.id)
    said = [_measured_of(results, claim, arms)]
    said += [
        f"{arm.name}: {len(arm.diverged)} of {seeds_in_words(len(arm.values))} diverged" for arm in arms if arm.diverged
    ]
    said += [f"{arm.name}: seed {arm.far} lies far from the others" for arm in arms if arm.far]
    said += [f"{arm.name}: seed {', '.join(arm.guessed)} no better than guessing" for arm in arms if arm.guessed]
    said += [] if printed is None else [f"the paper says {printed:g}"]
    return "; ".join(said)


def _measured_of(results: Results, claim: ClaimRecord, arms: Sequence[Arm]) -> str:
    effect = effect_of(results, claim)
    clause = claim.reason.split("; ", maxsplit=1)[0].rstrip(".")
    if effect is not None:
        return f"measured {effect.told}{f'; {clause}' if claim.outcome == 'MIXED' else ''}"
    means = [f"{number(arm.mean)}{'%' if arm.unit == '%' else ''}" for arm in arms if arm.mean is not None]
    if not means or claim.operator == "faster":
        return clause
    if claim.operator in ("stalls", "leaves_chance"):
        return f"{clause}, mean {arms[0].quantity} {means[0]}"
    if claim.operator == "exact":
        wanted = next((f", {part}" for part in claim.reason.split("; ") if part.startswith("wanted")), "")
        return f"measured {_each(arms[0])}{wanted}"
    return f"measured {'means of ' if (claim.n or 0) > 1 else ''}{', '.join(means)}"


def _each(arm: Arm) -> str:
    """The value of every seed, once where all are the same."""
    shown = [number(value) for value in arm.values.values()]
    return f"{shown[0]} in every seed" if len(shown) > 1 and len({*shown}) == 1 else ", ".join(shown)


def _verdict(results: Results, claim: ClaimRecord) -> str:
    """The outcome with the reach of its evidence and the flags that stand with it."""
    flags = "".join(f", {flag}" for flag in flags_of(claim))
    if claim.evidence != f"{results.scale} scale" or results.scale == "paper":
        return f"{claim.outcome}{flags}"
    reach = "direction only" if claim.operator in DIRECTIONS else f"{results.scale} scale only"
    return f"{claim.outcome}{flags}, {reach}"


def _world(results: Results, evidence: str, n: int | None) -> str:
    """The data really used and the seeds, or the clock, or nothing but definitions or printed numbers."""
    if evidence in _EXACTLY:
        return _EXACTLY[evidence]
    seeds = "" if not n else f", {seeds_in_words(n)}"
    if evidence.startswith("timing on "):
        return f"timed on {evidence.removeprefix('timing on ')}" + ("" if not n else f", {n} repetitions")
    if evidence == "random nets, no data":
        return f"random nets without data{seeds}"
    return f"{' and '.join(data_used(results)) or 'no data'}{seeds}"


def _of_cells(results: Results, compared: Sequence[CellRecord], cells: Sequence[CellRecord]) -> str:
    """Printed numbers that ours were set against: how many match, and those that do not, with both numbers.

    `cells` are those that they are counted among: all of them, or all outside a table of which something is said.
    """
    own = [cell for cell in cells if cell.outcome != "CITED"]
    numbers = counted(len(own), "printed number") + ("" if len(cells) == len(results.cells) else " outside the table")
    matched = [cell for cell in compared if cell.outcome == "MATCH"]
    others = [cell for cell in compared if cell.outcome != "MATCH"]
    said = [f"{len(matched)} of {numbers} {'is' if len(matched) == 1 else 'are'} matched"]
    said += [_beside(cell) for cell in (others or matched)[:_MOST]]
    more = len(others or matched) - _MOST
    said += [f"and {more} more" if others else f"and {more} more match"] if more > 0 else []
    evidence = "exact" if all(cell.how == "exact" for cell in compared) else ""
    evidence = "arithmetic" if all(cell.stated for cell in compared) else evidence
    n = max((cell.n or 0 for cell in compared), default=0)
    return f"{'; '.join(said)}; {_world(results, evidence, n)}."


def _beside(cell: CellRecord) -> str:
    digits = digits_after(cell.printed)
    low, high = bounded(cell, cell.interval)
    bounds = "" if low is None or high is None else f" {interval((low, high), digits)}"
    whole = cell.how == "exact" and cell.mean is not None and float(cell.mean).is_integer()
    ours = f"ours {f'{cell.mean:,.0f}' if whole else plain(cell.mean, digits)}{bounds}"
    return f"{cell.label}: printed {cell.printed}, {ours}, {', '.join([cell.outcome, *flags_of(cell)])}"


def _of_nothing(results: Results, table: str) -> str:
    """Nothing was tested: what is said of the table, what is missing, what was drawn or measured all the same."""
    own = [cell for cell in results.cells if cell.outcome != "CITED"]
    shown = [cell for cell in own if cell.mean is not None]
    where = "table" if results.table is not None else "suite"
    said = f"No number of this {where} was reproduced" if own or results.claims else "Nothing here is a number to test"
    said = table or said
    return f"{said}{_missing(results, own)}{_measured(results, shown)}{_pictures(results)}."


def _missing(results: Results, own: Sequence[CellRecord]) -> str:
    needs = [title for title in paper_data(results) if title not in data_used(results)]
    if needs:
        return f": it needs {' and '.join(needs)}"
    verdicts: list[CellRecord | ClaimRecord] = [*own, *results.claims]
    reasons = [verdict.reason for verdict in verdicts if verdict.outcome in ("NOT RUN", "FAILED")]
    return f": {reasons[0].rstrip('.')}" if reasons else ""


def _measured(results: Results, shown: Sequence[CellRecord]) -> str:
    if not shown:
        return ""
    first = [
        f"{cell.label} {number(cell.mean, digits_after(cell.printed))}{cell.unit} (printed {cell.printed})"
        for cell in shown[:2]
    ]
    timed = all(cell.how == "timed" for cell in shown)
    where = "on the device at hand" if timed else f"on {' and '.join(data_used(results)) or 'no data'}"
    n = max(cell.n or 0 for cell in shown)
    return f"; {where}, {seeds_in_words(n)}, {', '.join(first)}; these are not comparable"


def _pictures(results: Results) -> str:
    drawn = sum(figure.not_run is None for figure in results.figures)
    on = " and ".join(data_used(results))
    return f"; the figure is drawn from our own nets{' on ' + on if on else ' as they are declared'}" if drawn else ""


def _balance(results: Results, cells: Sequence[CellRecord]) -> str:
    """Everything that was tested, by outcome: what was sampled, then definitions, then arithmetic, each apart.

    `cells` are those that the answer says nothing of.
    """
    tested = [claim for claim in results.claims if claim.outcome in TESTED]
    sampled = [claim for claim in tested if claim.evidence != "exact"]
    exact = [claim for claim in tested if claim.evidence == "exact" and not claim.stated]
    stated = [claim for claim in tested if claim.evidence == "exact" and claim.stated]
    apart = sum(cell.outcome == "NOT COMPARABLE" for cell in cells)
    outside = " outside the table" if len(cells) < len(results.cells) else ""
    said = []
    if sampled:
        said.append(f"of {counted(len(sampled), 'claim')} tested by runs, {_outcomes(sampled)}")
    if exact:
        said.append(f"of {counted(len(exact), 'claim')} worked out exactly from definitions, {_outcomes(exact)}")
    if stated:
        said.append(f"of {counted(len(stated), 'claim')} worked out from printed numbers alone, {_outcomes(stated)}")
    if apart:
        said.append(
            f"{counted(apart, 'printed number')}{outside} without a verdict, for ours are of other data or other nets"
        )
    return f"{capital('; '.join(said))}." if said else ""


def _outcomes(claims: Sequence[ClaimRecord]) -> str:
    """Each outcome with its count, in the order of the legend, and how much of it a sceptic would leave out."""
    of_each = {outcome: [claim for claim in claims if claim.outcome == outcome] for outcome in TESTED}
    return ", ".join(f"{len(some)} {outcome}{_reserve(outcome, some)}" for outcome, some in of_each.items() if some)


def _reserve(outcome: str, claims: Sequence[ClaimRecord]) -> str:
    """Of the claims with one outcome, those declared or changed late; of confirmations, those that survive Holm."""
    late = sum(claim.extended or claim.post_hoc is not None for claim in claims)
    said = [f"{late} declared or changed after a result"] if late else []
    adjusted = [claim.p_holm for claim in claims if claim.p_holm is not None]
    if outcome == "CONFIRMED" and adjusted:
        kept = sum(p < ALPHA for p in adjusted)
        of = len(adjusted) if len(adjusted) == len(claims) else f"{len(adjusted)} with a p value"
        said.append(f"{kept} of {of} below {ALPHA:g} after Holm")
    return f" ({'; '.join(said)})" if said else ""


def capital(text: str) -> str:
    """A text that begins a sentence."""
    return text[:1].upper() + text[1:]
