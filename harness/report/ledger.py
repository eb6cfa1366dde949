"""The published ledger: for each claim, table, figure and cell of the papers, what the published reports say of it."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from harness.judge.statistics import holm
from harness.report.changed_verdicts import changes_of
from harness.report.coverage import Coverage
from harness.report.page.verdicts import TESTED, level
from harness.suite.references import References
from harness.suite.released import Released
from harness.vocabulary import SCALES

FORMAT = 1

Record = dict[str, Any]
Reports = Mapping[tuple[str, str], Record]
"""The results of each published report, by suite and scale."""

WEIGHED = (
    "CONFIRMED",
    "MIXED",
    "CONTRADICTED",
    "BY CONSTRUCTION",
    "INCONCLUSIVE",
    "MATCH",
    "BETTER",
    "WORSE",
    "DIFFERS",
    "DRAWN",
)
"""Outcomes for which evidence was weighed."""

_SHOWN = ("outcome", "reason", "evidence", "n", "effect", "interval", "p", "printed", "unit", "mean", "readings",
          "extended", "extended_reason", "post_hoc", "differs_in", "before", "look")  # fmt: skip

NOT_PUBLISHED = "no report of this suite is published"


def ledger(
    papers: Mapping[str, References],
    covered: Sequence[Coverage],
    reports: Reports,
    texts: Mapping[str, str],
    releases: Mapping[str, Released] = MappingProxyType({}),
) -> Record:
    """All references of all papers with every place that stands for them; the same reports give the same document.

    `texts` are the suites' files of today, by name: a report says how far its own differs. `releases` are what the
    authors released, by paper: its ledger says which run each printed number rounds from.
    """
    return {
        "format": FORMAT,
        "papers": [
            _paper(name, references, covered, reports) | _printed(releases.get(name))
            for name, references in papers.items()
        ],
        **changes_of(reports),
        "reports": [_report(found, texts.get(found["suite"])) for _, found in sorted(reports.items(), key=_by_size)],
    }


def _printed(released: Released | None) -> Record:
    """Where the printed numbers of a paper come from, if its authors released that."""
    if released is None:
        return {"printed_from": [], "release": None}
    rows = [one.model_dump(mode="json") for one in released.printed.values()]
    return {"printed_from": rows, "release": released.source.model_dump(mode="json")}


def link(suite: str, scale: str) -> str:
    """The page of a report, from the index."""
    return f"{suite}/{scale}/index.html"


def _by_size(item: tuple[tuple[str, str], Record]) -> tuple[str, int]:
    (suite, scale), _ = item
    return suite, SCALES.index(scale) if scale in SCALES else len(SCALES)


def _report(results: Record, text: str | None) -> Record:
    cost = results.get("cost") or {}
    return {
        "suite": results["suite"],
        "scale": results["scale"],
        "paper": results["paper"],
        "title": results["title"],
        "headline": results.get("headline", ""),
        "page": link(results["suite"], results["scale"]),
        "seconds": sum(value for name, value in cost.items() if name.endswith("_s") and value is not None),
        "commits": sorted(set(_commits(results.get("environment")))),
        "changed_lines": None if text is None else changed_lines(results.get("suite_yaml") or "", text),
    }


def changed_lines(then: str, now: str) -> int:
    """Lines of a suite file that were taken away or added since a report of it."""
    changes = list(difflib.unified_diff(then.splitlines(), now.splitlines(), n=0, lineterm=""))[2:]
    return sum(line[0] in "+-" for line in changes)


def _commits(node: Any) -> Iterator[str]:
    """Every commit that an environment, or one of the places it holds, ran."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if name == "commit" and isinstance(value, str):
            yield value
        yield from _commits(value)


def _paper(name: str, references: References, covered: Sequence[Coverage], reports: Reports) -> Record:
    covered = [row for row in covered if row.paper == name]
    own = {key: results for key, results in reports.items() if results["paper"] == name}
    citation = next((results.get("citation") for results in own.values()), None)
    by_ref: dict[str, list[Coverage]] = {}
    for row in covered:
        by_ref.setdefault(row.ref, []).append(row)
    adjusted = _adjusted(own)
    claims = [
        {"ref": ref, "says": claim.says, "section": claim.section, "small_scale": claim.small_scale,
         "places": [_place(row, own, adjusted) for row in by_ref.get(ref, [])]}
        for ref, claim in references.claims.items()
    ]  # fmt: skip
    tables = [
        {"ref": f"{name}:{ref}", "says": table.caption,
         "places": [_place(row, own, adjusted) for row in covered if _of_table(row.ref, f"{name}:{ref}")]}
        for ref, table in references.tables.items()
    ]  # fmt: skip
    figures = [
        {"ref": f"{name}:{ref}", "says": figure.shows,
         "places": [_place(row, own, adjusted) for row in by_ref.get(f"{name}:{ref}", [])]}
        for ref, figure in references.figures.items()
    ]  # fmt: skip
    return {"paper": name, "citation": citation, "claims": claims, "tables": tables, "figures": figures,
            "tally": _tally(claims), "small": _tally(_testable(claims))}  # fmt: skip


