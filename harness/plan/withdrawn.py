"""What was declared of a suite, had a result, and is judged no more: leaving out what came out badly shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from harness.store.declarations import KINDS, Entry, changes
from harness.suite.file import Suite

TAKEN_OUT = "taken out of the suite after its first result"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A cell or claim as it was declared, with a result, and why it is not judged so today."""

    kind: str
    id: str
    why: str
    form: Mapping[str, Any]
    came_to: tuple[Mapping[str, Any], ...]
    """The verdicts that reports of runs gave it, the first one first; empty where no run came to a report."""


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


def withdrawn(
    document: Mapping[str, Any], judged: Mapping[tuple[str, str], Entry], suite: Suite
) -> Iterator[Withdrawn]:
    """Every entry of a declaration that had a result and whose form nothing is judged by today.

    `judged` are the entries of the cells and claims that are judged, by kind and id. The same form on other jobs, as
    another recipe or program makes them, is the same declaration.
    """
    for kind in KINDS:
        for name, kept in document[kind].items():
            today = judged.get((kind, name))
            for entry in kept.values():
                if entry["seen"] and entry is not today and (why := _why(entry, today, suite, kind, name)):
                    yield Withdrawn(kind, name, why, entry["form"], tuple(entry.get("came_to", ())))


def _why(entry: Entry, today: Entry | None, suite: Suite, kind: str, name: str) -> str:
    if today is not None:
        changed = changes(entry["form"], {**today["form"], "seeds": entry["form"].get("seeds")})
        return f"judged in another form and on other jobs since: {changed}" if changed else ""
    return _why_a_claim(suite, name) if kind == "claims" else _why_a_cell(suite, name)


def _why_a_claim(suite: Suite, name: str) -> str:
    claim = suite.file.claims.get(name)
    if claim is None:
        return TAKEN_OUT
    if claim.impossible is not None:
        return f"declared impossible after its first result: {claim.impossible}"
    return f"declared a quotation after its first result: {claim.quoted}"


def _why_a_cell(suite: Suite, name: str) -> str:
    cell = next((one for one in suite.cells() if one.id == name), None)
    if cell is None:
        return TAKEN_OUT
    return f"declared as not run after its first result: {cell.not_run or cell.cited or 'nothing of ours decides it'}"
