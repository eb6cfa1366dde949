"""What a suite file says, as types: the table, the experiments that would reproduce it, claims, deviations, scales."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, StringConstraints, model_validator

from harness.data.declared import Subset
from harness.models import Model, ScaledModel
from harness.recipe import Protocol, Recipe, RecipeChange, ScaledTraining
from harness.scale_names import ScaleName
from harness.strict import Strict

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A name of ours: it becomes a key in results and a folder, so it can hold no dot, slash or blank."""

SplitName = Literal["train", "val", "test"]


class Place(Strict):
    """Where a number comes from: parts of `experiment.evaluation.metric`, completed by row and column together."""

    value: str | None = None
    """Dotted shorthand for the parts, from the left: `cnn`, `cnn.ten_crop` or `cnn.ten_crop.top1_error`."""
    experiment: Name | None = None
    evaluation: Name | None = None
    metric: Name | None = None

    def parts(self) -> dict[str, str]:
        """The parts that are given here, by name."""
        names = ("experiment", "evaluation", "metric")
        given = {name: part for name in names if (part := getattr(self, name)) is not None}
        return given | dict(zip(names, (self.value or "").split("."), strict=False) if self.value else ())


class Column(Place):
    """One column of a printed table."""

    label: str
    unit: str | None = None
    margin: PositiveFloat | None = None
    """Half-width of the region, around the printed number and in its unit, inside which a result counts as a match."""


class Row(Place):
    """One row of a printed table; a row or cell without a place is cited: the paper quotes it from others."""

    label: str
    printed: dict[Name, str | None]
    """By column, the number as the paper prints it, with its zeros."""
    margin: PositiveFloat | None = None
    cited: str | None = None
    """Whose number it is, where it is not the authors' own."""


class Table(Strict):
    """A printed table."""

    ref: str
    """The paper's own name of it: T1."""
    columns: dict[Name, Column]
    rows: dict[Name, Row]


class Train(Strict):
    """A training: a net, a data set and a named recipe of the paper, with what this experiment changes in it."""

    model: Model
    data: Name
    recipe: Name
    change: RecipeChange = RecipeChange()


class Evaluation(Strict):
    """A test of a trained net on a whole split, seen through one of the paper's protocols."""

    split: SplitName
    views: Name


class Experiment(Strict):
    """A training with its evaluations, repeated over seeds."""

    says: str | None = None
    train: Train
    evaluate: dict[Name, Evaluation]


class Claim(Strict):
    """One relation the paper asserts, with exactly one operator."""

    ref: str
    says: str
    source: str
    cells: Annotated[list[str], Field(min_length=1)] | None = None
    """Holds when every one of these cells is a match."""
    less: tuple[str, str] | None = None
    """The first operand is smaller than the second."""

    @model_validator(mode="after")
    def _one_operator(self) -> Claim:
        given = [name for name in CLAIM_OPERATORS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of {', '.join(CLAIM_OPERATORS)}; has {', '.join(given) or 'none'}")
        return self

    @property
    def operator(self) -> str:
        """The name of the one operator."""
        return next(name for name in CLAIM_OPERATORS if getattr(self, name) is not None)

    @property
    def operands(self) -> tuple[str, ...]:
        """What the operator speaks of: cell ids, or `experiment.evaluation.metric`."""
        return tuple(getattr(self, self.operator))


CLAIM_OPERATORS = ("cells", "less")


class Deviation(Strict):
    """Where we depart from the paper or choose where it is silent."""

    paper: str
    ours: str
    why: str
    expected: str
    """The effect we expect on the numbers."""
    affects: list[Name]
    """Experiments, or rows of the table."""
    scales: list[ScaleName] | None = None
    """Only at these scales; at every one when left out."""


class ScaledExperiment(Strict):
    """What a scale changes in one experiment: its size, not its method."""

    model: ScaledModel = ScaledModel()
    train: ScaledTraining = ScaledTraining()


class Scale(Strict):
    """How large a world the suite runs in, and with which seeds."""

    seeds: int = Field(gt=0, le=1000)
    """The seeds are 0 to seeds - 1, declared here, before anything has run."""
    data: Name | None = None
    """The one data set of this scale, in the place of every experiment's own."""
    subset: Subset | None = None
    smallest_effect: PositiveFloat | None = None
    """The smallest difference, in the cells' unit, that this scale's claims care about."""
    model: ScaledModel = ScaledModel()
    """Declared parameters of the nets that this scale changes: width and geometry."""
    train: ScaledTraining = ScaledTraining()
    experiments: dict[Name, ScaledExperiment] = Field(default_factory=dict)
    """Changes for one experiment only, after those for all."""
    says: str | None = None
    """What this scale can and cannot show."""


class SuiteFile(Strict):
    """One YAML file: a table, a figure or a group of claims of one paper."""

    suite: Name
    paper: Name
    title: str
    source: str
    table: Table | None = None
    experiments: dict[Name, Experiment]
    claims: dict[Name, Claim] = Field(default_factory=dict)
    deviations: dict[Name, Deviation] = Field(default_factory=dict)
    scales: dict[ScaleName, Scale] = Field(min_length=1)


class Citation(Strict):
    """What is being reproduced: `papers/<paper>/paper.yaml`."""

    paper: Name
    title: str
    authors: list[str]
    venue: str
    year: PositiveInt
    references: str | None = None
    """Where the numbers and sections here were read from."""


class RecipesFile(Strict):
    """`papers/<paper>/recipes.yaml`: the trainings and tests that the paper's suites share."""

    recipes: dict[Name, Recipe]
    protocols: dict[Name, Protocol]


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed number and what would reproduce it; `place` is None for a number the paper only quotes."""

    id: str
    row: str
    column: str
    label: str
    ref: str
    printed: str
    unit: str
    margin: float | None
    place: tuple[str, str, str] | None
    cited: str | None

    @property
    def paper(self) -> float:
        """The printed number."""
        return float(self.printed.replace(",", ""))


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite file that was found sound, with its paper's recipes and protocols beside it."""

    path: Path
    text: str
    file: SuiteFile
    citation: Citation
    shared: RecipesFile

    @property
    def name(self) -> str:
        """The suite's own name, also the folder of its reports."""
        return self.file.suite

    def cells(self) -> list[Cell]:
        """Every printed number of the table, row by row."""
        table = self.file.table
        if table is None:
            return []
        return [
            _cell(self.file, table, row, column)
            for row in table.rows
            for column in table.columns
            if table.rows[row].printed.get(column) is not None
        ]


def _cell(file: SuiteFile, table: Table, row_id: str, column_id: str) -> Cell:
    row, column = table.rows[row_id], table.columns[column_id]
    parts = column.parts() | row.parts()
    named = row.parts().keys() & {"experiment", "evaluation"} or column.parts().keys() & {"experiment"}
    printed = row.printed[column_id]
    assert printed is not None
    return Cell(
        id=f"{row_id}.{column_id}",
        row=row_id,
        column=column_id,
        label=f"{row.label}, {column.label}",
        ref=f"{file.paper}:{table.ref}.{row_id}.{column_id}",
        printed=printed,
        unit=column.unit or "",
        margin=row.margin or column.margin,
        place=(parts["experiment"], parts["evaluation"], parts["metric"]) if named and not row.cited else None,
        cited=row.cited,
    )
