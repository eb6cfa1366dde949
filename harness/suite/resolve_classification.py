"""Resolves a system of features and classifiers at a scale, with every change of the scale written out."""

from __future__ import annotations

from dataclasses import dataclass

from harness.data import DATASETS, Dataset
from harness.data.spec import DataSpec
from harness.jobs.features.feature_specs import Feature, LocalCoordinate
from harness.suite.classification import Classify, Misfit
from harness.suite.file import Evaluation, Scale, SuiteFile
from harness.suite.known_metrics import LARGEST_K
from harness.suite.resolve import check_subset
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
    """Apply the scale's changes; raises ValueError where no such system can be built, Misfit with the keys at fault."""
    experiment, world = file.experiments[name], file.scales[scale]
    if experiment.classify is None:
        raise ValueError(f"experiment {name!r} classifies nothing")
    own = world.experiments.get(name)
    for change in ("model", "train"):
        if own is not None and getattr(own, change) != type(getattr(own, change))():
            why = f"the scale changes `{change}` of {name!r}, which trains no net; change its `classify`"
            raise Misfit(why, change)
    system = experiment.classify if own is None else own.classify.applied_to(experiment.classify)
    dataset = DATASETS[world.data or system.data]
    subset = own.subset if own is not None and own.subset is not None else world.subset
    check_subset(dataset, subset)
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
    """Raises Misfit for too few classes, images without labels in a part, or a feature that does not fit."""
    if resolved.classes < LARGEST_K:
        why = f"{resolved.classes} classes; the top-{LARGEST_K} error needs {LARGEST_K} or more"
        raise Misfit(f"{why}: take more `classes` in the `subset`, or another set", "subset")
    unlabelled = [key for key, test in resolved.tests.items() if test.split in resolved.dataset.unlabelled]
    if world.subset is not None and unlabelled:
        why = f"{unlabelled[0]!r} is of images without labels, of which no subset can be taken"
        raise Misfit(f"{why}; give it `scales` without this one", "subset")
    for name, feature in resolved.system.features.items():
        _check_patches(resolved, name, feature)
        _check_vocabulary(resolved, name, feature)


def _check_patches(resolved: ResolvedClassification, name: str, feature: Feature) -> None:
    """Raises Misfit for patches that fit in no image."""
    height, width = resolved.size()
    largest = (max if _of_one_size(resolved) else min)(feature.descriptor.sides)
    if largest > min(height, width):
        why = f"feature {name!r} has patches of {largest} pixels, which fit in no {height} x {width}"
        raise Misfit(f"{why}; take smaller `sides`, or larger images by `prepare`", "sides", "prepare", feature=name)


def _check_vocabulary(resolved: ResolvedClassification, name: str, feature: Feature) -> None:
    """Raises Misfit for more components, neighbours or words than there can be."""
    length, learned = feature.descriptor.length(resolved.dataset.channels), _learned(feature)
    if feature.dimensions > length:
        why = f"feature {name!r} keeps {feature.dimensions} components of descriptors of {length} numbers"
        raise Misfit(f"{why}; keep fewer `dimensions`", "dimensions", feature=name)
    if isinstance(feature, LocalCoordinate) and feature.neighbours > feature.anchors:
        why = f"feature {name!r} takes {feature.neighbours} neighbours of {feature.anchors} anchors"
        raise Misfit(f"{why}; take fewer `neighbours` or more `anchors`", "anchors", "neighbours", feature=name)
    images = min(feature.images, resolved.dataset.count("train", resolved.data.subset))
    each = min(feature.per_image, feature.descriptor.patches(*resolved.size()))
    each = each if _of_one_size(resolved) else feature.per_image
    for key in (learned, "dimensions"):
        if getattr(feature, key) > images * each:
            why = f"feature {name!r} learns {getattr(feature, key)} `{key}` of at most {images * each} descriptors"
            how = f"{each} of each of {images} images; take fewer `{key}`, or more `images` or `per_image`"
            raise Misfit(f"{why}, {how}", key, "images", "per_image", feature=name)


def _learned(feature: Feature) -> str:
    """The key of a feature's size: what is learned of descriptors."""
    return next(key for key in ("gaussians", "anchors", "words") if hasattr(feature, key))


def _of_one_size(resolved: ResolvedClassification) -> bool:
    return resolved.dataset.raw_size is not None or resolved.data.prepare.center is not None
