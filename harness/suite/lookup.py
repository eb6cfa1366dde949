"""The names that a typed suite file defines: experiments with their tests and numbers, rows, columns and cells."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from harness.jobs.measures.net import OfNet
from harness.suite.file import SuiteFile
from harness.suite.known_metrics import EPOCH_ERRORS, EPOCHS, RANKED
from harness.vocabulary import MEMBERS, METRICS


class Defined:
    """Looks up names in one suite file; every method gives none for an experiment that the file lacks."""

    def __init__(self, file: SuiteFile) -> None:
        self.file = file
        self.rows = [] if file.table is None else list(file.table.rows)
        self.columns = [] if file.table is None else list(file.table.columns)
        self.trained = [name for name, experiment in file.experiments.items() if experiment.train is not None]

    @cached_property
    def cells(self) -> list[str]:
        """The ids of all cells: those of the table, then the numbers of the text."""
        table = () if self.file.table is None else self.file.table.printed()
        return [*(f"{row}.{column}" for row, column, _ in table), *self.file.cells]

    def tests(self, experiment: str) -> list[str]:
        """Name the tests of an experiment."""
        return [] if experiment not in self.file.experiments else list(self.file.experiments[experiment].evaluate)

    def epochs(self, experiment: str) -> Iterable[str]:
        """Name the place of errors over epochs, which a training has."""
        return (EPOCHS,) if experiment in self.trained else ()

    def metrics(self, experiment: str, test: str | None) -> Iterable[str]:
        """Name the metrics of a test or of the epochs of an experiment; without a known test, those of both."""
        if self.classifies(experiment):
            return RANKED
        if test in self.tests(experiment) or experiment not in self.trained:
            return METRICS
        return EPOCH_ERRORS if test == EPOCHS else (*METRICS, *EPOCH_ERRORS)

    def inspections(self, experiment: str) -> list[str]:
        """Name what is read off the nets of an experiment."""
        return [] if experiment not in self.file.experiments else list(self.file.experiments[experiment].inspect)

    def measures(self, experiment: str) -> bool:
        """Say whether an experiment is a measurement."""
        return experiment in self.file.experiments and self.file.experiments[experiment].measure is not None

    def classifies(self, experiment: str) -> bool:
        """Say whether an experiment has features and classifiers in the place of a net."""
        found = self.file.experiments.get(experiment)
        return found is not None and found.classify is not None

    def metric_said(self, experiment: str) -> str:
        """Call a metric of an experiment in the words of a fault, with the reason why a classifier has fewer."""
        ranks = self.classifies(experiment)
        return f"metric of {experiment!r}, whose scores are no probabilities," if ranks else "metric"

    def of_members(self, experiment: str) -> Iterable[str]:
        """Name the metrics of the nets of an ensemble, each net by itself."""
        found = self.file.experiments.get(experiment)
        return MEMBERS.values() if found is not None and found.ensemble is not None else ()

    def has_net(self, experiment: str) -> bool:
        """Say whether an experiment has a net that a figure can draw."""
        found = self.file.experiments[experiment]
        return found.train is not None or isinstance(found.measure, OfNet)

    def is_ours(self, cell: str) -> bool:
        """Say whether a cell is reproduced, or would be, and not quoted."""
        if cell in self.file.cells:
            return self.file.cells[cell].is_ours()
        assert self.file.table is not None
        return self.file.table.is_ours(*cell.split("."))

    def prints_unknown_column(self, row: str) -> bool:
        """Say whether a name is that of a row that prints an unknown column, so that its cells are not known."""
        return (
            self.file.table is not None
            and row in self.rows
            and not (self.file.table.rows[row].printed.keys() <= self.file.table.columns.keys())
        )
