"""Seeds and margins as they stood when a suite's first result came in, so that a later change of them shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.plan import Plan
from harness.store import Store, seal, write_json


def declare(plan: Plan, store: Store) -> None:
    """Write down the declared seeds and margins, once: before the first result of this suite at this scale."""
    path = _path(plan, store)
    has_result = any(store.folder("evaluate", key).result.exists() for key in plan.evaluations.values())
    if not path.exists() or not has_result:
        write_json(path, seal(_declared(plan)))


def extended_cells(plan: Plan, store: Store) -> set[str]:
    """The cells whose margin, or whose number of seeds, is another than before the first result."""
    path = _path(plan, store)
    if not path.exists():
        return set()
    first, now = declared_in(path), _declared(plan)
    cells = now["margins"]
    return {cell for cell in cells if first["seeds"] != now["seeds"] or first["margins"].get(cell) != cells[cell]}


def declared_in(path: Path) -> dict[str, Any]:
    """What a file of this kind says; raises HarnessError where it is damaged or lies under another's name."""
    try:
        first = json.loads(path.read_bytes())
        sound = seal(first) == first and path.name.endswith(f"-{first['suite']}-{first['scale']}.json")
        sound = sound and type(first["seeds"]) is int and isinstance(first["margins"], dict)
    except (ValueError, RecursionError, TypeError, KeyError):
        sound = False
    if not sound:
        raise HarnessError(f"{path} is damaged or was edited; without it nobody can say what was declared beforehand")
    return dict(first)


def path_of(store: Store, paper: str, suite: str, scale: str) -> Path:
    """Where the declaration of a suite at a scale lies in a store."""
    return store.declarations / f"{paper}-{suite}-{scale}.json"


def _declared(plan: Plan) -> dict[str, Any]:
    margins = {cell.id: cell.margin for cell in plan.suite.cells() if cell.place is not None}
    return {"suite": plan.suite.name, "scale": plan.scale, "seeds": len(plan.seeds), "margins": margins}


def _path(plan: Plan, store: Store) -> Path:
    return path_of(store, plan.suite.file.paper, plan.suite.name, plan.scale)
