"""Printed numbers: the cells of a table and the numbers in the text, each with what would reproduce it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, PositiveFloat

from harness.strict import Name, Strict
from harness.suite.printed import OverRuns, is_printed, over_runs, powered, printed_number

PARTS = ("experiment", "evaluation", "metric")


class Place(Strict):
    """Where a number comes from: `experiment.evaluation.metric` of a training, `experiment.quantity` of a measurement.

    The parts may be given by a row and a column together.
    """

    value: str | None = None
    """Dotted shorthand for the parts, from the left: `cnn`, `cnn.ten_crop` or `cnn.ten_crop.top1_error`."""
    experiment: Name | None = None
    evaluation: Name | None = None
    metric: Name | None = None
    """A metric of an evaluation, or a quantity of a measurement."""

    def parts(self) -> dict[str, str]:
        """The parts that are given here, by name."""
        given = {name: part for name in PARTS if (part := getattr(self, name)) is not None}
        return given | (dict(zip(PARTS, self.value.split("."), strict=False)) if self.value else {})


class Judged(Place):
    """What a row, a column or a single number may declare of how it is judged."""

    unit: str | None = None
    margin: PositiveFloat | None = None
    """Half-width of the region, around the printed number and in its unit, inside which a result counts as a match."""
    within_percent: PositiveFloat | None = None
    """The same as a part of the printed number; for counts that nothing is sampled in, such as "60 million"."""
    runs: Annotated[int, Field(ge=2, le=10_000)] | None = None
    """Of the authors: over how many a mean is, where one is printed with its spread, such as "6.43 (6.61 +- 0.16)"."""


class Column(Judged):
    """One column of a printed table."""

    label: str


class Row(Judged):
    """One row of a printed table; one without a place is cited: the paper quotes it from others."""

    label: str
    printed: dict[Name, str | None]
    """By column, the number as the paper prints it, with its zeros."""
    values: dict[Name, str] = Field(default_factory=dict)
    """By column, a `value` of its own, in the place of the row's and the column's: a row may draw on several
    experiments."""
    cited: str | None = None
    """Whose number it is, where it is not the authors' own."""
    not_run: str | None = None
    """Why no experiment of this program can reproduce the row."""


class Table(Strict):
    """A printed table."""

    ref: str
    """The paper's own name of it: T1."""
    columns: dict[Name, Column]
    rows: dict[Name, Row]


class FreeCell(Judged):
    """One printed number that stands in the text or in a figure."""

    ref: str
    """Where the paper has it: the claim or figure it belongs to, A02."""
    label: str
    printed: str
    """As the paper prints it: "60 million"."""
    number: float | None = None
    """What it says, where the printed text is not a plain number."""
    cited: str | None = None
    not_run: str | None = None


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
    """(experiment, evaluation, metric), or (experiment, quantity)."""
    cited: str | None = None
    not_run: str | None = None
    runs: int | None = None
    """Of the authors, over which the printed mean is."""

    @property
    def target(self) -> str | float:
        """The printed number for statistics: as text where its last digit says how well it is known."""
        if (large := powered(self.printed)) is not None:
            return large
        if self.over_runs is not None:
            return self.over_runs.mean
        return self.printed if is_printed(self.printed) else self.paper

    @property
    def over_runs(self) -> OverRuns | None:
        """The mean and spread over the authors' runs, where these are printed."""
        return over_runs(self.printed)


def cells_of(paper: str, table: Table | None, others: Mapping[str, FreeCell]) -> Iterator[Cell]:
    """Every printed number of a paper's suite: its table row by row, then the numbers of the text."""
    if table is not None:
        for row_id, row in table.rows.items():
            for column_id, column in table.columns.items():
                printed = row.printed.get(column_id)
                if printed is not None:
                    ref = f"{paper}:{table.ref}.{row_id}.{column_id}"
                    yield _table_cell(f"{row_id}.{column_id}", ref, row, column, printed)
    for name, cell in others.items():
        yield _free_cell(name, f"{paper}:{cell.ref}.{name}", cell)


def _table_cell(cell_id: str, ref: str, row: Row, column: Column, printed: str) -> Cell:
    row_id, column_id = cell_id.split(".")
    own = Place(value=row.values.get(column_id))
    parts = column.parts() | row.parts() if own.value is None else own.parts()
    paper = number(printed)
    return Cell(
        id=cell_id,
        row=row_id,
        column=column_id,
        label=f"{row.label}, {column.label}",
        ref=ref,
        printed=printed,
        paper=paper,
        unit=row.unit or column.unit or "",
        margin=_margin(row, paper) or _margin(column, paper),
        place=_place(parts) if row.cited is None and row.not_run is None else None,
        cited=row.cited,
        not_run=row.not_run,
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
        place=_place(cell.parts()) if cell.cited is None and cell.not_run is None else None,
        cited=cell.cited,
        not_run=cell.not_run,
        runs=cell.runs,
    )


def _place(parts: dict[str, str]) -> tuple[str, ...] | None:
    if "experiment" not in parts:
        return None
    return tuple(parts[name] for name in PARTS if name in parts)


def _margin(judged: Judged, paper: float) -> float | None:
    if judged.within_percent is not None:
        return abs(paper) * judged.within_percent / 100
    return judged.margin


def number(printed: str) -> float:
    """The number in a printed text, of several runs the mean; raises ValueError where it is none."""
    runs = over_runs(printed)
    if runs is None and not is_printed(printed):
        raise ValueError(f"{printed!r} is not a number as printed; give what it says as `number`")
    return float(printed_number(printed if runs is None else runs.mean))
