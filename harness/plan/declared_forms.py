"""The form in which each cell and claim of a suite is to be judged, and the jobs that it is judged on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.plan.graph import Plan
from harness.store.store import KEY_LETTERS, Store
from harness.suite.cells import Cell
from harness.suite.claims import Claim
from harness.suite.known_metrics import EPOCHS

Kind = Literal["cells", "claims"]


@dataclass(frozen=True, slots=True)
class Form:
    """How one cell or claim is to be judged, and the jobs that it is judged on."""

    form: dict[str, Any]
    jobs: tuple[str, ...]
    """Keys of the first seed's jobs, which stay the same however many seeds there are."""
    found: tuple[str, ...]
    """Those of them that have a result of some seed."""
    results: tuple[tuple[str, str], ...]
    """Kind and key of every job of any seed that has a result."""
    made_from: Mapping[str, tuple[tuple[str, str], ...]]
    """What these jobs are made from, nets above all: by the key at the first seed, kind and key of each seed's job that
    has a result. Statistics of the pixels are left out, for they tell of no net."""

    @property
    def evidence(self) -> str:
        """A name for the jobs."""
        return hashlib.sha256("".join(self.jobs).encode()).hexdigest()[:KEY_LETTERS]


def forms_of(plan: Plan, store: Store) -> Iterator[tuple[Kind, str, Form]]:
    """Every cell and claim that something of ours decides."""
    cells = {cell.id: cell for cell in plan.suite.cells()}
    for cell in cells.values():
        if cell.place is not None:
            yield "cells", cell.id, _form(plan, store, _cell_form(cell), cell.places)
    for name, claim in plan.suite.file.claims.items():
        if claim.quoted is None and claim.impossible is None:
            yield "claims", name, _form(plan, store, *_claim_form(plan, claim, cells))


def _form(plan: Plan, store: Store, form: dict[str, Any], places: Iterable[tuple[str, ...]]) -> Form:
    jobs: set[str] = set()
    found: set[str] = set()
    results: set[str] = set()
    made_from: dict[str, tuple[tuple[str, str], ...]] = {}
    for place in places:
        made_from |= _made_from(plan, store, place)
        of_place = set(_jobs(plan, place, plan.seeds[:1]))
        jobs |= of_place
        if there := {key for key in _jobs(plan, place, plan.seeds) if _has_result(plan, store, key)}:
            found |= of_place
            results |= there
    by_kind = tuple(sorted((plan.jobs[key].kind, key) for key in results))
    declared = {**form, "seeds": _declared_seeds(plan)}
    return Form(declared, tuple(sorted(jobs)), tuple(sorted(found)), by_kind, made_from)


def _made_from(plan: Plan, store: Store, place: tuple[str, ...]) -> dict[str, tuple[tuple[str, str], ...]]:
    """The inputs of a place's jobs that have a result of some seed, by their key at the first seed."""
    by_seed = [list(_inputs(plan, _jobs(plan, place, [seed]))) for seed in plan.seeds]
    found = {}
    for of_seeds in zip(*by_seed, strict=False):  # the jobs of one part of the graph, seed by seed
        there = [key for key in dict.fromkeys(of_seeds) if _has_result(plan, store, key)]
        if there:
            found[of_seeds[0]] = tuple((plan.jobs[key].kind, key) for key in there)
    return found


def _inputs(plan: Plan, keys: Iterable[str]) -> Iterator[str]:
    """The keys of all that these jobs are made from, in an order that is the same for each seed."""
    for key in keys:
        for made_from in plan.jobs[key].inputs.values():
            if plan.jobs[made_from].kind != "pixels":
                yield made_from
            yield from _inputs(plan, [made_from])


def _declared_seeds(plan: Plan) -> int | dict[str, Any]:
    """The number of seeds, or the looks and the first seed."""
    return plan.declared if isinstance(plan.declared, int) else plan.declared.model_dump(mode="json")


def _has_result(plan: Plan, store: Store, key: str) -> bool:
    return store.folder(plan.jobs[key].kind, key).result.exists()


def _cell_form(cell: Cell) -> dict[str, Any]:
    value = cell.value or ""
    form = {"printed": cell.printed, "number": cell.paper, "unit": cell.unit, "margin": cell.margin, "value": value}
    return form if cell.runs is None else form | {"runs": cell.runs}


def _claim_form(plan: Plan, claim: Claim, cells: Mapping[str, Cell]) -> tuple[dict[str, Any], list[tuple[str, ...]]]:
    """The operator with its numbers, what each operand is, the smallest effect, and what keeps it from a confirmation.

    With the places that the claim rests on.
    """
    said = claim.form
    operands: dict[str, Any] = {}
    places: list[tuple[str, ...]] = []
    for operand in claim.operands:
        cell = cells.get(operand)
        of_operand = (tuple(operand.split(".")),) if cell is None else cell.places
        whole = cell is not None and claim.operator == "cells"
        value = operand if cell is None else cell.value or cell.paper
        operands[operand] = _cell_form(cell) if whole and cell else value
        places += of_operand
    if claim.faster is not None:
        places += [(claim.faster.slow,), (claim.faster.fast,)]
    smallest_effect = plan.suite.file.scales[plan.scale].smallest_effect
    warrants = {"by construction": claim.by_construction is not None, "post hoc": claim.post_hoc is not None}
    form = {"operator": {claim.operator: said}, "operands": operands, "smallest effect": smallest_effect, **warrants}
    return form, places


def _jobs(plan: Plan, place: tuple[str, ...], seeds: Iterable[int]) -> Iterator[str]:
    """The keys of the jobs that a place comes from; of an experiment alone, those of its trainings."""
    name, part = place[0], place[1] if len(place) > 1 else ""
    for seed in seeds:
        found = (
            plan.measurements.get((name, seed)),
            plan.evaluations.get((name, part, seed)),
            plan.inspections.get((name, part, seed)),
            None if part not in ("", EPOCHS) else plan.trainings.get((name, seed)),
        )
        yield from (key for key in found if key is not None)
