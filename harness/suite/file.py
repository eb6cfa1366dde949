"""The types of a suite file: the table, the experiments that would reproduce it, claims, deviations, scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator

from harness.data.spec import Subset
from harness.jobs.any_of import AnyInspection, AnyMeasure
from harness.jobs.measures import MeasureSpec
from harness.jobs.measures.speedup import Speedup
from harness.jobs.measures.timing import Timing
from harness.jobs.recipe import Protocol, Recipe, RecipeChange, ScaledTraining
from harness.models import Model, ScaledModel
from harness.strict import Name, Strict
from harness.suite.cells import Cell, cells_of
from harness.suite.claim_parts import is_direction, with_directions
from harness.suite.claims import Claim
from harness.suite.classification import Classify, ScaledClassification
from harness.suite.known_metrics import EPOCHS
from harness.suite.printed_table import FreeCell, Table
from harness.suite.seeds import Seeds
from harness.vocabulary import ScaleName

if TYPE_CHECKING:
    from harness.suite.released import Released
    from harness.suite.resolve import ResolvedExperiment

SplitName = Literal["train", "val", "test"]


class Train(Strict):
    """A training: a net, a data set and a named recipe of the paper, with what this experiment changes in it."""

    model: Model
    data: Name
    recipe: Name
    change: RecipeChange = RecipeChange()
    start_from: Name | None = None
    """The experiment whose weights, wherever a layer has the same shape, this training begins with."""
    takes: list[str] | None = Field(None, min_length=1)
    """The layers that it takes these weights in, where not in all that have the same shape."""


class Evaluation(Strict):
    """A test on a whole split; of a trained net, seen through one of the paper's protocols."""

    split: SplitName
    views: Name | None = None
    """The protocol of a net's test; a classification sees whole images and has none."""
    scales: list[ScaleName] | None = Field(None, min_length=1)
    """Taken at these scales only; at every one when left out."""

    def taken_at(self, scale: ScaleName) -> bool:
        """Say whether a scale has this test."""
        return self.scales is None or scale in self.scales


class Member(Strict):
    """Nets of one experiment in an ensemble."""

    experiment: Name
    nets: PositiveInt
    """So many seeds of it; the ensemble of repetition r takes its seeds from r x nets on."""


