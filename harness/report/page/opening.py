"""Words for the first screen of a report: its answer, what was run, a title that names no other data, and flags."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from harness.data import DATASETS
from harness.report.answers import answered, flags_of
from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord, ClaimRecord
from harness.report.what_was_run import data_used


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands above everything else."""

    title: str
    answer: str
    balance: str
    ran: str
    lead: str
    """The id of the claim that the answer is about; empty where it is about none."""
    caution: bool
    """Whether something here was trained or timed at another scale than the paper's."""
    flags: list[tuple[str, int]]
    """Each flag that a verdict has, with the number of verdicts that have it."""


def opening_of(results: Results) -> Opening:
    """The words of the first screen."""
    found = answered(results)
    verdicts: list[CellRecord | ClaimRecord] = [*results.cells, *results.claims]
    told = Counter(flag for verdict in verdicts for flag in flags_of(verdict))
    smaller = bool(results.data) or any(f"{results.scale} scale" in claim.evidence for claim in results.claims)
    return Opening(
        title=shown_title(results),
        answer=found.sentence,
        balance=found.balance,
        ran=found.ran,
        lead=found.lead,
        caution=results.scale != "paper" and smaller,
        flags=sorted(told.items()),
    )


def shown_title(results: Results) -> str:
    """The title without data that no job saw, and with those that were used in their place.

    A suite is named after the paper's data; what a report shows was measured on its own.
    """
    used = data_used(results)
    others = [one.title for one in DATASETS.values() if one.title not in used]
    named = re.search(rf",? (?:on|of) (?:the )?(?:{'|'.join(map(re.escape, others))})\b.*", results.title)
    if named is None or not used:
        return results.title
    return f"{results.title[: named.start()]}, here on {' and '.join(used)}"
