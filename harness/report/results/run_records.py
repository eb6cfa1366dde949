"""Trainings, ensembles, classifications and measurements as results.json holds them: specs and values by seed."""

from __future__ import annotations

from typing import Literal

from harness.report.results.record import ByName, Json, Record

JobOutcome = Literal["done", "diverged", "imported", "failed", "not run"]
Quantity = list[str]
"""Name, unit and label of a number that a measurement or an inspection gives."""


class TestRecord(Record):
    """One test of one net."""

    __test__ = False  # pytest would collect it by its name

    key: str
    values: ByName
    """By metric; empty where the test has not run, or its split has no labels."""
    count: int
    """How many images were seen."""
    ids_sha256: str | None
    """A digest of the ids of the images that were seen."""


class InspectionRecord(Record):
    """The numbers that one inspection read off one net."""

    key: str
    values: ByName
    absent: dict[str, str]
    """By quantity, why there is no such number."""
    reason: str
    """Why the job failed; empty where it did not."""
    quantities: list[Quantity]


class TrainingRecord(Record):
    """The training of one seed, with the tests and inspections of its net."""

    kind: Literal["train"]
    seed: int
    key: str
    outcome: JobOutcome
    reason: str
    """Why the job failed; empty where it did not."""
    weights_sha256: str | None
    diverged_at: int | None
    """The step at which the loss was no longer finite."""
    marks: list[str]
    imported: Json | None = None
    """Whose weights these are, where they were not trained here."""
    values: ByName
    evaluations: dict[str, TestRecord]
    inspections: dict[str, InspectionRecord]


class ExperimentRecord(Record):
    """A training in every seed."""

    says: str | None
    spec: Json
    """The spec of the training job, fully resolved, its seed left out."""
    jobs: list[TrainingRecord]


class AveragedTest(TestRecord):
    """The test of an ensemble, or of one of its nets."""

    outcome: Literal["done", "diverged"] | None
    """Null where it has not run."""
    imported: list[Json]
    """Whose weights it rests on that were not trained here."""


class EnsembleTest(AveragedTest):
    """One test of an ensemble, with the tests of its nets."""

    test: str
    seed: int
    nets: list[AveragedTest]


class EnsembleRecord(Record):
    """An ensemble of nets, test by test and seed by seed."""

    says: str | None
    tests: list[EnsembleTest]


class ClassifiedTest(AveragedTest):
    """One test of classifiers whose scores are averaged."""

    test: str
    seed: int
    reason: str
    """Why its job failed; empty where it did not."""


class ClassificationRecord(Record):
    """Classifiers of features, without a net, test by test and seed by seed."""

    says: str | None
    spec: Json
    """Data, features and classifier at this scale, with every default."""
    tests: list[ClassifiedTest]


class MeasurementJob(Record):
    """One measurement without training."""

    kind: Literal["measure"]
    seed: int
    key: str
    values: ByName
    reason: str
    """Why the job failed; empty where it did not."""


class MeasurementRecord(Record):
    """Numbers that were measured without training."""

    says: str | None
    spec: Json
    """The spec of the job, its seed left out."""
    jobs: list[MeasurementJob]
    quantities: list[Quantity]