def _of_table(ref: str, table: str) -> bool:
    """Whether a row of the coverage is a cell of this table; the table as a whole stands in its cells."""
    return ref.startswith(f"{table}.")


def _testable(claims: Iterable[Record]) -> list[Record]:
    return [claim for claim in claims if claim["small_scale"] in ("yes", "partly")]


def _tally(claims: Iterable[Record]) -> list[Record]:
    """How many claims have which outcome; one with several places counts once, by all that they say."""
    counts = Counter(summary(claim["places"]) for claim in claims)
    return [{"outcome": outcome, "level": at, "count": count} for (outcome, at), count in sorted(counts.items())]


def summary(places: Sequence[Record]) -> tuple[str, str]:
    """One outcome, and level of evidence, for a reference that stands in several places.

    What was tested speaks for what was not. Where tests disagree the outcome is MIXED, and where some could not decide
    it is INCONCLUSIVE; nobody picks the better half. What holds by construction speaks where nothing was tested.
    """
    tested = [place for place in places if place["outcome"] in TESTED]
    outcomes = {place["outcome"] for place in tested}
    levels = sorted({level(place) for place in tested} - {""})
    if not tested:
        if any(place["outcome"] == "BY CONSTRUCTION" for place in places):
            return "BY CONSTRUCTION", ""
        others = Counter(place["outcome"] for place in places)
        return (others.most_common(1)[0][0] if others else "NOT RUN"), ""
    if "MIXED" in outcomes or outcomes >= {"CONFIRMED", "CONTRADICTED"}:
        return "MIXED", " and ".join(levels)
    if "INCONCLUSIVE" in outcomes:
        return "INCONCLUSIVE", " and ".join(levels)
    return outcomes.pop(), " and ".join(levels)


def _adjusted(reports: Reports) -> dict[tuple[str, str, str], float]:
    """Holm's p over every tested claim of the paper, by suite, scale and claim."""
    tested = [
        ((suite, scale, claim["id"]), claim["p"])
        for (suite, scale), results in reports.items()
        for claim in results["claims"]
        if claim.get("p") is not None
    ]
    return dict(zip([key for key, _ in tested], holm([p for _, p in tested]), strict=True))


def _place(row: Coverage, reports: Reports, adjusted: Mapping[tuple[str, str, str], float]) -> Record:
    """What stands at one place of a suite, in its report at the largest published scale that weighed evidence there."""
    empty = dict.fromkeys(("scale", "page", "name", *_SHOWN, "p_holm_paper"))
    untold = {"analytic": NOT_PUBLISHED, "small": f"{NOT_PUBLISHED}; it would tell {row.reason}"}
    why = untold.get(row.status, row.reason)
    empty |= {"suite": row.suite, "where": row.where, "evidence": "", "reason": why}
    empty["outcome"] = "QUOTED" if row.status == "quoted" else "NOT RUN"
    found = list(_found(row, reports, adjusted))
    tested = [place for place in found if place["outcome"] in WEIGHED]
    return empty | next(iter([*tested, *found]), {})


def _found(row: Coverage, reports: Reports, adjusted: Mapping[tuple[str, str, str], float]) -> Iterator[Record]:
    kind, _, name = row.where.partition(".")
    for scale in SCALES:
        results = reports.get((row.suite, scale))
        if results is None or kind not in ("cells", "claims", "figures"):
            continue
        entry = next((one for one in results.get(kind) or () if one.get("id") == name), None)
        if entry is not None:
            yield _entry(kind, entry, results) | {"p_holm_paper": adjusted.get((row.suite, scale, name))}


def _entry(kind: str, entry: Record, results: Record) -> Record:
    place = {"scale": results["scale"], "page": link(results["suite"], results["scale"]), "name": entry["id"]}
    if kind == "figures":
        drawn = not entry.get("not_run")
        return place | {"outcome": "DRAWN" if drawn else "NOT RUN", "reason": entry.get("not_run") or ""}
    shown = {name: entry.get(name) for name in _SHOWN if entry.get(name) not in (None, [])}
    return place | shown | {"before": _before(entry)}


def _before(entry: Record) -> Record | None:
    """The verdict that was first published, where it is another one today."""
    before = entry.get("before")
    if before is None or before["outcome"] == entry["outcome"]:
        return None
    return {"outcome": before["outcome"], "evidence": before.get("evidence") or "", "reason": ""}
