"""Checks of names in a typed suite file: each means something in the file, its paper's recipes, or a registry."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from itertools import chain

from harness.data import DATASETS
from harness.jobs.inspections import InspectionSpec
from harness.jobs.measures import MeasureSpec
from harness.suite.claims import Claim
from harness.suite.file import Experiment, Figure, RecipesFile, SuiteFile, Train
from harness.suite.known_metrics import EPOCH_ERRORS
from harness.suite.lookup import Defined
from harness.suite.printed import is_printed, over_runs
from harness.suite.printed_table import PARTS, FreeCell, Place, Row, Table
from harness.suite.yaml_places import KeyPath, Places, shown
from harness.vocabulary import METRICS

ALONE = ("exact", "stalls", "leaves_chance")
"""Operators of a claim about one number, which therefore has to be ours."""


def check_names(file: SuiteFile, shared: RecipesFile, places: Places) -> None:
    """Note a fault for every experiment, evaluation, metric, column, data set or recipe that does not exist.

    A cell whose row or column has a fault gets none of its own for its place.
    """
    checks = _Checks(file, shared, places)
    for name, experiment in file.experiments.items():
        checks.experiment(name, experiment)
    if file.table is not None:
        checks.table(file.table)
    for name, cell in file.cells.items():
        checks.free_cell(("cells", name), cell)
    for name, claim in file.written_claims().items():
        checks.claim(("claims", name), claim)
    checks.deviations()
    for name, figure in file.figures.items():
        checks.figure(("figures", name), figure)
    checks.readings()
    checks.scales()


class _Checks:
    """The checks of one file; those that return a bool say whether they found no fault."""

    def __init__(self, file: SuiteFile, shared: RecipesFile, places: Places) -> None:
        self.file, self.shared, self.places = file, shared, places
        self.defined = Defined(file)
        self.quantities: dict[str, list[str]] = {}
        """By measurement, its numbers; a measurement with a fault has no entry."""

    def _known(self, path: KeyPath, name: str, known: Iterable[str], what: str) -> bool:
        """Note a fault at `path` where no `what` of this name is known, with the nearest name or the few there are."""
        known = list(known)
        if name in known:
            return True
        close = difflib.get_close_matches(name, known, n=1)
        listed = f"; there are {', '.join(known) or 'none'}" if len(known) <= 12 else ""
        self.places.fault(path, f"no {what} {shown(name)}" + (f"; did you mean {close[0]!r}?" if close else listed))
        return False

    def _experiment(self, path: KeyPath, name: str) -> bool:
        return self._known(path, name, self.file.experiments, "experiment")

    def _trained(self, path: KeyPath, name: str) -> bool:
        return self._known(path, name, self.defined.trained, "experiment that trains")

    def experiment(self, name: str, experiment: Experiment) -> None:
        """Check the names in one experiment."""
        path: KeyPath = ("experiments", name)
        if experiment.measure is not None:
            self._measurement((*path, "measure"), name, experiment.measure)
        if experiment.train is not None:
            self._training((*path, "train"), experiment.train)
        if experiment.classify is not None:
            self._known((*path, "classify", "data"), experiment.classify.data, DATASETS, "data set")
        for index, member in enumerate(experiment.ensemble or ()):
            where = (*path, "ensemble", index, "experiment")
            if self._trained(where, member.experiment):
                for test in experiment.evaluate:
                    known = self.defined.tests(member.experiment)
                    self._known(where, test, known, f"evaluation of {member.experiment!r}")
        for inspection, spec in experiment.inspect.items():
            self._inspection((*path, "inspect", inspection), name, spec)
        for test, evaluation in experiment.evaluate.items():
            if evaluation.views is not None:
                self._known((*path, "evaluate", test, "views"), evaluation.views, self.shared.protocols, "protocol")

    def _measurement(self, path: KeyPath, name: str, measure: MeasureSpec) -> None:
        try:
            self.quantities[name] = list(measure.quantities())
        except ValueError as error:
            self.places.fault(path, f"yields nothing: {error}")

    def _training(self, path: KeyPath, train: Train) -> None:
        self._known((*path, "data"), train.data, DATASETS, "data set")
        self._known((*path, "recipe"), train.recipe, self.shared.recipes, "recipe")
        if train.start_from is not None:
            self._trained((*path, "start_from"), train.start_from)

    def _inspection(self, path: KeyPath, name: str, spec: InspectionSpec) -> None:
        """Check the tests that an inspection reads: its own experiment's, and one of the same name of another's."""
        for owner, test in spec.tests(name).values():
            if owner == name:
                self._known((*path, "evaluation"), test, self.defined.tests(name), "evaluation")
            elif self._trained((*path, "against"), owner):
                self._known((*path, "evaluation"), test, self.defined.tests(owner), f"evaluation of {owner!r}")

    def table(self, table: Table) -> None:
        """Check the places and printed numbers of a table, row by row."""
        sound = {name: self._place(("table", "columns", name), column) for name, column in table.columns.items()}
        for name, row in table.rows.items():
            path: KeyPath = ("table", "rows", name)
            whole = self._sides(path, row)
            own = {column: self._own_value((*path, "values", column), row, column) for column in row.values}
            for column, printed in row.printed.items():
                where = (*path, "printed", column)
                if self._known(where, column, table.columns, "column") and printed is not None:
                    self._number(where, printed, row.runs or table.columns[column].runs)
                    if own.get(column, whole and sound[column]) and table.is_ours(name, column):
                        who = "row and column together name"
                        for parts in table.parts(name, column):
                            self._complete(where, parts, who, not_run=row.not_run)
            self._quoted(path, row, "row")

    def _own_value(self, path: KeyPath, row: Row, column: str) -> bool:
        place = row.own_place(column)
        assert place is not None
        return self._known(path, column, row.printed, "printed column") and self._place(path, place, value_at=path)

    def free_cell(self, path: KeyPath, cell: FreeCell) -> None:
        """Check the place and the printed number of a cell outside the table."""
        if cell.number is None:
            self._number((*path, "printed"), cell.printed, cell.runs)
        if self._sides(path, cell) and cell.is_ours():
            for side in cell.sides():
                self._complete(path, side.parts(), "names", not_run=cell.not_run)
        self._quoted(path, cell, "number")

    def _quoted(self, path: KeyPath, said: Row | FreeCell, what: str) -> None:
        if said.cited is not None and said.value is not None:
            self.places.fault((*path, "cited"), f"a cited {what} has no value of ours; drop one of the two")

    def _number(self, path: KeyPath, printed: str, runs: int | None) -> None:
        if over_runs(printed) is not None and runs is None:
            self.places.fault(path, f"{shown(printed)} is a mean over runs; say over how many with `runs`")
        elif over_runs(printed) is None and not is_printed(printed):
            self.places.fault(path, f"{shown(printed)} is not a number as printed")

    def _sides(self, path: KeyPath, said: Row | FreeCell) -> bool:
        """Check the one place of a row or number, or the two of a difference."""
        if said.minus is None:
            return self._place(path, said)
        where: list[KeyPath] = [(*path, "minus", index) for index in range(len(said.minus))]
        found = [self._place(at, side, value_at=at) for at, side in zip(where, said.sides(), strict=True)]
        return all(found)

    def _place(self, path: KeyPath, place: Place, value_at: KeyPath | None = None) -> bool:
        """Check the parts of `experiment.evaluation.metric` that a row, column or cell gives."""
        value_at = value_at or (*path, "value")
        words, own, parts = place.shorthand(), place.own_parts(), place.parts()
        twice = own.keys() & set(PARTS[: len(words)])
        if len(words) > len(PARTS):
            self.places.fault(value_at, f"{len(words)} parts; experiment.evaluation.metric has three")
        for name in twice:
            self.places.fault((*path, name), f"given here and in `value: {place.value}`; drop one of the two")
        where = dict.fromkeys(PARTS, value_at) | {name: (*path, name) for name in own}
        known = self._parts(where, parts)
        return known and not twice and len(words) <= len(PARTS)

    def _parts(self, where: Mapping[str, KeyPath], parts: dict[str, str]) -> bool:
        experiment = parts.get("experiment")
        if experiment is None:
            return "metric" not in parts or self._metric(where["metric"], parts["metric"])
        if not self._experiment(where["experiment"], experiment):
            return False
        return all({name: self._part(where[name], parts, name) for name in PARTS[1:] if name in parts}.values())

    def _part(self, path: KeyPath, parts: Mapping[str, str], name: str) -> bool:
        """Check a part after an experiment: a quantity of a measurement, or a test or metric of a trained net."""
        experiment, part = parts["experiment"], parts[name]
        inspected = self.defined.inspections(experiment)
        if self.defined.measures(experiment):
            return self._quantity(path, experiment, part)
        if name == "evaluation":
            known = [*self.defined.tests(experiment), *inspected, *self.defined.epochs(experiment)]
            what = f"evaluation{' or inspection' * bool(inspected)} of {experiment!r}"
            return self._known(path, part, known, what)
        test = parts.get("evaluation")
        if test in inspected or (inspected and test is None):
            return True  # each scale checks the numbers of inspections
        return self._known(path, part, self.defined.metrics(experiment, test), self.defined.metric_said(experiment))

    def _quantity(self, path: KeyPath, experiment: str, name: str) -> bool:
        if experiment not in self.quantities:
            return False  # a fault of the measurement
        return self._known(path, name, self.quantities[experiment], f"quantity of {experiment!r}")

    def _metric(self, path: KeyPath, metric: str) -> bool:
        """Check a metric that stands without its experiment: one of tests, or a quantity of some measurement."""
        if any(experiment.inspect for experiment in self.file.experiments.values()):
            return True  # the numbers of an inspection depend on the net, so each scale checks them
        over_epochs = EPOCH_ERRORS if self.defined.trained else ()
        known = [*METRICS, *over_epochs, *chain.from_iterable(self.quantities.values())]
        return self._known(path, metric, known, "metric")

    def _complete(self, path: KeyPath, parts: dict[str, str], who: str, *, not_run: str | None) -> None:
        """Check that a cell of ours has every part of its place, and that they go together; one not run needs none."""
        if not_run is not None:
            return
        experiment = parts.get("experiment", "")
        if self.defined.measures(experiment):
            given = [part for name, part in parts.items() if name != "experiment"]
            if len(given) != 1:
                self.places.fault(path, f"names {len(given)} quantities of {experiment!r}; it needs one")
            for part in given:
                self._quantity(path, experiment, part)
        elif lacking := [part for part in PARTS if part not in parts]:
            self.places.fault(path, f"{who} no {' and no '.join(lacking)} to reproduce it")
        else:
            for name in PARTS[1:]:
                self._part(path, parts, name)

    def claim(self, path: KeyPath, claim: Claim) -> None:
        """Check the operands of a claim, and the experiments of `faster`."""
        for below, operand in claim.placed_operands():
            row, *column = operand.split(".")
            if len(column) == 1 and self.defined.prints_unknown_column(row):
                continue  # the column is a fault of the row
            if claim.operator == "cells" or (claim.operator in ALONE and operand in self.defined.cells):
                self._own_cell((*path, *below), operand)
            elif operand not in self.defined.cells:
                self._operand((*path, *below), operand)
        if claim.faster is not None:
            self._trained((*path, "faster", "slow"), claim.faster.slow)
            self._trained((*path, "faster", "fast"), claim.faster.fast)

    def _own_cell(self, path: KeyPath, operand: str) -> None:
        """Check a cell that a claim says we match, or measure, so not one that is only quoted."""
        if self._known(path, operand, self.defined.cells, "cell") and not self.defined.is_ours(operand):
            self.places.fault(path, f"{operand!r} is only quoted; there is nothing to set beside it")

    def _operand(self, path: KeyPath, operand: str) -> None:
        """Check `experiment.evaluation.metric`, or `experiment.quantity`."""
        experiment, *parts = operand.split(".")
        measured = self.defined.measures(experiment)
        if len(parts) == 1 and measured:
            self._quantity(path, experiment, parts[0])
        elif len(parts) != 2:
            self._known(path, operand, self.defined.cells, "cell")
        elif measured:
            self.places.fault(path, f"{shown(operand)} has three parts; a value of it is experiment.quantity")
        elif self._experiment(path, experiment):
            self._part(path, {"experiment": experiment, "evaluation": parts[0]}, "evaluation")
            if parts[0] not in self.defined.inspections(experiment):  # each scale checks the numbers of inspections
                known = [*self.defined.metrics(experiment, parts[0]), *self.defined.of_members(experiment)]
                self._known(path, parts[1], known, self.defined.metric_said(experiment))

    def deviations(self) -> None:
        """Check that deviations touch experiments, rows or cells of the suite."""
        known = [*self.file.experiments, *self.defined.rows, *self.defined.cells]
        for name, deviation in self.file.deviations.items():
            for index, target in enumerate(deviation.affects):
                self._known(("deviations", name, "affects", index), target, known, "experiment, row or cell")

    def figure(self, path: KeyPath, figure: Figure) -> None:
        """Check that the experiments of a figure have what it draws of them."""
        for index, name in enumerate(figure.experiments):
            where = (*path, "experiments", index)
            if not self._experiment(where, name):
                continue
            if figure.inspection is not None:
                known = self.defined.inspections(name)
                self._known((*path, "inspection"), figure.inspection, known, f"inspection of {name!r}")
            if figure.curve is not None:
                self._trained(where, name)
            if figure.drawing is not None and not self.defined.has_net(name):
                self.places.fault(where, f"{name!r} has no net to draw; name a training, or a measurement with `net`")

    def readings(self) -> None:
        """Check that readings are of claims and scales of the suite."""
        for name, reading in self.file.readings.items():
            self._known(("readings", name, "scale"), reading.scale, self.file.scales, "scale of this suite")
            for index, claim in enumerate(reading.claims):
                self._known(("readings", name, "claims", index), claim, self.file.written_claims(), "claim")

    def scales(self) -> None:
        """Check the data set and experiments of every scale, and the claims with outcomes of earlier seeds."""
        for scale, settings in self.file.scales.items():
            path: KeyPath = ("scales", scale)
            if settings.data is not None:
                self._known((*path, "data"), settings.data, DATASETS, "data set")
            for name in settings.experiments:
                self._experiment((*path, "experiments", name), name)
            for index, before in enumerate(settings.earlier):
                for claim in before.claims:
                    self._known((*path, "earlier", index, "claims", claim), claim, self.file.written_claims(), "claim")
