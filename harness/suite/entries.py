"""Entries of plain data from a file that may be faulty: what is not of the wanted shape has none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


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
