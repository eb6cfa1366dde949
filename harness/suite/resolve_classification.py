"""Resolves a system of features and classifiers at a scale, with every change of the scale written out."""

from __future__ import annotations

from dataclasses import dataclass

from harness.data import DATASETS, Dataset
from harness.data.spec import DataSpec
from harness.jobs.features.feature_specs import LocalCoordinate
from harness.suite.classification import Classify
from harness.suite.file import Evaluation, Scale, SuiteFile
from harness.suite.known_metrics import LARGEST_K
from harness.vocabulary import ScaleName

ASPECT = 4 / 3
"""Width by height of the images that a plan assumes where sizes vary, as most photographs have it."""


@dataclass(frozen=True, slots=True)
class ResolvedClassification:
    """One system at one scale."""

    name: str
    system: Classify
    data: DataSpec
    classes: int
    tests: dict[str, Evaluation]

    @property
    def dataset(self) -> Dataset:
        """The declaration of the data set."""
        return DATASETS[self.data.name]

    def size(self) -> tuple[int, int]:
        """Give (height, width) of a prepared image; of one in the usual aspect where sizes vary."""
        prepare = self.data.prepare
        if self.dataset.raw_size is None and prepare.center is None:
            short = prepare.short_side or 256
            return short, round(short * ASPECT)
        _, height, width = self.dataset.shape(prepare)
        return height, width


def resolve_classification(file: SuiteFile, scale: ScaleName, name: str) -> ResolvedClassification:
    """Apply the scale's changes; raises ValueError where no such system can be built."""
    experiment, world = file.experiments[name], file.scales[scale]
    if experiment.classify is None:
        raise ValueError(f"experiment {name!r} classifies nothing")
    own = world.experiments.get(name)
    for change in ("model", "train"):
        if own is not None and getattr(own, change) != type(getattr(own, change))():
            raise ValueError(f"the scale changes `{change}` of {name!r}, which trains no net; change its `classify`")
    system = experiment.classify if own is None else own.classify.applied_to(experiment.classify)
    dataset = DATASETS[world.data or system.data]
    subset = own.subset if own is not None and own.subset is not None else world.subset
    tests = {key: test for key, test in experiment.evaluate.items() if test.taken_at(scale)}
    resolved = ResolvedClassification(
        name=name,
        system=system,
        data=DataSpec(name=dataset.name, subset=subset, prepare=system.prepare),
        classes=subset.classes if subset else dataset.classes,
        tests=tests,
    )
    _check(resolved, world)
    return resolved


def _check(resolved: ResolvedClassification, world: Scale) -> None:
    """Raises ValueError for too few classes, images without labels in a part, patches or components that do not fit."""
    if resolved.classes < LARGEST_K:
        raise ValueError(f"{resolved.classes} classes; the top-{LARGEST_K} error needs {LARGEST_K} or more")
    unlabelled = [key for key, test in resolved.tests.items() if test.split in resolved.dataset.unlabelled]
    if world.subset is not None and unlabelled:
        raise ValueError(f"{unlabelled[0]!r} is of images without labels, of which no subset can be taken")
    height, width = resolved.size()
    for name, feature in resolved.system.features.items():
        length = feature.descriptor.length(resolved.dataset.channels)
        if feature.dimensions > length:
            raise ValueError(
                f"feature {name!r} keeps {feature.dimensions} components of descriptors of {length} numbers"
            )
        if isinstance(feature, LocalCoordinate) and feature.neighbours > feature.anchors:
            raise ValueError(f"feature {name!r} takes {feature.neighbours} neighbours of {feature.anchors} anchors")
        fixed = resolved.dataset.raw_size is not None or resolved.data.prepare.center is not None
        largest = (max if fixed else min)(feature.descriptor.sides)
        if largest > min(height, width):
            raise ValueError(f"feature {name!r} has patches of {largest} pixels, which fit in no {height} x {width}")
