"""The grammar of printed numbers, in a table or in the text, each with the place of ours that reproduces it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, PositiveFloat, model_validator

from harness.strict import Name, Strict

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


class Subtracted(Judged):
    """A number that one place of ours gives, or the difference of two."""

    minus: tuple[str, str] | None = None
    """Two places in the stead of `value`: the number is the first less the second, paired by seed."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.minus is not None and (both := [name for name in ("value", *PARTS) if getattr(self, name) is not None]):
            raise ValueError(f"`minus` names the places of ours, and so does `{both[0]}`; drop one of the two")
        return self

    def sides(self) -> tuple[Place, ...]:
        """Give the places that the number is made of: one, or the two of a difference."""
        return (self,) if self.minus is None else tuple(Place(value=value) for value in self.minus)


class Column(Judged):
    """One column of a printed table."""

    label: str


class Row(Subtracted):
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

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        if self.minus is not None and (both := [name for name in ("values", "cited", "logged") if getattr(self, name)]):
            raise ValueError(
                f"`minus` is a difference of two nets of ours, and has no `{both[0]}`; drop one of the two"
            )
        return self

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

    def parts(self, row: str, column: str) -> list[dict[str, str]]:
        """Give the parts of each place of one cell, from its row and column together; a difference has two places."""
        return [of_column | of_row for of_row, of_column in self._given(row, column)]

    def is_ours(self, row: str, column: str) -> bool:
        """Say whether a cell is to be reproduced; a quoted one is not, and a metric alone reproduces nothing."""
        of_row, of_column = self._given(row, column)[0]
        return _is_ours(self.rows[row], of_row) or (self.rows[row].cited is None and "experiment" in of_column)

    def _given(self, row: str, column: str) -> list[tuple[dict[str, str], dict[str, str]]]:
        """Give the parts of a cell's places that its row and its column give; a place of its own counts alone."""
        own = self.rows[row].own_place(column)
        if own is not None:
            return [(own.parts(), {})]
        return [(side.parts(), self.columns[column].parts()) for side in self.rows[row].sides()]


class FreeCell(Subtracted):
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
        return _is_ours(self, self.sides()[0].parts())


def _is_ours(said: Row | FreeCell, parts: dict[str, str]) -> bool:
    """Say whether a row or number with these parts is to be reproduced; one that is not run would be, if it could."""
    return said.cited is None and (said.not_run is not None or bool(parts.keys() - {"metric"}))
