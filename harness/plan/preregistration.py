"""What was declared of each cell and claim before its first result, so that a later change of it shows.

A file a suite and scale, in the store: for every cell and claim, the form in which it was to be judged, under the jobs
that it rests on. While these have no result the form may change; from the first result on it stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from harness.plan.graph import Plan
from harness.plan.result_times import ResultTimes, now
from harness.plan.withdrawn import Withdrawn, withdrawn
from harness.store.declarations import changes, declaration_path, precedes, read_declaration
from harness.store.documents import seal
from harness.store.store import KEY_LETTERS, Store, write_json
from harness.suite.cells import Cell
from harness.suite.claims import Claim

Kind = Literal["cells", "claims"]
UNKNOWN = "unknown"
"""In the place of the suite that results were made for, where no declaration in the store tells."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one cell or claim stands to what was declared of it beforehand."""

    extended: str = ""
    """What was changed after a first result; empty where nothing was."""
    note: str = ""
    """What else a reader has to know of it."""
    first: Mapping[str, Any] | None = None
    """The form in which it was declared before its first result, where it is another one now."""


@dataclass(frozen=True, slots=True)
class Standings:
    """Of every cell and claim that has a form, by its id."""

    cells: Mapping[str, Standing]
    claims: Mapping[str, Standing]
    withdrawn: tuple[Withdrawn, ...] = ()
    """What was declared, had a result, and is judged no more."""


class Reported(Protocol):
    """A verdict on a cell or claim as a report holds it."""

    @property
    def id(self) -> str:
        """The id of the cell or claim."""

    @property
    def outcome(self) -> str:
        """The word of the verdict, such as MATCH."""

    @property
    def reason(self) -> str:
        """By which test, or by what obstacle, the outcome came about."""

    @property
    def extended(self) -> bool:
        """Whether the declaration was changed after its first result."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How one cell or claim is to be judged, and the jobs that it is judged on."""

    form: dict[str, Any]
    jobs: tuple[str, ...]
    """Keys of the first seed's jobs, which stay the same however many seeds there are."""
    found: tuple[str, ...]
    """Those of them that have a result of some seed."""
    results: tuple[tuple[str, str], ...]
    """Kind and key of every job of any seed that has a result."""

    @property
    def evidence(self) -> str:
        """A name for the jobs."""
        return hashlib.sha256("".join(self.jobs).encode()).hexdigest()[:KEY_LETTERS]


def declare(plan: Plan, store: Store) -> None:
    """Write down the form of every cell and claim that has no result yet, and keep that of the others.

    To be called before jobs run, and after, so that a result is known to have been there should it be removed.
    """
    write_json(_path(plan, store), seal(_declared(plan, store)))


def standings(plan: Plan, store: Store) -> Standings:
    """How every cell and claim stands to its declaration; writes nothing. Raises HarnessError for a damaged one."""
    document = _declared(plan, store)
    by_kind: dict[Kind, dict[str, Standing]] = {"cells": {}, "claims": {}}
    judged: dict[tuple[str, str], Mapping[str, Any]] = {}
    for kind, name, form in _forms(plan, store):
        entries = document[kind][name]
        judged[kind, name] = entries[form.evidence]
        standing = _standing(entries[form.evidence], form)
        others = (entry for evidence, entry in entries.items() if evidence != form.evidence)
        notes = [note for note in (standing.note, *_on_other_seeds(form, others)) if note]
        by_kind[kind][name] = replace(standing, note="; ".join(notes))
    gone = tuple(withdrawn(document, judged, plan.suite))
    for kind, one in ((kind, one) for kind in by_kind for one in gone if one.kind == kind):
        if (kind, one.id) not in judged:
            by_kind[kind][one.id] = Standing(note=one.why)
    return Standings(by_kind["cells"], by_kind["claims"], gone)


def remember(plan: Plan, store: Store, verdicts: Mapping[Kind, Iterable[Reported]]) -> None:
    """Write beside each declaration what the report of a run made of it, so that it is known when it is judged no more.

    `verdicts` are the cells and claims of the report; a verdict that was the last one already is not written again.
    """
    document = _declared(plan, store)
    reported = {(kind, one.id): one for kind, every in verdicts.items() for one in every}
    for kind, name, form in _forms(plan, store):
        entry, one = document[kind][name][form.evidence], reported.get((kind, name))
        if one is None or not entry["seen"]:
            continue
        verdict = {"outcome": one.outcome, "reason": one.reason, "extended": one.extended}
        before = entry.get("came_to", [])
        if verdict not in before[-1:]:
            entry["came_to"] = [*before, verdict]
    write_json(_path(plan, store), seal(document))


