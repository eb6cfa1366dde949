"""The results of a suite in Markdown, for a pull request: the answer, the tables, and what their flags mean."""

from __future__ import annotations

from harness.report import markdown
from harness.report.answers import answered
from harness.report.effects import effect_of
from harness.report.exports.beside import beside, caption, in_words
from harness.report.exports.cell_rows import CELLS, cell_rows
from harness.report.page.numbers import probability
from harness.report.page.verdicts import FLAGS
from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord, ClaimRecord

_CLAIMS = ("Claim", "The paper says", "Ours", "n", "p (Holm)", "Verdict")


def as_markdown(results: Results) -> str:
    """The answer first, then a table of cells and a table of claims, those that there are."""
    answer = answered(results)
    parts = [f"**{markdown.plain_text(answer.sentence)}**", markdown.plain_text(answer.balance)]
    parts += [markdown.plain_text(caption(results))]
    if results.cells or not results.claims:
        parts.append(markdown.table(CELLS, cell_rows(results), range(2, len(CELLS) - 1)))
    if results.claims:
        parts.append(markdown.table(_CLAIMS, _claim_rows(results), (3, 4)))
    parts.append(_legend(results))
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def _claim_rows(results: Results) -> list[list[str]]:
    rows = []
    for claim in results.claims:
        effect = effect_of(results, claim)
        p = "" if claim.p_holm is None else probability(claim.p_holm)
        ours = "" if effect is None else effect.told
        rows.append([claim.ref, claim.says, ours, str(claim.n or ""), p, in_words(results, claim)])
    return rows


def _legend(results: Results) -> str:
    """One line a flag that occurs."""
    verdicts: list[CellRecord | ClaimRecord] = [*results.cells, *results.claims]
    told = {word for verdict in verdicts for word in beside(results, verdict)}
    return "\n".join(f"- {flag}: {markdown.plain_text(says)}" for flag, says in FLAGS.items() if flag in told)
