"""Lists the verdicts of published reports that are others today than those first published, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from harness.report import markdown
from harness.report.ledger_records import ChangedVerdict, Changes
from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord, ClaimRecord

Reports = Mapping[tuple[str, str], Results]
"""The results of each published report, by suite and scale."""

RULES_SAID = (
    "by stricter rules, applied to the same results. A printed size and its direction, once one verdict, count as two; "
    "where a claim's own declaration was changed too, it is EXTENDED; where it was declared after a result, POST HOC."
)


def changes_of(reports: Reports) -> Changes:
    """How many verdicts were judged again, and those that changed."""
    judged = [one for key in sorted(reports) for one in _judged(reports[key])]
    return Changes(judged=len(judged), changed=[one for one in judged if one.before != one.outcome], rules=RULES_SAID)


def _judged(results: Results) -> Iterator[ChangedVerdict]:
    """Every verdict that was published before, with what it is now."""
    for one in results.cells:
        if one.before is not None:
            yield _changed(results, "cell", one, one.before.outcome, post_hoc=False)
    for claim in results.claims:
        if claim.before is not None:
            yield _changed(results, "claim", claim, claim.before.outcome, post_hoc=bool(claim.post_hoc))


def _changed(
    results: Results, kind: str, one: CellRecord | ClaimRecord, before: str, *, post_hoc: bool
) -> ChangedVerdict:
    return ChangedVerdict(
        suite=results.suite,
        scale=results.scale,
        page=f"{results.suite}/{results.scale}/index.html",
        kind=kind,
        name=one.id,
        before=before,
        outcome=one.outcome,
        extended=one.extended,
        post_hoc=post_hoc,
        reason=one.reason,
    )


def as_markdown(changes: Changes) -> str:
    """The list as a Markdown document."""
    changed = changes.changed
    counts = Counter((one.before, one.outcome) for one in changed)
    counted = [[before, now, str(count)] for (before, now), count in sorted(counts.items())]
    rows = [
        [f"{one.suite}, {one.scale}", one.name, one.before,
         one.outcome + ", EXTENDED" * one.extended + ", POST HOC" * one.post_hoc, one.reason]
        for one in changed
    ]  # fmt: skip
    said = f"Of {changes.judged} published verdicts, {len(changed)} are others than those first published"
    return (
        "\n\n".join(
            [
                "# Verdicts that changed",
                f"{said}: {changes.rules} Written by `python -m harness publish`.",
                markdown.table(["First published as", "Today", "How many"], counted, [2]).strip(),
                markdown.table(["Suite", "Verdict on", "First published as", "Today", "Reason"], rows, []).strip(),
            ]
        )
        + "\n"
    )