def _on_other_seeds(today: _Form, others: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What the store knows of the same thing judged before on other seeds, so that a second try shows."""
    for entry in others:
        same = {**entry["form"], "seeds": None} == {**today.form, "seeds": None}
        if entry["seen"] and same and entry["form"]["seeds"] != today.form["seeds"]:
            yield f"declared before on other seeds, which have results here: {entry['form']['seeds']}"


def _standing(kept: Mapping[str, Any], today: _Form) -> Standing:
    if changed := changes(kept["form"], today.form):
        return Standing(f"changed after its first result: {changed}", first=kept["form"])
    elsewhere = [(other, changes(other["form"], today.form)) for other in kept.get("otherwise", ())]
    for other, changed in elsewhere:
        if not kept.get("first_result") or not kept["first_result"] < other["first_result"]:
            why = "declared otherwise in a store that was merged, and nothing tells which had a result first"
            return Standing(f"{why}: {changed}{_verdicts(other)}", first=other["form"])
    if kept["late"] == UNKNOWN:
        return Standing("its results were in the store before it was declared there")
    late = f"first declared when results that it rests on were there, made for {kept['late']}"
    notes = [late] if kept["late"] else []
    where = "declared otherwise in a store that was merged, where it had a result later"
    return Standing("", "; ".join([*notes, *(f"{where}: {changed}{_verdicts(other)}" for other, changed in elsewhere)]))


def _verdicts(entry: Mapping[str, Any]) -> str:
    """What reports gave an entry, in words; nothing where none is known."""
    outcomes = dict.fromkeys(verdict["outcome"] for verdict in entry.get("came_to", ()))
    return f" (it came to {', then '.join(outcomes)})" if outcomes else ""


def _declared(plan: Plan, store: Store) -> dict[str, Any]:
    """The declarations as they are to stand now: new ones, and those that can no longer change."""
    path = _path(plan, store)
    before = read_declaration(path)
    first: dict[str, Any] = before or {"jobs": [], "cells": {}, "claims": {}}
    document: dict[str, Any] = {"suite": plan.suite.name, "scale": plan.scale, **first}
    jobs = set(first["jobs"])
    times = ResultTimes(store)
    for kind, name, form in _forms(plan, store):
        entries = document[kind].setdefault(name, {})
        kept = entries.get(form.evidence, _kept_earlier(first, kind, name))
        if kept is not None and (kept["seen"] or form.found):
            entries[form.evidence] = _with_results(kept, form, times, path.name)
        elif form.found:
            late = UNKNOWN if before else _made_for(store, path.name, form.found)
            entries[form.evidence] = _with_results(_entry(form) | {"late": late}, form, times, path.name)
        elif kept is None or kept["form"] != form.form or "declared_at" not in kept:
            entries[form.evidence] = _entry(form)
        jobs |= set(form.jobs)
    return document | {"jobs": sorted(_with_inputs(plan, jobs))}


def _entry(form: _Form) -> dict[str, Any]:
    """What is declared now of a cell or claim without a result."""
    return {"form": form.form, "seen": False, "late": "", "declared_at": now()}


def _with_results(kept: dict[str, Any], form: _Form, times: ResultTimes, own: str) -> dict[str, Any]:
    """An entry that no longer changes; late where a result is from before it, which came in by another way than a run.

    `own` is the name of the file that it stands in.
    """
    earliest = times.earliest(form.results)
    entry = ({"first_result": earliest} if earliest else {}) | kept | {"seen": True}
    if not kept["late"] and precedes(earliest, kept.get("declared_at", "")):
        entry["late"] = _made_for(times.store, own, form.found)
    return entry


def _with_inputs(plan: Plan, keys: Iterable[str]) -> set[str]:
    """These jobs and all that they are made from, for another suite may rest on a training where this one tests it."""
    whole = set(keys)
    for key, job in reversed(plan.jobs.items()):  # inputs come before what needs them
        if key in whole:
            whole |= set(job.inputs.values())
    return whole


def _kept_earlier(first: Mapping[str, Any], kind: Kind, name: str) -> dict[str, Any] | None:
    """What a declaration of version 0.1 kept: the number of seeds, and the margins of cells."""
    if "margins" not in first or (kind == "cells" and name not in first["margins"]):
        return None
    margin = {"margin": first["margins"][name]} if kind == "cells" else {}
    return {"form": {"seeds": first["seeds"], **margin}, "seen": True, "late": ""}


def _made_for(store: Store, own: str, jobs: Iterable[str]) -> str:
    """The suites and scales whose declarations in this store speak of these jobs; UNKNOWN if one is spoken of nowhere.

    Each job that is spoken of was declared before its result, or is said to have come late, where it was first wanted.
    """
    left, names = set(jobs), []
    for name, spoken_of in sorted(_spoken_of(store, own), key=lambda one: (-len(left & one[1]), one[0])):
        if left & spoken_of:
            names.append(name)
            left -= spoken_of
    return UNKNOWN if left else " and ".join(names)


def _spoken_of(store: Store, own: str) -> list[tuple[str, set[str]]]:
    """Every declaration but one's own, with the jobs that it speaks of."""
    paths = [path for path in store.declarations.glob("*.json") if path.name != own]
    return [(path.stem, set((read_declaration(path) or {"jobs": []})["jobs"])) for path in paths]


def _forms(plan: Plan, store: Store) -> Iterator[tuple[Kind, str, _Form]]:
    """Every cell and claim that something of ours decides."""
    cells = {cell.id: cell for cell in plan.suite.cells()}
    for cell in cells.values():
        if cell.place is not None:
            yield "cells", cell.id, _form(plan, store, _cell_form(cell), [cell.place])
    for name, claim in plan.suite.file.claims.items():
        if claim.quoted is None and claim.impossible is None:
            yield "claims", name, _form(plan, store, *_claim_form(plan, claim, cells))


def _form(plan: Plan, store: Store, form: dict[str, Any], places: Iterable[tuple[str, ...]]) -> _Form:
    jobs: set[str] = set()
    found: set[str] = set()
    results: set[str] = set()
    for place in places:
        of_place = set(_jobs(plan, place, plan.seeds[:1]))
        jobs |= of_place
        if there := {key for key in _jobs(plan, place, plan.seeds) if _has_result(plan, store, key)}:
            found |= of_place
            results |= there
    by_kind = tuple(sorted((plan.jobs[key].kind, key) for key in results))
    return _Form({**form, "seeds": _declared_seeds(plan)}, tuple(sorted(jobs)), tuple(sorted(found)), by_kind)


def _declared_seeds(plan: Plan) -> int | dict[str, Any]:
    """The number of seeds, or the looks and the first seed."""
    return plan.declared if isinstance(plan.declared, int) else plan.declared.model_dump(mode="json")


def _has_result(plan: Plan, store: Store, key: str) -> bool:
    return store.folder(plan.jobs[key].kind, key).result.exists()


def _cell_form(cell: Cell) -> dict[str, Any]:
    place = ".".join(cell.place or ())
    form = {"printed": cell.printed, "number": cell.paper, "unit": cell.unit, "margin": cell.margin, "value": place}
    return form if cell.runs is None else form | {"runs": cell.runs}


def _claim_form(plan: Plan, claim: Claim, cells: Mapping[str, Cell]) -> tuple[dict[str, Any], list[tuple[str, ...]]]:
    """The operator with its numbers, what each operand is, and the smallest effect; with the places it rests on."""
    said = claim.form
    operands: dict[str, Any] = {}
    places: list[tuple[str, ...]] = []
    for operand in claim.operands:
        cell = cells.get(operand)
        place = tuple(operand.split(".")) if cell is None else cell.place
        whole = cell is not None and claim.operator == "cells"
        operands[operand] = _cell_form(cell) if whole and cell else ".".join(place) if place else cell and cell.paper
        places += [place] if place else []
    if claim.faster is not None:
        places += [(claim.faster.slow,), (claim.faster.fast,)]
    smallest_effect = plan.suite.file.scales[plan.scale].smallest_effect
    return {"operator": {claim.operator: said}, "operands": operands, "smallest effect": smallest_effect}, places


def _jobs(plan: Plan, place: tuple[str, ...], seeds: Iterable[int]) -> Iterator[str]:
    """The keys of the jobs that a place comes from; of an experiment alone, those of its trainings."""
    name, part = place[0], place[1] if len(place) > 1 else ""
    for seed in seeds:
        found = (
            plan.measurements.get((name, seed)),
            plan.evaluations.get((name, part, seed)),
            plan.inspections.get((name, part, seed)),
            None if part else plan.trainings.get((name, seed)),
        )
        yield from (key for key in found if key is not None)


def _path(plan: Plan, store: Store) -> Path:
    return declaration_path(store, plan.suite.file.paper, plan.suite.name, plan.scale)
