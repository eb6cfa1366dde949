"""Printed numbers as a program needs them: each with its value, its margin, and the places of ours that it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from harness.suite.printed import OverRuns, is_printed, over_runs, powered, printed_number
from harness.suite.printed_table import PARTS, FreeCell, Judged, Logged, Row, Table

if TYPE_CHECKING:
    from harness.suite.yaml_places import KeyPath

MINUS = " - "
"""Stands between the two places of a difference."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed number and what would reproduce it; `place` is None for a number the paper only quotes."""

    id: str
    row: str
    column: str
    label: str
    ref: str
    printed: str
    paper: float
    unit: str
    margin: float | None
    place: tuple[str, ...] | None
    """(experiment, evaluation, metric), or (experiment, quantity); of a difference, that which is taken from."""
    cited: str | None = None
    not_run: str | None = None
    logged: Logged | None = None
    """Shown beside the printed number; no verdict rests on it."""
    runs: int | None = None
    """The number of the authors' runs behind a printed mean."""
    minus: tuple[str, ...] | None = None
    """Of a difference, the place that is taken away."""

    @property
    def places(self) -> tuple[tuple[str, ...], ...]:
        """Every place that the number is made of."""
        return tuple(place for place in (self.place, self.minus) if place is not None)

    @property
    def value(self) -> str | None:
        """The places as text, by which measured numbers are known: `cnn.ten.top1_error`, of a difference `A - B`."""
        return MINUS.join(".".join(place) for place in self.places) or None

    @property
    def metric(self) -> str | None:
        """The metric or quantity of its place; a difference has none, for neither side of it is the better one."""
        return self.place[-1] if self.place is not None and self.minus is None else None

    @property
    def key_path(self) -> KeyPath:
        """The key path of its row in a suite file, or of its own entry."""
        return ("table", "rows", self.row) if self.column else ("cells", self.id)

    @property
    def target(self) -> str | float:
        """The printed number for statistics: as text where its last digit tells how well it is known."""
        if (large := powered(self.printed)) is not None:
            return large
        if self.over_runs is not None:
            return self.over_runs.mean
        return self.printed if is_printed(self.printed) else self.paper

    @property
    def over_runs(self) -> OverRuns | None:
        """The mean and spread over the authors' runs; None where these are not printed."""
        return over_runs(self.printed)


def cells_of(paper: str, table: Table | None, others: Mapping[str, FreeCell]) -> Iterator[Cell]:
    """Give every printed number of a paper's suite: its table row by row, then the numbers of the text.

    Raises ValueError for a printed text that is no number; the check of names refuses such a file before.
    """
    if table is not None:
        for row, column, printed in table.printed():
            yield _table_cell(table, row, column, printed, f"{paper}:{table.ref}.{row}.{column}")
    for name, cell in others.items():
        yield _free_cell(name, f"{paper}:{cell.ref}.{name}", cell)


def _table_cell(table: Table, row_id: str, column_id: str, printed: str, ref: str) -> Cell:
    row, column, paper = table.rows[row_id], table.columns[column_id], number(printed)
    return Cell(
        id=f"{row_id}.{column_id}",
        row=row_id,
        column=column_id,
        label=f"{row.label}, {column.label}",
        ref=ref,
        printed=printed,
        paper=paper,
        unit=row.unit or column.unit or "",
        margin=_margin(row, paper) or _margin(column, paper),
        **_places(row, table.parts(row_id, column_id)),
        cited=row.cited,
        not_run=row.not_run,
        logged=row.logged.get(column_id),
        runs=row.runs or column.runs,
    )


def _free_cell(name: str, ref: str, cell: FreeCell) -> Cell:
    paper = number(cell.printed) if cell.number is None else cell.number
    return Cell(
        id=name,
        row=name,
        column="",
        label=cell.label,
        ref=ref,
        printed=cell.printed,
        paper=paper,
        unit=cell.unit or "",
        margin=_margin(cell, paper),
        **_places(cell, [side.parts() for side in cell.sides()]),
        cited=cell.cited,
        not_run=cell.not_run,
        logged=cell.logged,
        runs=cell.runs,
    )


class _Places(TypedDict):
    """The places that a cell is made of."""

    place: tuple[str, ...] | None
    minus: tuple[str, ...] | None


def _places(said: Row | FreeCell, sides: Sequence[dict[str, str]]) -> _Places:
    """Give the places of a number of ours; none of one that is only quoted, or that nothing here can reproduce."""
    if said.cited is not None or said.not_run is not None:
        return _Places(place=None, minus=None)
    first, *second = (_place(parts) for parts in sides)
    return _Places(place=first, minus=second[0] if second else None)


def places_in(value: str) -> tuple[tuple[str, ...], ...]:
    """Read the places that `Cell.value` names.

    >>> places_in("one.ten.top1_error - cnn.ten.top1_error")
    (('one', 'ten', 'top1_error'), ('cnn', 'ten', 'top1_error'))
    """
    return tuple(tuple(place.split(".")) for place in value.split(MINUS))


def _place(parts: dict[str, str]) -> tuple[str, ...] | None:
    if "experiment" not in parts:
        return None
    return tuple(parts[name] for name in PARTS if name in parts)


def _margin(judged: Judged, paper: float) -> float | None:
    if judged.within_percent is not None:
        return abs(paper) * judged.within_percent / 100
    return judged.margin


def number(printed: str) -> float:
    """Read the number in a printed text, of several runs the mean; raises ValueError where it holds none.

    >>> number("24.20"), number("6.43 (6.61 +- 0.16)")
    (24.2, 6.61)
    """
    runs = over_runs(printed)
    if runs is None and not is_printed(printed):
        raise ValueError(f"{printed!r} is not a number as printed; give what it says as `number`")
    return float(printed_number(printed if runs is None else runs.mean))
