"""Declarations: files that record how each cell and claim of a suite will be judged, written before its first result.

Each suite has one sealed file at each scale. `harness.plan.preregistration` decides what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.store.documents import parsed_json, seal
from harness.store.store import Store

KINDS = ("cells", "claims")
SKEW = timedelta(minutes=1)
"""How far the clocks of machines that share a store may be apart."""
DISPUTED = "declared in other forms elsewhere; the form whose result came first stands, and what is judged says so"
Entry = Mapping[str, Any]
"""How one cell or claim was declared: `form`, whether a result was `seen`, for whom it was there if it was there first
(`late`); in files of today `declared_at`, `begun` (whether nets that it tests were there then), `first_result`,
`otherwise` (other forms, of stores that were merged) and `came_to` (the verdicts that reports gave it)."""


def declared_in(path: Path) -> dict[str, Any]:
    """Read a declaration; raises HarnessError where the file is damaged or has the name of another suite or scale."""
    document = read_declaration(path)
    if document is None or not path.name.endswith(f"-{document.get('suite')}-{document.get('scale')}.json"):
        raise HarnessError(f"{path} is damaged or was edited; without it nobody can say what was declared beforehand")
    return document


@dataclass(frozen=True, slots=True)
class Declared:
    """The declaration of one store, beside what is finished there."""

    document: Mapping[str, Any]
    finished: frozenset[str]
    """The keys of the store's finished jobs."""

    def first_result(self, entry: Entry) -> str | None:
        """When an entry had its first result: None where there is none, empty where nothing tells.

        A run that was killed leaves entries that know of no result, though jobs of their suite are finished.
        """
        if entry["seen"]:
            return str(entry.get("first_result", ""))
        return "" if self.finished & {*self.document["jobs"]} else None


