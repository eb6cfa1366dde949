"""The grammar of cells: printed numbers of a table or of the text, each with the place of ours that reproduces it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, PositiveFloat

from harness.strict import Name, Strict
from harness.suite.printed import OverRuns, is_printed, over_runs, powered, printed_number

if TYPE_CHECKING:
    from harness.suite.yaml_places import KeyPath

PARTS = ("experiment", "evaluation", "metric")
"""The parts of the place of a number, from the left."""


class Place(Strict):
    """The place of a number of ours: `experiment.evaluation.metric`, or `experiment.quantity` of a measurement.

    A row and a column may each give some of the parts.
    """

    value: str | None = None
    """Dotted shorthand for the parts, from the left: `cnn`, `cnn.ten_crop` or `cnn.ten_crop.top1_error`."""
    experiment: Name | None = None
    evaluation: Name | None = None
    """An evaluation or inspection; `epochs` for an error over the epochs of the training."""
    metric: Name | None = None
    """A metric of an evaluation, or a quantity of a measurement or inspection; of `epochs`, `best_validation_error`,
    `last_validation_error`, `best_train_error` or `last_train_error`."""

    def parts(self) -> dict[str, str]:
        """Give the parts that stand here, by name.

        >>> Place(value="cnn.ten_crop", metric="top1_error").parts()
        {'metric': 'top1_error', 'experiment': 'cnn', 'evaluation': 'ten_crop'}
        """
        return self.own_parts() | dict(zip(PARTS, self.shorthand(), strict=False))

    def own_parts(self) -> dict[str, str]:
        """Give the parts that stand here under keys of their own, by name."""
        return {name: part for name in PARTS if (part := getattr(self, name)) is not None}

    def shorthand(self) -> list[str]:
        """Give the parts of `value`, from the left; a sound one has three at most."""
        return [] if self.value is None else self.value.split(".")


class Logged(Strict):
    """A printed number with all the digits that its authors noted in their own run."""

    value: str = Field(pattern=r"^\d+(\.\d+)?$")
    """In the cell's unit."""
    run: str
    at: str
    """FILE:LINE in the authors' release."""


class Judged(Place):
    """The rules by which a number is judged, as a row, a column or a single number may declare them."""

    unit: str | None = None
    margin: PositiveFloat | None = None
    """Half-width of the region, around the printed number and in its unit, inside which a result counts as a match."""
    within_percent: PositiveFloat | None = None
    """The same in percent of the printed number; for counts in which nothing is sampled, such as "60 million"."""
    runs: Annotated[int, Field(ge=2, le=10_000)] | None = None
    """The number of the authors' runs behind a mean printed with its spread, such as "6.43 (6.61 +- 0.16)"."""


class Column(Judged):
    """One column of a printed table."""

    label: str


class Row(Judged):
    """One row of a printed table; a row without a place holds numbers that the paper quotes from others."""

    label: str
    printed: dict[Name, str | None]
    """By column, the number as the paper prints it, with its zeros."""
    values: dict[Name, str] = Field(default_factory=dict)
    """By column, a `value` that counts instead of the row's and the column's parts: a row may draw on several
    experiments."""
    cited: str | None = None
    """The source of the numbers, where they are not the authors' own."""
    not_run: str | None = None
    """Why no experiment of this program can reproduce the row."""
    logged: dict[Name, Logged] = Field(default_factory=dict)
    """By column, the number as its authors noted it."""

    def own_place(self, column: str) -> Place | None:
        """Give the place that the row has for this column alone; None where row and column share in giving it."""
        return Place(value=self.values[column]) if column in self.values else None


class Table(Strict):
    """A printed table."""

    ref: str
    """The paper's own name of it: T1."""
    columns: dict[Name, Column]
    rows: dict[Name, Row]

    def printed(self) -> Iterator[tuple[str, str, str]]:
        """Give every printed number, row by row, as (row, column, text)."""
        for name, row in self.rows.items():
            for column in self.columns:
                if (text := row.printed.get(column)) is not None:
                    yield name, column, text

    def parts(self, row: str, column: str) -> dict[str, str]:
        """Give the parts of the place of one cell, from its row and column together."""
        of_row, of_column = self._given(row, column)
        return of_column | of_row

    def is_ours(self, row: str, column: str) -> bool:
        """Say whether a cell is to be reproduced; a quoted one is not, and a metric alone reproduces nothing."""
        of_row, of_column = self._given(row, column)
        return _is_ours(self.rows[row], of_row) or (self.rows[row].cited is None and "experiment" in of_column)

    def _given(self, row: str, column: str) -> tuple[dict[str, str], dict[str, str]]:
        """Give the parts of a cell's place that its row and its column give; a place of its own counts alone."""
        own = self.rows[row].own_place(column)
        return (self.rows[row].parts(), self.columns[column].parts()) if own is None else (own.parts(), {})


class FreeCell(Judged):
    """One printed number that stands in the text or in a figure."""

    ref: str
    """The paper's name of the claim or figure that holds it: A02."""
    label: str
    printed: str
    """As the paper prints it: "60 million"."""
    number: float | None = None
    """Its value, where the printed text is not a plain number."""
    cited: str | None = None
    not_run: str | None = None
    logged: Logged | None = None

    def is_ours(self) -> bool:
        """Say whether the number is to be reproduced, and not only quoted by the paper."""
        return _is_ours(self, self.parts())


def _is_ours(said: Row | FreeCell, parts: dict[str, str]) -> bool:
    """Say whether a row or number with these parts is to be reproduced; one that is not run would be, if it could."""
    return said.cited is None and (said.not_run is not None or bool(parts.keys() - {"metric"}))


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
    logged: Logged | None = None
    """Shown beside the printed number; no verdict rests on it."""
    runs: int | None = None
    """The number of the authors' runs behind a printed mean."""

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
        place=_place(table.parts(row_id, column_id)) if row.cited is None and row.not_run is None else None,
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
        place=_place(cell.parts()) if cell.cited is None and cell.not_run is None else None,
        cited=cell.cited,
        not_run=cell.not_run,
        logged=cell.logged,
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
    """Read the number in a printed text, of several runs the mean; raises ValueError where it holds none.

    >>> number("24.20"), number("6.43 (6.61 +- 0.16)")
    (24.2, 6.61)
    """
    runs = over_runs(printed)
    if runs is None and not is_printed(printed):
        raise ValueError(f"{printed!r} is not a number as printed; give what it says as `number`")
    return float(printed_number(printed if runs is None else runs.mean))
