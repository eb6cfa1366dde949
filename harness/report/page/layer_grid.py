"""Sets the numbers of a net's layers as a grid, a line a layer, so that each name is written once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.report.page.quantities import Row

FEWEST = 3
"""With fewer layers a grid says no more than rows."""


class Column(NamedTuple):
    """One quantity of every layer."""

    name: str
    """The end of the name of its numbers: `parameters` of `conv1_parameters`."""
    label: str
    unit: str


@dataclass(frozen=True, slots=True)
class Grid:
    """Numbers by layer and quantity; None where a layer does not have one."""

    columns: list[Column]
    lines: list[tuple[str, list[float | None]]]


def by_layer(rows: Sequence[Row]) -> tuple[list[Row], Grid | None]:
    """The rows that are of no layer, and all others as a grid; None where there are too few of these.

    A number is of a layer where its label begins with that layer's name, `conv1, neurons`, and so does its own name.
    """
    placed = {row.name: place for row in rows if len(row.values) == 1 and not row.why and (place := _place(row))}
    columns = list(dict.fromkeys(column for _, column in placed.values()))
    layers = list(dict.fromkeys(layer for layer, _ in placed.values()))
    if len(layers) < FEWEST or len(columns) < 2 or len({column.name for column in columns}) < len(columns):
        return list(rows), None
    values = {placed[row.name]: row.values[0][1] for row in rows if row.name in placed}
    lines = [(layer, [values.get((layer, column)) for column in columns]) for layer in layers]
    return [row for row in rows if row.name not in placed], Grid(columns, lines)


def _place(row: Row) -> tuple[str, Column] | None:
    """The layer and the quantity of a row."""
    layer, comma, label = row.label.partition(", ")
    start = f"{layer.replace('.', '_')}_"
    if not comma or not row.name.startswith(start):
        return None
    return layer, Column(row.name.removeprefix(start), label, row.unit)


def numbers_of(grid: Grid) -> Iterator[tuple[str, float]]:
    """Every number of a grid under its whole name."""
    for layer, values in grid.lines:
        for column, value in zip(grid.columns, values, strict=True):
            if value is not None:
                yield f"{layer.replace('.', '_')}_{column.name}", value
