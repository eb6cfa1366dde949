"""What the plain data of a suite say of cells and claims: their parts, operands and ids, where the file has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.suite.cells import PARTS
from harness.suite.yaml_places import KeyPath

_OPERANDS: dict[str, tuple[str, ...]] = {
    "cells": ("",),
    "less": ("",),
    "reduces": ("of",),
    "equal": ("of",),
    "exact": ("value",),
    "stalls": ("value",),
    "leaves_chance": ("value",),
    "trend": ("values",),
    "gap": ("wider", "narrower"),
    "equal_gaps": ("of",),
}
"""Where each operator of a claim keeps its operands."""


def operands_of(path: KeyPath, claim: dict[str, Any]) -> Iterator[tuple[KeyPath, Any]]:
    """Every operand of a claim, each with the place where it stands."""
    for operator, places in _OPERANDS.items():
        for place in places:
            said = claim.get(operator)
            said = said.get(place) if place and isinstance(said, dict) else said
            where: KeyPath = (*path, operator, *([place] if place else []))
            yield from _words(where, said)


def _words(where: KeyPath, said: Any) -> Iterator[tuple[KeyPath, Any]]:
    """Every text in nested lists, with its place."""
    if isinstance(said, str):
        yield where, said
    for index, one in enumerate(said if isinstance(said, list) else []):
        yield from _words((*where, index), one)


def placed(row: dict[str, Any], column: dict[str, Any]) -> bool:
    """Whether row or column says what reproduces their cell; a metric alone, or of a quoted row, does not."""
    if row.get("cited"):
        return False
    return bool(row.get("not_run") or parts_of(row).keys() - {"metric"} or parts_of(column).keys() & {"experiment"})


def parts_of(place: dict[str, Any]) -> dict[str, Any]:
    """The parts of `experiment.evaluation.metric` that a row, a column or a cell gives."""
    said = dict(zip(PARTS, dotted(place.get("value")), strict=False))
    return said | {name: place[name] for name in PARTS if name in place}


def in_column(row: dict[str, Any], column: dict[str, Any], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A row and a column as they stand to one of their cells: where the row has a value for it, that alone counts."""
    values = row.get("values")
    own = values.get(name) if isinstance(values, dict) else None
    if own is None:
        return row, column
    rest = {key: value for key, value in row.items() if key not in (*PARTS, "value")}
    return {**rest, "value": own}, {key: value for key, value in column.items() if key not in (*PARTS, "value")}


def table_cells(data: Any) -> Iterator[str]:
    """The ids of the cells that a table prints."""
    for name, row in items_of(data, "table", "rows"):
        yield from (f"{name}.{column}" for column, printed in items_of_any(row, "printed") if printed is not None)


def names_of(data: Any, *path: str) -> list[str] | None:
    """The keys of the mapping at `path`, or None where there is none."""
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return list(data) if isinstance(data, dict) else None


def items_of(data: Any, *path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries of a mapping of mappings, wherever the file really has one."""
    return ((name, value) for name, value in items_of_any(data, *path) if isinstance(value, dict))


def items_of_any(data: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """The entries of the mapping at `path`, none where there is no mapping."""
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return iter(data.items() if isinstance(data, dict) else ())


def list_of(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def dotted(value: Any) -> list[str]:
    """The parts of a dotted name, none of what is no text."""
    return value.split(".") if isinstance(value, str) else []
