"""The steps in which the numbers of an inspection move: whole classes, or shares of a few images."""

from __future__ import annotations

from harness.jobs.inspections import InspectionSpec
from harness.jobs.inspections.neighbours import Neighbours
from harness.jobs.inspections.per_class import PerClass
from harness.suite.resolve import ResolvedExperiment


def step_of(spec: InspectionSpec, quantity: str, experiment: ResolvedExperiment) -> float:
    """Return how much one class, image or neighbour changes a number; 0 for one that does not move in steps.

    Classes of a test are taken as equally large.
    """
    match spec:
        case PerClass() if quantity.endswith("_classes"):
            return 1.0
        case PerClass() if spec.evaluation in experiment.evaluations:
            images = _images(experiment, experiment.evaluations[spec.evaluation][0].split)
            return 100 * (experiment.classes if quantity == "worst_error" else 1) / images
        case Neighbours() if quantity.endswith("_same_class_percent"):
            return 100 / (min(spec.queries, _images(experiment, spec.split)) * spec.neighbours)
        case _:
            return 0.0


def _images(experiment: ResolvedExperiment, split: str) -> int:
    return experiment.dataset.count(split, experiment.data.subset)
