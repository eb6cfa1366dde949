"""Names in a suite file: each must mean something in the file, in its paper's recipes, or in a registry."""

from __future__ import annotations

from typing import Any

from harness.data import DATASETS
from harness.suite.cells import PARTS
from harness.suite.file import RecipesFile
from harness.suite.lookup import Defined
from harness.suite.plain import (
    dotted,
    in_column,
    items_of,
    items_of_any,
    list_of,
    names_of,
    operands_of,
    parts_of,
    placed,
)
from harness.suite.printed import is_printed, over_runs
from harness.suite.yaml_places import KeyPath, Located, shown
from harness.vocabulary import METRICS

ALONE = ("exact", "stalls", "leaves_chance")
"""Operators of a claim that speak of one number, which therefore has to be ours."""


def check_names(located: Located, shared: RecipesFile | None) -> None:
    """Note a fault for every experiment, evaluation, metric, column, data set or recipe that does not exist.

    Where a whole group is missing or misspelt, what would refer to it is passed over: one fault is enough.
    """
    checks = _Checks(located, shared)
    checks.experiments()
    checks.table()
    checks.free_cells()
    checks.claims()
    checks.deviations_and_figures()
    checks.readings()
    checks.earlier()
    checks.scales()


class _Checks(Defined):
    """One file's checks."""

    def __init__(self, located: Located, shared: RecipesFile | None) -> None:
        super().__init__(located)
        self.shared = shared

    def experiments(self) -> None:
        for name, experiment in items_of(self.data, "experiments"):
            path: KeyPath = ("experiments", name)
            if isinstance(experiment.get("train"), dict):
                self._training((*path, "train"), experiment["train"])
            for index, member in enumerate(list_of(experiment.get("ensemble"))):
                self._member((*path, "ensemble", index), member, experiment)
            for inspection, settings in items_of(experiment, "inspect"):
                self._inspection((*path, "inspect", inspection), settings, experiment)
            for test, settings in items_of(experiment, "evaluate"):
                if self.shared is not None and "views" in settings:
                    place = (*path, "evaluate", test, "views")
                    self._known(place, settings["views"], self.shared.protocols, "protocol")

    def _inspection(self, path: KeyPath, settings: dict[str, Any], experiment: dict[str, Any]) -> None:
        """The tests that an inspection reads: its own experiment's, and one of the same name of another's."""
        test, other = settings.get("evaluation"), settings.get("against")
        if test is not None:
            self._known((*path, "evaluation"), test, names_of(experiment, "evaluate"), "evaluation")
        if other is not None and self._known((*path, "against"), other, self._trained(), "experiment that trains"):
            self._known((*path, "evaluation"), test, self._tests(other), f"evaluation of {other!r}")

    def _training(self, path: KeyPath, train: dict[str, Any]) -> None:
        if "data" in train:
            self._known((*path, "data"), train["data"], DATASETS, "data set")
        if self.shared is not None and "recipe" in train:
            self._known((*path, "recipe"), train["recipe"], self.shared.recipes, "recipe")
        if train.get("start_from") is not None:
            self._known((*path, "start_from"), train["start_from"], self._trained(), "experiment that trains")

    def _member(self, path: KeyPath, member: Any, ensemble: dict[str, Any]) -> None:
        name = member.get("experiment") if isinstance(member, dict) else None
        if name is not None and self._known((*path, "experiment"), name, self._trained(), "experiment that trains"):
            for test, _ in items_of(ensemble, "evaluate"):
                self._known((*path, "experiment"), test, self._tests(name), f"evaluation of {name!r}")

    def table(self) -> None:
        sound = not self.located.faults
        for name, settings in items_of(self.data, "table", "columns"):
            self._place(("table", "columns", name), settings)
        for name, row in items_of(self.data, "table", "rows"):
            path: KeyPath = ("table", "rows", name)
            self._place(path, row)
            for column, value in items_of_any(row, "values"):
                if self._known((*path, "values", column), column, row.get("printed", ()), "printed column"):
                    self._place((*path, "values", column), {"value": value})
            for column, printed in items_of_any(row, "printed"):
                self._known((*path, "printed", column), column, self.columns, "column")
                about = self.data["table"]["columns"].get(column, {}) if sound else {}
                self._number((*path, "printed", column), printed, row.get("runs") or about.get("runs"))
                if sound and printed is not None:
                    self._complete((*path, "printed", column), *in_column(row, about, column))
            self._quoted(path, row, "row")

    def free_cells(self) -> None:
        sound = not self.located.faults
        for name, cell in items_of(self.data, "cells"):
            self._place(("cells", name), cell)
            if "number" not in cell:
                self._number(("cells", name, "printed"), cell.get("printed"), cell.get("runs"))
            if sound:
                self._complete(("cells", name), cell, {})
            self._quoted(("cells", name), cell, "number")

    def _quoted(self, path: KeyPath, place: dict[str, Any], what: str) -> None:
        if place.get("cited") and "value" in place:
            self.located.fault((*path, "cited"), f"a cited {what} has no value of ours; drop one of the two")

    def _number(self, path: KeyPath, printed: Any, runs: Any) -> None:
        if not isinstance(printed, str):
            return
        if over_runs(printed) is not None and runs is None:
            self.located.fault(path, f"{shown(printed)} is a mean over runs; say over how many with `runs`")
        elif over_runs(printed) is None and not is_printed(printed):
            self.located.fault(path, f"{shown(printed)} is not a number as printed")

    def _place(self, path: KeyPath, place: dict[str, Any]) -> None:
        """A row's, column's or cell's parts of `experiment.evaluation.metric`."""
        words = dotted(place.get("value"))
        if len(words) > len(PARTS):
            self.located.fault((*path, "value"), f"{len(words)} parts; experiment.evaluation.metric has three")
        said = dict(zip(PARTS, words, strict=False))
        for name in said.keys() & place.keys():
            self.located.fault((*path, name), f"given here and in `value: {place['value']}`; drop one of the two")
        where = dict.fromkeys(said, (*path, "value")) | {name: (*path, name) for name in PARTS if name in place}
        parts = parts_of(place)
        experiment = parts.pop("experiment", None)
        if experiment is None:
            if "metric" in parts:
                self._metric(where["metric"], parts["metric"])
        elif self._known(where["experiment"], experiment, self.defined, "experiment"):
            for name, part in parts.items():
                self._part(where[name], experiment, name, part)

    def _part(self, path: KeyPath, experiment: str, name: str, part: Any) -> None:
        """A part after an experiment: a quantity of a measurement, or an evaluation or metric of a trained net."""
        if self._measures(experiment):
            self._known(path, part, self._quantities(experiment), f"quantity of {experiment!r}")
        elif name == "evaluation":
            known = self._tests(experiment)
            inspected = self._inspections(experiment)
            known = None if known is None else [*known, *inspected]
            self._known(path, part, known, f"evaluation{' or inspection' * bool(inspected)} of {experiment!r}")
        elif not self._inspections(experiment):
            self._known(path, part, METRICS, "metric")

    def _metric(self, path: KeyPath, metric: Any) -> None:
        if any(self._inspections(name) for name in self.defined or ()):
            return  # what an inspection yields depends on the net, so it is checked at every scale
        measured = [name for name in self.defined or () if self._measures(name)]
        quantities = [quantity for name in measured for quantity in self._quantities(name) or ()]
        self._known(path, metric, [*METRICS, *quantities], "metric")

    def _complete(self, path: KeyPath, row: dict[str, Any], column: dict[str, Any]) -> None:
        """A cell that row or column says is ours needs every part of its place, and they have to go together."""
        if not placed(row, column) or row.get("not_run") or self.located.faults:
            return
        parts = parts_of(column) | parts_of(row)
        experiment = parts.get("experiment")
        if self._measures(experiment):
            given = [part for name, part in parts.items() if name != "experiment"]
            if len(given) != 1:
                self.located.fault(path, f"names {len(given)} quantities of {experiment!r}; it needs one")
            for part in given:
                self._part(path, str(experiment), "quantity", part)
            return
        lacking = [part for part in PARTS if part not in parts]
        if lacking:
            who = "row and column together name" if path[0] == "table" else "names"
            self.located.fault(path, f"{who} no {' and no '.join(lacking)} to reproduce it")
            return
        for name in PARTS[1:]:
            self._part(path, str(experiment), name, parts[name])

    def claims(self) -> None:
        for name, claim in items_of(self.data, "claims"):
            for path, operand in operands_of(("claims", name), claim):
                if path[2] == "cells" or (path[2] in ALONE and operand in (self.cells or ())):
                    self._own_cell(path, operand)
                else:
                    self._operand(path, operand)
            for arm, experiment in items_of_any(claim, "faster"):
                if arm in ("slow", "fast"):
                    self._known(("claims", name, "faster", arm), experiment, self._trained(), "experiment that trains")

    def _own_cell(self, path: KeyPath, operand: Any) -> None:
        """A cell that a claim says we match, or measure, so not one that is only quoted."""
        known = None if self._faulty_row(operand) else self.cells
        if self._known(path, operand, known, "cell") and not self._ours(operand):
            self.located.fault(path, f"{operand!r} is only quoted; there is nothing to set beside it")

    def _operand(self, path: KeyPath, operand: Any) -> None:
        """The id of a cell, or `experiment.evaluation.metric`, or `experiment.quantity`."""
        experiment, *parts = dotted(operand) or [""]
        if operand in (self.cells or ()):
            return
        if len(parts) == 2 and self._known(path, experiment, self.defined, "experiment"):
            if self._measures(experiment):
                self.located.fault(path, f"{shown(operand)} has three parts; a value of it is experiment.quantity")
                return
            self._part(path, experiment, "evaluation", parts[0])
            if parts[0] not in self._inspections(experiment):  # what an inspection yields is checked at every scale
                self._known(path, parts[1], [*METRICS, *self._of_members(experiment)], "metric")
        elif len(parts) == 2:
            return  # its experiment is a fault already
        elif len(parts) == 1 and self._measures(experiment):
            self._part(path, experiment, "quantity", parts[0])
        else:
            self._known(path, operand, None if self._faulty_row(operand) else self.cells, "cell")

    def deviations_and_figures(self) -> None:
        lost = self.defined is None or (self.rows is None and self.located.faults)
        known = None if lost else [*(self.defined or ()), *(self.rows or ()), *(self.cells or ())]
        for name, deviation in items_of(self.data, "deviations"):
            for index, target in enumerate(list_of(deviation.get("affects"))):
                self._known(("deviations", name, "affects", index), target, known, "experiment, row or cell")
        for name, figure in items_of(self.data, "figures"):
            for index, target in enumerate(list_of(figure.get("experiments"))):
                path = ("figures", name, "experiments", index)
                if self._known(path, target, self.defined, "experiment"):
                    self._drawn(path, figure, target)

    def readings(self) -> None:
        claims, scales = names_of(self.data, "claims"), names_of(self.data, "scales")
        for name, reading in items_of(self.data, "readings"):
            self._known(("readings", name, "scale"), reading.get("scale"), scales, "scale of this suite")
            for index, claim in enumerate(list_of(reading.get("claims"))):
                self._known(("readings", name, "claims", index), claim, claims, "claim")

    def earlier(self) -> None:
        """Outcomes of earlier seeds are of claims of the suite."""
        claims = names_of(self.data, "claims")
        for scale, settings in items_of(self.data, "scales"):
            for index, before in enumerate(list_of(settings.get("earlier"))):
                for claim, _ in items_of_any(before, "claims"):
                    self._known(("scales", scale, "earlier", index, "claims", claim), claim, claims, "claim")

    def _drawn(self, path: KeyPath, figure: dict[str, Any], name: str) -> None:
        """Whether an experiment of a figure has what the figure draws of it."""
        if figure.get("inspection") is not None:
            known = self._inspections(name)
            self._known((*path[:2], "inspection"), figure["inspection"], known, f"inspection of {name!r}")
        if figure.get("curve") is not None:
            self._known(path, name, self._trained(), "experiment that trains")
        parts = names_of(self.data, "experiments", name) or []
        has_net = "train" in parts or "net" in (names_of(self.data, "experiments", name, "measure") or [])
        if figure.get("drawing") is not None and not has_net:
            self.located.fault(path, f"{name!r} has no net to draw; name a training, or a measurement with `net`")

    def scales(self) -> None:
        for scale, settings in items_of(self.data, "scales"):
            if "data" in settings:
                self._known(("scales", scale, "data"), settings["data"], DATASETS, "data set")
            for name, _ in items_of(settings, "experiments"):
                self._known(("scales", scale, "experiments", name), name, self.defined, "experiment")
