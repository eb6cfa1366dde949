"""Resolves every training of a suite at every scale, so that a net that cannot be built is a fault of the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harness.errors import UsageError
from harness.models.layers import Traced
from harness.suite.classification import Misfit
from harness.suite.file import Experiment, RecipesFile, SuiteFile
from harness.suite.known_metrics import EPOCH_ERRORS, EPOCHS
from harness.suite.resolve import ResolvedExperiment, resolve_experiment
from harness.suite.resolve_classification import resolve_classification
from harness.suite.yaml_places import KeyPath, Places
from harness.vocabulary import METRICS, ScaleName, nearest

Resolved = Mapping[str, ResolvedExperiment]
"""The trainings of one scale, by experiment."""


def resolve_scales(file: SuiteFile, shared: RecipesFile, places: Places) -> dict[ScaleName, Resolved]:
    """Resolve the trainings at each scale; notes a fault for each that cannot be, and each number that it lacks.

    When to use: once, on a file whose names are known to be sound.
    """
    check_scales_of_tests(file, places)
    _check_thresholds(file, places)
    return {scale: dict(_resolved(file, shared, scale, places)) for scale in file.scales}


def _resolved(
    file: SuiteFile, shared: RecipesFile, scale: ScaleName, places: Places
) -> Iterator[tuple[str, ResolvedExperiment]]:
    for name, experiment in file.experiments.items():
        try:
            if experiment.measure is not None:
                file.scales[scale].timed(experiment.measure)
            if experiment.classify is not None:
                resolve_classification(file, scale, name)
            if experiment.train is None:
                continue
            resolved = resolve_experiment(file, shared, scale, name)
            known = _numbers(experiment, resolved, file.scales[scale].gpus)
        except (ValueError, UsageError) as error:
            places.fault(
                _at(error, scale, name, places), f"experiment {name!r} cannot be resolved at {scale} scale: {error}"
            )
            continue
        for path, source, number in _named_numbers(file, name):
            if number not in known.get(source, [number]):
                why = f"{name}.{source} has no {number!r} at {scale} scale{nearest(number, known[source])}"
                places.fault(path, why)
        yield name, resolved


def _at(error: Exception, scale: ScaleName, name: str, places: Places) -> KeyPath:
    """The key that a fault is told at: what the scale changes of it, what the system itself says, else the scale."""
    at: KeyPath = ("scales", scale)
    if not isinstance(error, Misfit):
        return at
    own, system = (*at, "experiments", name), ("experiments", name, "classify")
    feature = () if error.feature is None else ("features", error.feature)
    heads: list[KeyPath] = [(*own, "classify"), own, at, (*system, *feature), (*system, *feature, "descriptor"), system]
    return next(((*head, key) for head in heads for key in error.keys if (*head, key) in places.places), at)


def _numbers(experiment: Experiment, resolved: ResolvedExperiment, gpus: int | None) -> dict[str, Iterable[str]]:
    """Name the numbers of each test and inspection of a training; raises ValueError where one makes no sense for it."""
    layers = resolved.traced()
    _check_shared(gpus, layers)
    if any(spec.reads_features for spec in experiment.inspect.values()):
        _check_feature(resolved.model.hidden_feature, layers)
    tested: dict[str, Iterable[str]] = dict.fromkeys(experiment.evaluate, METRICS)
    tested[EPOCHS] = EPOCH_ERRORS
    return tested | {key: spec.quantities(layers, resolved.classes) for key, spec in experiment.inspect.items()}


def _check_shared(gpus: int | None, layers: Iterable[Traced]) -> None:
    """Raise ValueError where a scale has GPUs share the batches of a net that mixes their images."""
    mixing = [one.name for one in layers if one.layer.mixes_images]
    if mixing and (gpus or 1) > 1:
        raise ValueError(f"`gpus: {gpus}` would divide its batches, and layer {mixing[0]} mixes their images")


def _check_feature(name: str, layers: Iterable[Traced]) -> None:
    """Raise ValueError where the net lacks the layer that it names for its feature vector."""
    names = [one.name for one in layers]
    if name not in names:
        raise ValueError(f"the net has no layer {name!r} for an image's feature vector{nearest(name, names)}")


def _check_thresholds(file: SuiteFile, places: Places) -> None:
    """Note a fault where a training error that is declared by scale lacks a scale of the suite, or has another."""
    for name, claim in file.written_claims().items():
        said = claim.faster.train_error if claim.faster is not None else None
        if isinstance(said, dict) and said.keys() != file.scales.keys():
            scales = ", ".join(file.scales)
            places.fault(("claims", name, "faster", "train_error"), f"needs one number for each scale: {scales}")


def _named_numbers(file: SuiteFile, experiment: str) -> Iterator[tuple[KeyPath, str, str]]:
    """Give every place that names a number of a training: key path, its test or inspection, and the number."""
    for cell in file.every_cell():
        for place in cell.places:
            if place[0] == experiment and len(place) == 3:
                yield cell.key_path, place[1], place[2]
    for name, claim in file.written_claims().items():
        for parts in (operand.split(".") for operand in claim.operands):
            if parts[0] == experiment and len(parts) == 3:
                yield ("claims", name), parts[1], parts[2]


def check_scales_of_tests(file: SuiteFile, places: Places) -> None:
    """Note a fault for each ensemble and inspection that reads a test which one of its scales leaves out."""
    for scale in file.scales:
        for path, experiment, test in _uses(file, scale):
            if not file.experiments[experiment].evaluate[test].taken_at(scale):
                places.fault(path, f"needs {experiment}.{test}, which is not taken at {scale} scale")


def _uses(file: SuiteFile, scale: ScaleName) -> Iterator[tuple[KeyPath, str, str]]:
    """Give every use of a test by an ensemble or inspection: key path, experiment, and name of the test."""
    for name, experiment in file.experiments.items():
        for test, evaluation in experiment.evaluate.items():
            if evaluation.taken_at(scale):
                for member in experiment.ensemble or ():
                    yield ("experiments", name, "evaluate", test), member.experiment, test
        for inspection, spec in experiment.inspect.items():
            for other, test in spec.tests(name).values():
                yield ("experiments", name, "inspect", inspection), other, test
