"""Sets the machines of a report beside each other: what they have in common, and what differs."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from harness.report.page.numbers import flattened
from harness.report.results.record import Json


class Places(NamedTuple):
    """The environments of a report set beside each other."""

    names: list[str]
    """None where all results were made at one place."""
    shared: dict[str, str]
    """Facts that are the same at every place, by their dotted path."""
    differing: list[tuple[str, list[str | None]]]
    """The others: a value for each place, None where it has no such fact."""
    ran: list[list[str]]
    """The jobs that ran at each place."""


def places(environment: Json) -> Places:
    """Set the environments of a report beside each other; of a single place, everything is shared."""
    names = list(environment)
    several = len(names) > 1 and all(
        re.fullmatch(r"place \d+", name) and isinstance(environment[name], dict) for name in names
    )
    if not several:
        return Places([], dict(flattened(dict(environment))) if environment else {}, [], [])
    names.sort(key=lambda name: int(name.split()[1]))
    facts = [
        dict(flattened({key: value for key, value in environment[name].items() if key != "ran"})) for name in names
    ]
    paths = dict.fromkeys(path for each in facts for path in each)
    rows = [(path, [each.get(path) for each in facts]) for path in paths if path]
    shared = {path: str(values[0]) for path, values in rows if len(set(values)) == 1}
    ran = [[str(one) for one in _listed(environment[name].get("ran"))] for name in names]
    return Places(names, shared, [row for row in rows if row[0] not in shared], ran)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