class Experiment(Strict):
    """One of four: a training or classification with its evaluations, an ensemble of nets, or a measurement."""

    says: str | None = None
    train: Train | None = None
    ensemble: list[Member] | None = None
    """Nets whose predictions, under one evaluation that all of them have, are averaged."""
    measure: AnyMeasure | None = None
    classify: Classify | None = None
    """Features of images and classifiers of them, without a net."""
    evaluate: dict[Name, Evaluation] = Field(default_factory=dict)
    inspect: dict[Name, AnyInspection] = Field(default_factory=dict)
    """Inspections of the trained net; a number of one is `experiment.inspection.quantity`."""

    @model_validator(mode="after")
    def _one_kind(self) -> Experiment:
        kinds = ("train", "ensemble", "measure", "classify")
        given = [name for name in kinds if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of {', '.join(kinds)}; has {', '.join(given) or 'none'}")
        if (self.measure is None) != bool(self.evaluate):
            raise ValueError("a training, classification or ensemble needs `evaluate`, and a measurement has none")
        for name, test in self.evaluate.items():
            if test.views is None and self.classify is None:
                raise ValueError(f"{name} needs `views`, the protocol of a net's test")
            if test.views is not None and self.classify is not None:
                raise ValueError(f"{name} has `views`, but a classification takes images whole; remove it")
        if self.inspect and self.train is None:
            raise ValueError("only a training can have `inspect`")
        if both := self.evaluate.keys() & self.inspect.keys():
            raise ValueError(f"{min(both)} names both an evaluation and an inspection")
        if EPOCHS in self.evaluate or EPOCHS in self.inspect:
            raise ValueError(
                f"`{EPOCHS}` means the epochs of the training; give the evaluation or inspection another name"
            )
        return self


class Figure(Strict):
    """A figure of the paper, and what of which experiments stands for it: one of four, or why nothing can."""

    ref: str
    """The paper's own name of it: F1."""
    title: str
    shows: str
    experiments: list[Name] = Field(default_factory=list)
    inspection: Name | None = None
    """The picture of this inspection, which each of the experiments has."""
    curve: Literal["train_loss", "train_error", "validation_error"] | None = None
    """This quantity of all the experiments against epochs, in one chart."""
    threshold: float | dict[ScaleName, float] | None = None
    """A level that is drawn across the curves: one, or one a scale."""
    drawing: Literal["architecture", "activations"] | None = None
    """The experiments' nets as they are declared: the sizes of their layers, or their activation functions."""
    not_run: str | None = None
    """The reason why nothing of this program can stand for it."""

    @model_validator(mode="after")
    def _one_kind(self) -> Figure:
        given = [name for name in ("inspection", "curve", "drawing", "not_run") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"needs exactly one of inspection, curve, drawing, not_run; has {', '.join(given) or 'none'}"
            )
        if (self.not_run is None) != bool(self.experiments):
            raise ValueError("needs `experiments`, or `not_run` and none")
        return self


class Deviation(Strict):
    """A departure from the paper, or a choice where it is silent."""

    paper: str
    ours: str
    why: str
    expected: str
    """The effect we expect on the numbers."""
    affects: list[Name]
    """Experiments, or rows of the table."""
    scales: list[ScaleName] | None = None
    """Only at these scales; at every one when left out."""


class Reading(Strict):
    """An opinion, written after the results, on why claims came out as they did; it is part of no key or verdict."""

    claims: list[Name] = Field(min_length=1)
    scale: ScaleName
    outcome: Literal["CONFIRMED", "CONTRADICTED", "INCONCLUSIVE", "MIXED", "BY CONSTRUCTION"]
    """The outcome that it explains; where a claim comes out otherwise, the reading is not shown."""
    says: str


class Earlier(Strict):
    """The outcomes of seeds tried before those declared now, so that nobody tries seeds until a verdict pleases."""

    seeds: Seeds
    claims: dict[Name, Literal["CONFIRMED", "CONTRADICTED", "INCONCLUSIVE"]] = Field(min_length=1)
    """The outcome of each claim; it stands beside the verdict of today's seeds."""
    says: str | None = None


class ScaledExperiment(Strict):
    """The changes of a scale to one experiment: its size, not its method."""

    model: ScaledModel = ScaledModel()
    train: ScaledTraining = ScaledTraining()
    classify: ScaledClassification = ScaledClassification()
    subset: Subset | None = None
    """A part of the data of its own, in the place of the scale's, where the amount of data is what is tested."""


class Scale(Strict):
    """The size of world that the suite runs in, and its seeds."""

    seeds: Seeds
    """Declared here, before anything has run: so many from 0 on, or looks at growing numbers of them."""
    earlier: list[Earlier] = Field(default_factory=list)
    data: Name | None = None
    """The one data set of this scale, in the place of every experiment's own."""
    subset: Subset | None = None
    smallest_effect: PositiveFloat | None = None
    """The smallest difference, in the cells' unit, that this scale's claims care about."""
    paired_spread: PositiveFloat | None = None
    """Standard deviation over seeds of the differences that claims speak of, in the cells' unit, seen beforehand on
    other seeds than those declared; the plan says by it what these can find."""
    model: ScaledModel = ScaledModel()
    """Declared parameters of the nets that this scale changes: width and geometry."""
    train: ScaledTraining = ScaledTraining()
    gpus: PositiveInt | None = None
    """GPUs that share the batches of each training and test where there are so many; a setting of the run, part of no
    key, in the place of which a run's own flag counts."""
    timing_batch: PositiveInt | None = None
    """Images of a timed step, in the place of the measurement's own."""
    experiments: dict[Name, ScaledExperiment] = Field(default_factory=dict)
    """Changes for one experiment only, after those for all."""
    says: str | None = None
    """A note on what this scale can and cannot show."""

    def timed(self, measurement: MeasureSpec) -> MeasureSpec:
        """A measurement at this scale: the nets of a timing are scaled, and nothing that is exact or drawn is.

        Raises ValueError for a parameter that one of the nets does not have.
        """
        if not isinstance(measurement, Timing | Speedup):
            return measurement
        return measurement.with_models(self.model.applied_to).with_batch(self.timing_batch or measurement.batch)


class SuiteFile(Strict):
    """One YAML file: a table, a figure or a group of claims of one paper."""

    suite: Name
    paper: Name
    title: str
    source: str
    table: Table | None = None
    cells: dict[Name, FreeCell] = Field(default_factory=dict)
    """Printed numbers outside the table."""
    figures: dict[Name, Figure] = Field(default_factory=dict)
    experiments: dict[Name, Experiment]
    claims: dict[Name, Claim] = Field(default_factory=dict)
    deviations: dict[Name, Deviation] = Field(default_factory=dict)
    readings: dict[Name, Reading] = Field(default_factory=dict)
    scales: dict[ScaleName, Scale] = Field(min_length=1)

    @field_validator("claims")
    @classmethod
    def _in_parts(cls, claims: dict[Name, Claim]) -> dict[Name, Claim]:
        return with_directions(claims)

    def written_claims(self) -> dict[Name, Claim]:
        """Give the claims that stand in the file, without the directions that stand beside those of a printed size."""
        return {name: claim for name, claim in self.claims.items() if not is_direction(name)}

    def every_cell(self) -> list[Cell]:
        """Give every printed number: those of the table, then those of the text."""
        return list(cells_of(self.paper, self.table, self.cells))


class Citation(Strict):
    """The paper that is reproduced: `papers/<paper>/paper.yaml`."""

    paper: Name
    title: str
    authors: list[str]
    venue: str
    year: PositiveInt
    references: str | None = None
    """The edition from which the numbers and sections here were read."""


class RecipesFile(Strict):
    """`papers/<paper>/recipes.yaml`: the trainings and tests that the paper's suites share."""

    recipes: dict[Name, Recipe]
    protocols: dict[Name, Protocol]


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite file that was found sound, with its paper's files, and its trainings resolved at every scale."""

    path: Path
    text: str
    file: SuiteFile
    citation: Citation
    shared: RecipesFile
    released: Released | None
    """The later release of the paper's authors, where there is one."""
    resolved: Mapping[ScaleName, Mapping[str, ResolvedExperiment]]
    """By scale and experiment, every training with its defaults and overrides written out."""

    @property
    def name(self) -> str:
        """The suite's own name, also the folder of its reports."""
        return self.file.suite

    def cells(self) -> list[Cell]:
        """Give every printed number: those of the table, then those of the text."""
        return self.file.every_cell()
