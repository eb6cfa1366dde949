"""What an experiment is at a scale: the net, data, recipe and tests with every default and override written out."""

from __future__ import annotations

from dataclasses import dataclass

from harness.data import DATASETS, Dataset
from harness.data.declared import DataSpec
from harness.models import Model
from harness.models.layers import Traced, trace
from harness.recipe import Protocol, Recipe
from harness.scale_names import ScaleName
from harness.suite import Evaluation, Suite


@dataclass(frozen=True, slots=True)
class ResolvedExperiment:
    """One experiment at one scale."""

    name: str
    model: Model
    classes: int
    input: tuple[int, int, int]
    """(channels, height, width) of the views the net sees."""
    data: DataSpec
    recipe: Recipe
    evaluations: dict[str, tuple[Evaluation, Protocol]]
    start_from: str | None = None
    """The experiment whose weights this training begins with."""

    @property
    def dataset(self) -> Dataset:
        """The declaration of the data set."""
        return DATASETS[self.data.name]

    def traced(self) -> list[Traced]:
        """Every layer of the net with its shapes and counts."""
        return list(trace(self.model.layers(self.classes), self.input))


def resolve_experiment(suite: Suite, scale: ScaleName, name: str) -> ResolvedExperiment:
    """Apply the experiment's own changes, then the scale's; raises ValueError when no such net can be built."""
    experiment, world = suite.file.experiments[name], suite.file.scales[scale]
    own, train = world.experiments.get(name), experiment.train
    if train is None:
        raise ValueError(f"experiment {name!r} trains nothing")
    recipe = world.train.applied_to(train.change.applied_to(suite.shared.recipes[train.recipe]))
    model = world.model.applied_to(train.model)
    if own is not None:
        recipe, model = own.train.applied_to(recipe), own.model.applied_to(model)
    dataset = DATASETS[world.data or train.data]
    _check_crop(dataset, recipe)
    resolved = ResolvedExperiment(
        name=name,
        model=model,
        classes=world.subset.classes if world.subset else dataset.classes,
        input=(dataset.channels, recipe.crop, recipe.crop),
        data=DataSpec(name=dataset.name, subset=world.subset, prepare=recipe.prepare),
        recipe=recipe,
        evaluations={key: (test, suite.shared.protocols[test.views]) for key, test in experiment.evaluate.items()},
        start_from=train.start_from,
    )
    resolved.traced()
    return resolved


def _check_crop(dataset: Dataset, recipe: Recipe) -> None:
    sides = recipe.prepare.sides(dataset.raw_size)
    if recipe.crop > min(sides):
        raise ValueError(f"a crop of {recipe.crop} pixels does not fit in prepared images of {sides[0]} x {sides[1]}")
