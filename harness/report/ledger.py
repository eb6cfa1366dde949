"""Gathers the published ledger: what the published reports say of each claim, table, figure and cell of the papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from harness.report.changed_verdicts import Reports, changes_of
from harness.report.coverage import Coverage
from harness.report.ledger_counts import counted_apart, tally
from harness.report.ledger_places import places
from harness.report.ledger_records import ClaimEntry, Entry, Ledger, PaperLedger, Place
from harness.report.ledger_reports import by_size, published, withdrawn
from harness.report.ledger_words import claims_in_words, missing, numbers_in_words
from harness.suite.references import References
from harness.suite.released import Released

FORMAT = 2


def ledger(
    papers: Mapping[str, References],
    covered: Sequence[Coverage],
    reports: Reports,
    texts: Mapping[str, str],
    releases: Mapping[str, Released] = MappingProxyType({}),
) -> Ledger:
    """All references of all papers with every place that stands for them; the same reports give the same document.

    `texts` are the suites' files of today, by name: a report says how far its own differs. `releases` hold what the
    authors released, by paper: its ledger says which run each printed number rounds from.
    """
    changes = changes_of(reports)
    in_order = [results for _, results in sorted(reports.items(), key=by_size)]
    return Ledger(
        format=FORMAT,
        papers=[_paper(name, references, covered, reports, releases.get(name)) for name, references in papers.items()],
        judged=changes.judged,
        changed=changes.changed,
        rules=changes.rules,
        reports=[published(results, texts.get(results.suite)) for results in in_order],
        withdrawn=[one for results in in_order for one in withdrawn(results)],
    )


Found = Sequence[tuple[Coverage, Place]]


def _paper(
    name: str, references: References, covered: Sequence[Coverage], reports: Reports, released: Released | None
) -> PaperLedger:
    covered = [row for row in covered if row.paper == name]
    own = {key: results for key, results in reports.items() if results.paper == name}
    found = list(places(covered, own))
    claims = [
        ClaimEntry(
            ref=ref,
            says=claim.says,
            section=claim.section,
            small_scale=claim.small_scale,
            places=_of(found, name, ref),
        )
        for ref, claim in references.claims.items()
    ]
    tables = [Entry(ref=f"{name}:{ref}", says=one.caption, places=_of(found, name, ref))
              for ref, one in references.tables.items()]  # fmt: skip
    figures = [Entry(ref=f"{name}:{ref}", says=one.shows, places=_of(found, name, ref))
               for ref, one in references.figures.items()]  # fmt: skip
    others = list(_others(found, name, [*references.claims, *references.tables, *references.figures], own))
    every = [place for entry in (*claims, *tables, *figures, *others) for place in entry.places]
    counts = tally(claims)
    return PaperLedger(
        paper=name,
        citation=next((results.citation for results in own.values()), None),
        says=numbers_in_words(every, own),
        missing=missing(covered, every, own),
        claims_say=claims_in_words(every, counts, own),
        apart=counted_apart(every),
        unpublished=sorted({row.suite for row in covered if row.suite} - {suite for suite, _ in own}),
        claims=claims,
        tables=tables,
        figures=figures,
        others=others,
        tally=counts,
        small=tally(one for one in claims if one.small_scale in ("yes", "partly")),
        printed_from=[] if released is None else [one.model_dump(mode="json") for one in released.printed.values()],
        release=None if released is None else released.source.model_dump(mode="json"),
    )


def _of(found: Found, paper: str, ref: str) -> list[Place]:
    return [place for row, place in found if _stands_for(row, paper, ref)]


def _stands_for(row: Coverage, paper: str, ref: str) -> bool:
    """Whether a place is of this claim, table or figure, or is a number of it."""
    return row.ref in (ref, f"{paper}:{ref}") or row.ref.startswith(f"{paper}:{ref}.")


def _others(found: Found, paper: str, refs: Sequence[str], reports: Reports) -> Iterator[Entry]:
    """The published verdicts, by reference, that stand for no claim, table or figure of the paper's list."""
    rest: dict[str, list[Place]] = {}
    for row, place in found:
        if place.page and not any(_stands_for(row, paper, ref) for ref in refs):
            rest.setdefault(row.ref, []).append(place)
    says = {claim.ref: claim.says for results in reports.values() for claim in results.claims}
    yield from (Entry(ref=ref, says=says.get(ref, ""), places=known) for ref, known in rest.items())
