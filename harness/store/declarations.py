"""Declarations: files that record how each cell and claim of a suite will be judged, written before its first result.

Each suite has one sealed file at each scale. `harness.plan.preregistration` decides what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.store.documents import parsed_json, seal
from harness.store.store import Store


def declared_in(path: Path) -> dict[str, Any]:
    """Read a declaration; raises HarnessError where the file is damaged or has the name of another suite or scale."""
    document = read_declaration(path)
    if document is None or not path.name.endswith(f"-{document.get('suite')}-{document.get('scale')}.json"):
        raise HarnessError(f"{path} is damaged or was edited; without it nobody can say what was declared beforehand")
    return document


def together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any] | None:
    """Join two declarations of one suite at one scale; None where they declare the same item in different forms."""
    earlier = [{name: each.get(name) for name in ("margins", "seeds")} for each in (one, other)]
    if earlier[0] != earlier[1]:
        return None
    both: dict[str, Any] = {**one, "jobs": sorted({*one["jobs"], *other["jobs"]})}
    for kind in ("cells", "claims"):
        both[kind] = {name: dict(kept) for name, kept in one[kind].items()}
        for name, kept in other[kind].items():
            here = both[kind].setdefault(name, {})
            for evidence, entry in kept.items():
                stands = here.get(evidence, entry)
                if stands["form"] != entry["form"]:
                    return None
                seen, late = stands["seen"] or entry["seen"], stands["late"] or entry["late"]
                here[evidence] = {"form": entry["form"], "seen": seen, "late": late}
    return both


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
    earlier = isinstance(document.get("margins", {}), dict) and isinstance(document.get("seeds", 0), int)
    return shaped and earlier and all(isinstance(key, str) for key in document["jobs"])