def merged_declarations(
    offered: Mapping[str, list[Declared]], store: Store, finished: frozenset[str]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Those to write, by name, and the conflicts: what was declared before its first result cannot be two things.

    `offered` are the declarations that come to a store, by the names of their files; `finished` are the jobs it has.
    """
    new: dict[str, dict[str, Any]] = {}
    conflicts: list[str] = []
    for name, declared in offered.items():
        there = store.declarations / name
        stands = Declared(declared_in(there), finished) if there.exists() else declared[0]
        joined, disputed = stands, list[str]()
        for one in declared:
            if (both := together(joined, one)) is None:
                conflicts.append(f"{there}: other seeds or margins were declared before the first result elsewhere")
                break
            joined, disputed = both[0], [*disputed, *both[1]]
        if disputed:
            conflicts.append(f"{there}: {', '.join(dict.fromkeys(disputed))}: {DISPUTED}")
        if joined.document != stands.document or not there.exists():
            new[name] = dict(joined.document)
    return new, conflicts


def together(one: Declared, other: Declared) -> tuple[Declared, list[str]] | None:
    """Two declarations of one suite at one scale as one, and the ids of what they declare in two forms.

    Of two forms the one stands whose result came first; the other is kept beside it, so that a verdict can tell of it.
    None where version 0.1 wrote one of them, with other seeds or margins: it noted no results.
    """
    earlier = [{name: each.document.get(name) for name in ("margins", "seeds")} for each in (one, other)]
    if earlier[0] != earlier[1]:
        return None
    ours, theirs, disputed = one.document, other.document, list[str]()
    both: dict[str, Any] = {**ours, "jobs": sorted({*ours["jobs"], *theirs["jobs"]})}
    for kind in KINDS:
        both[kind] = {name: dict(kept) for name, kept in ours[kind].items()}
        for name, kept in theirs[kind].items():
            here = both[kind].setdefault(name, {})
            for evidence, entry in kept.items():
                stands = here.get(evidence, entry)
                if same_form(stands["form"], entry["form"]):
                    here[evidence] = _united(stands, entry)
                else:
                    here[evidence] = _first_of(stands, entry, one.first_result(stands), other.first_result(entry))
                    disputed.append(name)
    return Declared(both, one.finished | other.finished), disputed


def _united(one: Entry, other: Entry) -> dict[str, Any]:
    """Two entries of one form as one: declared when the first of them was, with a result when either had one."""
    fuller = max(one["form"], other["form"], key=len)  # a later version declares more
    united = {**one, "form": fuller, "seen": one["seen"] or other["seen"], "late": one["late"] or other["late"]}
    for name, sides in (
        ("declared_at", (one, other)),
        ("first_result", [each for each in (one, other) if each["seen"]]),
    ):
        known = [each.get(name) for each in sides]
        united.pop(name, None)
        if known and all(known):
            united[name] = min(filter(None, known))
    if "begun" in {**one, **other}:
        united["begun"] = one.get("begun", True) or other.get("begun", True)
    return united | _lists(one, other)


def _first_of(here: Entry, there: Entry, ours: str | None, theirs: str | None) -> dict[str, Any]:
    """Of two forms the one that had a result first, and where both had one, the other beside it.

    A form without a result was free to change, and is forgotten; where nothing tells which was first, ours stands.
    """
    if theirs is None:
        return dict(here)
    if ours is None:
        return _with_result(there, theirs)
    swapped = bool(ours and theirs and theirs < ours)
    (stands, when), (yields, later) = ((there, theirs), (here, ours)) if swapped else ((here, ours), (there, theirs))
    told = {"form": yields["form"], "first_result": later, "came_to": list(yields.get("came_to", ()))}
    entry = _with_result(stands, when)
    return entry | _lists(stands, {"otherwise": [*yields.get("otherwise", ()), told]})


def _with_result(entry: Entry, when: str) -> dict[str, Any]:
    return {**entry, "seen": True} | ({"first_result": when} if when else {})


def _lists(one: Entry, other: Entry) -> dict[str, list[Any]]:
    """What both list, each thing once and the first entry's before the other's, but for the form that stands."""
    found: dict[str, list[Any]] = {}
    for name in ("otherwise", "came_to"):
        for item in (*one.get(name, ()), *other.get(name, ())):
            if item not in found.setdefault(name, []) and item.get("form") != one.get("form", ...):
                found[name].append(item)
    return {name: items for name, items in found.items() if items}


def same_form(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two forms say the same of all that both speak of; a later version of the program may speak of more."""
    return not changes(one, other)


def changes(then: Mapping[str, Any], today: Mapping[str, Any]) -> str:
    """What of a form is another today, each field as it was and is; of the fields that both have."""
    named = {name: value for name, value in today.items() if name in then and then[name] != value}
    return "; ".join(f"{name} {then[name]!r} -> {value!r}" for name, value in named.items())


def precedes(result: str, declaration: str) -> bool:
    """Whether a result ended before a declaration was written, beyond what clocks may differ by."""
    if not result or not declaration:
        return False
    return datetime.fromisoformat(result) < datetime.fromisoformat(declaration) - SKEW


def moment(text: object) -> str:
    """A time as these files write it, in UTC and to the second; empty for what is no time, or one of no zone."""
    try:
        when = datetime.fromisoformat(str(text))
        return when.astimezone(UTC).isoformat(timespec="seconds") if when.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


def declaration_path(store: Store, paper: str, suite: str, scale: str) -> Path:
    """Return the path of a suite's declaration at a scale."""
    return store.declarations / f"{paper}-{suite}-{scale}.json"


def read_declaration(path: Path) -> dict[str, Any] | None:
    """Read a declaration, or return None where the file does not exist; raises HarnessError where it is damaged."""
    try:
        document: dict[str, Any] = parsed_json(path.read_bytes())
        sound = seal(document) == document
        if "margins" in document:  # written by version 0.1
            document = {"jobs": [], "cells": {}, "claims": {}, **document}
        sound = sound and _is_whole(document)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        sound = False
    if not sound:
        raise HarnessError(f"{path} is damaged or was edited; without it nobody can say what was declared beforehand")
    return document


def _is_whole(document: Mapping[str, Any]) -> bool:
    """Check the shape of a declaration; may raise KeyError, TypeError or AttributeError where the shape is wrong."""
    entries = [entry for kind in ("cells", "claims") for kept in document[kind].values() for entry in kept.values()]
    kinds = {"form": dict, "seen": bool, "late": str}
    shaped = all(isinstance(entry[name], kind) for entry in entries for name, kind in kinds.items())
    shaped = shaped and all(_is_told(entry) for entry in entries)
    earlier = isinstance(document.get("margins", {}), dict) and isinstance(document.get("seeds", 0), int)
    return shaped and earlier and all(isinstance(key, str) for key in document["jobs"])


def _is_told(entry: Entry) -> bool:
    """Whether what an entry may say beside its form is of its kind, and of a result before it that it came late."""
    times = [entry.get(name, "") for name in ("declared_at", "first_result")]
    if not entry["late"] and precedes(entry.get("first_result", ""), entry.get("declared_at", "")):
        return False
    others, verdicts = entry.get("otherwise", []), entry.get("came_to", [])
    listed = isinstance(others, list) and all(isinstance(one["form"], dict) for one in others)
    times += [one["first_result"] for one in others] if listed else []
    verdicts = [*verdicts, *(verdict for one in others for verdict in one["came_to"])] if listed else [None]
    said = all(isinstance(one, dict) and isinstance(one["outcome"], str) for one in verdicts)
    said = said and isinstance(entry.get("begun", False), bool)
    return listed and said and all(isinstance(time, str) for time in times)
