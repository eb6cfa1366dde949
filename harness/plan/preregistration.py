"""What was declared of each cell and claim before its first result, so that a later change of it shows.

A file a suite and scale, in the store: for every cell and claim, the form in which it was to be judged, under the jobs
that it rests on. While these have no result the form may change; from the first result on it stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.plan.declared_forms import Form, Kind, forms_of
from harness.plan.graph import Plan
from harness.plan.result_times import ResultTimes, now
from harness.plan.withdrawn import Reported, Withdrawn, withdrawn
from harness.store.declarations import changes, declaration_path, precedes, read_declaration, same_form
from harness.store.documents import seal
from harness.store.store import Store, write_json

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
    for kind, name, form in forms_of(plan, store):
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
    for kind, name, form in forms_of(plan, store):
        entry, one = document[kind][name][form.evidence], reported.get((kind, name))
        if one is None or not entry["seen"]:
            continue
        verdict = {"outcome": one.outcome, "reason": one.reason, "extended": one.extended}
        before = entry.get("came_to", [])
        if verdict not in before[-1:]:
            entry["came_to"] = [*before, verdict]
    write_json(_path(plan, store), seal(document))


def _on_other_seeds(today: Form, others: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What the store knows of the same thing judged before on other seeds, so that a second try shows."""
    for entry in others:
        same = same_form({**entry["form"], "seeds": None}, today.form | {"seeds": None})
        if entry["seen"] and same and entry["form"]["seeds"] != today.form["seeds"]:
            yield f"declared before on other seeds, which have results here: {entry['form']['seeds']}"


def _standing(kept: Mapping[str, Any], today: Form) -> Standing:
    if changed := changes(kept["form"], today.form):
        return Standing(f"changed after its first result: {changed}", first=kept["form"])
    elsewhere = [(other, changes(other["form"], today.form)) for other in kept.get("otherwise", ())]
    for other, changed in elsewhere:
        if not kept.get("first_result") or not kept["first_result"] < other["first_result"]:
            why = "declared otherwise in a store that was merged, and nothing tells which had a result first"
            return Standing(f"{why}: {changed}{_verdicts(other)}", first=other["form"])
    if kept["late"] == UNKNOWN:
        return Standing("its results, or nets that it tests, were in the store before it was declared there")
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
    for kind, name, form in forms_of(plan, store):
        entries = document[kind].setdefault(name, {})
        kept = entries.get(form.evidence, _kept_earlier(first, kind, name))
        if kept is not None and (kept["seen"] or form.found):
            entries[form.evidence] = _with_results(kept, form, times, path.name)
        elif form.found:
            late = UNKNOWN if before else _made_for(store, path.name, form.found)
            entries[form.evidence] = _with_results(_entry(form) | {"late": late}, form, times, path.name)
        elif kept is None or kept["form"] != form.form or "declared_at" not in kept:
            known = None if "margins" in first else {*first["jobs"]}
            entries[form.evidence] = _entry(form) | _begun(form, times, path.name, known)
        jobs |= set(form.jobs)
    return document | {"jobs": sorted(_with_inputs(plan, jobs | _nets_and_tests(plan)))}


def _nets_and_tests(plan: Plan) -> set[str]:
    """The trainings and evaluations of the first seed, also where no cell or claim of this suite rests on them."""
    nets = {key for (_, seed), key in plan.trainings.items() if seed == plan.seeds[0]}
    return nets | {key for (*_, seed), key in plan.evaluations.items() if seed == plan.seeds[0]}


def _entry(form: Form) -> dict[str, Any]:
    """What is declared now of a cell or claim without a result."""
    return {"form": form.form, "seen": False, "late": "", "declared_at": now()}


def _begun(form: Form, times: ResultTimes, own: str, known: set[str] | None) -> dict[str, Any]:
    """Whether nets that an entry tests were there when it was declared; it is late where no declaration knew of them.

    Else who deleted the tests of nets, and the declarations, could declare anew and need not train again. `known` are
    the jobs that the entry's own file spoke of before; None where version 0.1 wrote it, which listed none.
    """
    there = _told(form, times)
    unknown = known is not None and there - known and _made_for(times.store, own, there - known) == UNKNOWN
    return {"begun": bool(there)} | ({"late": UNKNOWN} if unknown else {})


def _told(form: Form, times: ResultTimes) -> set[str]:
    """What a form's jobs are made from, where a result says when it ended; imported weights do not."""
    return {key for key, jobs in form.made_from.items() if times.earliest(jobs)}


def _with_results(kept: dict[str, Any], form: Form, times: ResultTimes, own: str) -> dict[str, Any]:
    """An entry that no longer changes; late where a result is from before it, which came in by another way than a run.

    `own` is the name of the file that it stands in.
    """
    earliest = times.earliest(form.results)
    entry = ({"first_result": earliest} if earliest else {}) | kept | {"seen": True}
    if not kept["late"] and precedes(earliest, kept.get("declared_at", "")):
        entry["late"] = _made_for(times.store, own, form.found)
    elif not kept["late"] and _brought_in(kept, form, times, own):
        entry["late"] = UNKNOWN
    return entry


def _brought_in(kept: Mapping[str, Any], form: Form, times: ResultTimes, own: str) -> bool:
    """Whether nets came into the store after a declaration that are older than it, and that no other one spoke of."""
    if kept.get("begun", True):
        return False
    older = {key for key, jobs in form.made_from.items() if precedes(times.earliest(jobs), kept["declared_at"])}
    return bool(older) and _made_for(times.store, own, older) == UNKNOWN


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


def _path(plan: Plan, store: Store) -> Path:
    return declaration_path(store, plan.suite.file.paper, plan.suite.name, plan.scale)
