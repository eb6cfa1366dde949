"""Resolves a training at a scale: its net, data, recipe and tests with every default and override written out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from harness.data import DATASETS, Dataset
from harness.data.declared import VIEWS
from harness.data.spec import DataSpec, Subset
from harness.jobs.rate_schedule import Changes
from harness.jobs.recipe import Protocol, Recipe
from harness.models import Model
from harness.models.layers import Traced, trace
from harness.models.sliding import Sliding
from harness.suite.classification import Misfit
from harness.suite.file import Evaluation, RecipesFile, Scale, SuiteFile
from harness.suite.known_metrics import LARGEST_K
from harness.vocabulary import ScaleName, nearest


@dataclass(frozen=True)
class ResolvedExperiment:
    """One experiment at one scale; its net is traced once for all seeds and tests of a plan."""

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
    takes: list[str] | None = None
    """The layers that it takes them in; every one that fits when None."""

    @property
    def dataset(self) -> Dataset:
        """The declaration of the data set."""
        return DATASETS[self.data.name]

    def traced(self) -> list[Traced]:
        """Give every layer of the net with its shapes and counts."""
        return list(self._traced)

    @cached_property
    def _traced(self) -> tuple[Traced, ...]:
        return tuple(trace(self.model.layers(self.classes), self.input))

    @cached_property
    def multiply_adds(self) -> int:
        """Multiply-adds of one forward pass of one view."""
        return sum(layer.multiply_adds for layer in self._traced)

    def multiply_adds_of_test(self, protocol: Protocol) -> int:
        """Multiply-adds of a test of one image; of images of many sizes, as if they were square."""
        images = self.tested_images(protocol)
        if protocol.views != "dense":
            return self.multiply_adds * VIEWS[protocol.views] * len(images)
        assert protocol.window is not None
        return (1 + protocol.flips) * sum(self._dense(protocol.window, image) for image in images)

    def _dense(self, window: int, image: tuple[int, int, int]) -> int:
        """Multiply-adds of every window of an image."""
        if (window, image) not in self._counted:
            self._counted[window, image] = self.sliding().multiply_adds(window, image)
        return self._counted[window, image]

    @cached_property
    def _counted(self) -> dict[tuple[int, tuple[int, int, int]], int]:
        return {}

    def sliding(self) -> Sliding:
        """The net cut for a dense test; raises ValueError for one that such a test makes no sense for."""
        if self.model.last_map is None:
            raise ValueError(f"{self.model.name} has no map followed by a spatial pyramid, so no test of it is dense")
        return Sliding.cut(self.model.layers(self.classes), self.model.last_map, self.input)

    def tested_images(self, protocol: Protocol) -> list[tuple[int, int, int]]:
        """(channels, height, width) of the images in each pass of a test; the smallest where there are many sizes."""
        raw, channels = self.dataset.raw_size, self.dataset.channels
        if protocol.scales is not None and raw is None:
            return [(channels, side, side) for side in protocol.scales]
        return [(channels, *prepare.sides(raw)) for prepare in protocol.prepares(self.recipe.prepare)]


def resolve_experiment(file: SuiteFile, shared: RecipesFile, scale: ScaleName, name: str) -> ResolvedExperiment:
    """Apply the experiment's own changes, then the scale's; raises ValueError when no such net can be built.

    When to use: to load a suite, whose names are known; everything later takes `Suite.resolved`.
    """
    experiment, world = file.experiments[name], file.scales[scale]
    own, train = world.experiments.get(name), experiment.train
    if train is None:
        raise ValueError(f"experiment {name!r} trains nothing")
    own_recipe = train.change.applied_to(shared.recipes[train.recipe])
    recipe = world.train.applied_to(own_recipe)
    model = world.model.applied_to(train.model)
    if own is not None and own.classify != type(own.classify)():
        why = f"the scale changes `classify` of {name!r}, which trains a net; change its `model` or `train`"
        raise Misfit(why, "classify")
    if own is not None:
        recipe, model = own.train.applied_to(recipe), own.model.applied_to(model)
    dataset = DATASETS[world.data or train.data]
    _check_crop(dataset, recipe)
    subset = own.subset if own is not None and own.subset is not None else world.subset
    check_subset(dataset, subset)
    classes = subset.classes if subset else dataset.classes
    if classes < LARGEST_K:
        raise ValueError(f"{classes} classes; the top-{LARGEST_K} error needs {LARGEST_K} or more")
    resolved = ResolvedExperiment(
        name=name,
        model=model,
        classes=classes,
        input=(dataset.channels, recipe.crop, recipe.crop),
        data=DataSpec(name=dataset.name, subset=subset, prepare=recipe.prepare),
        recipe=recipe,
        evaluations={},
        start_from=train.start_from,
        takes=train.takes,
    )
    _check_logits(resolved)
    _check_layers(resolved)
    taken = {key: test for key, test in experiment.evaluate.items() if test.taken_at(scale)}
    _check_labels(dataset, world, taken)
    protocols = {key: shared.protocols[test.views] for key, test in taken.items() if test.views is not None}
    tests = {
        key: (test, _resolved(protocols[key].in_proportion(recipe.crop, own_recipe.crop), resolved))
        for key, test in taken.items()
    }
    return replace(resolved, evaluations=tests)


def _resolved(protocol: Protocol, experiment: ResolvedExperiment) -> Protocol:
    """A protocol with its window written out; raises ValueError where a view or window does not fit."""
    crop, images = experiment.recipe.crop, experiment.tested_images(protocol)
    if protocol.scales is not None and experiment.recipe.prepare.pad:
        raise ValueError("a test at `scales` takes images as they are stored; leave `pad` out of `prepare`")
    if crop > min(side for _, *sides in images for side in sides):
        raise ValueError(f"a view of {crop} pixels does not fit in test images rescaled to {protocol.scales}")
    if protocol.views != "dense":
        return protocol
    sliding = experiment.sliding()
    window = protocol.window or sliding.window()
    for image in images:
        sliding.positions(window, image)
    return protocol.model_copy(update={"window": window})


def _check_logits(experiment: ResolvedExperiment) -> None:
    """Raises ValueError for a net that cannot be built, or does not end in one number for each class."""
    last = experiment.traced()[-1]
    if last.output != (experiment.classes,):
        raise ValueError(
            f"the net ends in layer {last.name} with an output of {last.output}, not in {experiment.classes} logits"
        )


def _check_labels(dataset: Dataset, world: Scale, tests: Mapping[str, Evaluation]) -> None:
    """Raises ValueError for a part of a split that has no classes to take the part from."""
    unlabelled = [key for key, test in tests.items() if test.split in dataset.unlabelled]
    if world.subset is not None and unlabelled:
        raise ValueError(
            f"{unlabelled[0]!r} is of images without labels, of which no subset can be taken; give it `scales`"
        )


def _check_layers(experiment: ResolvedExperiment) -> None:
    """Raises ValueError where the net cannot be built, or for a layer that is named and that it does not have."""
    layers = [one.name for one in experiment.traced() if one.learned]
    schedule = experiment.recipe.schedule
    named = {"schedule": schedule.named() if isinstance(schedule, Changes) else [], "takes": experiment.takes or []}
    for what, names in named.items():
        if unknown := [name for name in names if name not in (*layers, *experiment.model.left_out)]:
            raise ValueError(f"{what}: no layer {unknown[0]!r} in {experiment.model.name}{nearest(unknown[0], layers)}")
    if experiment.takes is not None and experiment.start_from is None:
        raise ValueError("`takes` names layers and there is no `start_from` to take them from")


def check_subset(dataset: Dataset, subset: Subset | None) -> None:
    """Raise Misfit if a set surely has fewer classes, or fewer training images of a class, than a subset takes."""
    if subset is None:
        return
    if subset.classes > dataset.classes:
        raise Misfit(f"a subset of {subset.classes} classes; {dataset.title} has {dataset.classes}", "subset")
    images = dataset.splits["train"]
    smallest, largest = dataset.class_sizes.get("train", (images, images))
    most, of = (smallest, "its smallest") if subset.classes == dataset.classes else (largest, "a")
    if dataset.exact and (subset.per_class > most or subset.classes * subset.per_class > images):
        per = f", at most {most:,} of {of} class" if most < images else ""
        wanted = f"{subset.per_class:,} training images of each of {subset.classes} classes"
        raise Misfit(f"a subset of {wanted}; {dataset.title} has {images:,} in all{per}; take fewer", "subset")


def _check_crop(dataset: Dataset, recipe: Recipe) -> None:
    sides = recipe.prepare.sides(dataset.raw_size)
    if recipe.crop > min(sides):
        raise ValueError(f"a crop of {recipe.crop} pixels does not fit in prepared images of {sides[0]} x {sides[1]}")
    jitter = recipe.augmentation.jitter
    if jitter is not None and recipe.crop > jitter[0]:
        raise ValueError(f"a crop of {recipe.crop} pixels does not fit in images jittered to {jitter[0]}")
    if jitter is not None and recipe.prepare.pad:
        raise ValueError("jitter takes images as they are stored; leave `pad` out of `prepare`")
