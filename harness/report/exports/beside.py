"""The words that stand beside a verdict in every export: its level of evidence, its flags, and diverged seeds."""

from __future__ import annotations

from harness.report.answers import flags_of
from harness.report.arms import arms_of, operand
from harness.report.page.verdicts import level
from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord, ClaimRecord
from harness.report.withdrawn_verdicts import in_headline

_LEVELS = {"exact": "exactly", "drawn": "on random nets, without data", "timed": "by timing"}


def level_of(results: Results, verdict: CellRecord | ClaimRecord) -> str:
    """The level of evidence of a verdict, such as `at small scale`; empty where nothing was measured or weighed."""
    if isinstance(verdict, ClaimRecord):
        return level(verdict)
    return "" if verdict.mean is None else _LEVELS.get(verdict.how, f"at {results.scale} scale")


def diverged_seeds(results: Results, verdict: CellRecord | ClaimRecord) -> dict[str, list[str]]:
    """The seeds that diverged, by the arm that they are of; of a cell there is one arm, the cell itself."""
    if isinstance(verdict, CellRecord):
        return {verdict.id: [str(seed) for seed in verdict.diverged]} if verdict.diverged else {}
    return {arm.name: list(arm.diverged) for arm in arms_of(results, verdict) if arm.diverged}


def diverged_in_words(results: Results, verdict: CellRecord | ClaimRecord) -> list[str]:
    """One entry an arm, such as `2 of 3 seeds diverged, counted as guessing`."""
    if isinstance(verdict, CellRecord):
        of = {*verdict.values, *map(str, verdict.diverged)}
        found = [("", len(verdict.diverged), len(of))] if verdict.diverged else []
    else:
        arms = [arm for arm in arms_of(results, verdict) if arm.diverged]
        found = [(f"{arm.name}: ", len(arm.diverged), len({*arm.values, *arm.diverged})) for arm in arms]
    return [f"{name}{k} of {n} seed{'' if n == 1 else 's'} diverged, counted as guessing" for name, k, n in found]


def beside(results: Results, verdict: CellRecord | ClaimRecord) -> list[str]:
    """All words that stand behind an outcome: flags first, then the seeds that diverged."""
    recorded = verdict.recorded if isinstance(verdict, CellRecord) else None
    replaced = any(record.get("replaced") for record in (recorded or {}).values())
    more = ["in the place of another score"] if replaced else []
    return [*flags_of(verdict), *more, *diverged_in_words(results, verdict), *guessed_in_words(results, verdict)]


def guessed_in_words(results: Results, verdict: CellRecord | ClaimRecord) -> list[str]:
    """One entry an arm with nets that learned nothing, such as `a.test.top1_error: seed 2 no better than guessing`."""
    arms = arms_of(results, verdict) if isinstance(verdict, ClaimRecord) else [operand(results, verdict.id)]
    name = "{}: " if isinstance(verdict, ClaimRecord) else ""
    return [
        f"{name.format(arm.name)}seed {', '.join(arm.guessed)} no better than guessing"
        for arm in arms
        if arm is not None and arm.guessed
    ]


def in_words(results: Results, verdict: CellRecord | ClaimRecord) -> str:
    """A verdict with all that a reader has to know of it: `CONFIRMED at small scale, EXTENDED`."""
    outcome = f"{verdict.outcome} {level_of(results, verdict)}".rstrip()
    return ", ".join([outcome, *beside(results, verdict)])


def caption(results: Results) -> str:
    """What a table is of: title, place in the paper, scale, and how much is judged no more."""
    scale = f"{results.scale.capitalize()} scale"
    note = results.scale_note
    parts = [results.title, results.source, f"{scale}: {note}" if note else scale, *in_headline(results.withdrawn)]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."
