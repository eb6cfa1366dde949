"""Checks that every name in a suite means something, on the plain data, so that a type fault elsewhere hides none."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.cells import NUMBER, PARTS
from harness.data import DATASETS
from harness.located import KeyPath, Located
from harness.measures import MeasureSpec
from harness.metric_names import METRICS
from harness.suite import RecipesFile

_OPERANDS: dict[str, tuple[str, ...]] = {
    "cells": ("",),
    "less": ("",),
    "reduces": ("of",),
    "equal": ("of",),
    "exact": ("value",),
    "stalls": ("value",),
    "leaves_chance": ("value",),
    "trend": ("values",),
    "gap": ("wider", "narrower"),
}
"""Where each operator of a claim keeps its operands."""


_MEASURE: TypeAdapter[Any] = TypeAdapter(MeasureSpec)


def check_names(located: Located, shared: RecipesFile | None) -> None:
    """Note a fault for every experiment, evaluation, metric, column, data set or recipe that does not exist.

    Where a whole group is missing or misspelt, what would refer to it is passed over: one fault is enough.
    """
    checks = _Checks(located, shared)
    checks.experiments()
    checks.table()
    checks.claims()
    checks.deviations_and_figures()
    checks.scales()


class _Checks:
    """One file's checks, with the names it defines."""

    def __init__(self, located: Located, shared: RecipesFile | None) -> None:
        self.located, self.data, self.shared = located, located.data, shared
        self.defined = dict(_items(self.data, "experiments"))
        self.cells = {*_table_cells(self.data), *(name for name, _ in _items(self.data, "cells"))}

    def experiments(self) -> None:
        for name, experiment in self.defined.items():
            path: KeyPath = ("experiments", name)
            train = experiment.get("train")
            if isinstance(train, dict):
                self._training((*path, "train"), train)
            for index, member in enumerate(_list(experiment.get("ensemble"))):
                self._member((*path, "ensemble", index), member, experiment)
            for test, settings in _items(experiment, "evaluate"):
                if self.shared is not None and "views" in settings:
                    self._known(
                        (*path, "evaluate", test, "views"), settings["views"], self.shared.protocols, "protocol"
                    )

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
            tests = dict(_items(self.defined[name], "evaluate"))
            for test, _ in _items(ensemble, "evaluate"):
                self._known((*path, "experiment"), test, tests, f"evaluation of {name!r}")

    def _trained(self) -> list[str]:
        return [name for name, experiment in self.defined.items() if "train" in experiment]

    def table(self) -> None:
        columns = dict(_items(self.data, "table", "columns"))
        for name, settings in columns.items():
            self._place(("table", "columns", name), settings)
        for name, row in _items(self.data, "table", "rows"):
            path: KeyPath = ("table", "rows", name)
            self._place(path, row)
            for column, printed in _items_of_any(row, "printed"):
                if columns:
                    self._known((*path, "printed", column), column, columns, "column")
                self._number((*path, "printed", column), printed)
            if row.get("cited") and "value" in row:
                self.located.fault((*path, "cited"), "a cited row has no value of ours; drop one of the two")
        for name, cell in _items(self.data, "cells"):
            self._place(("cells", name), cell)
            if "number" not in cell:
                self._number(("cells", name, "printed"), cell.get("printed"))

    def _number(self, path: KeyPath, printed: Any) -> None:
        if isinstance(printed, str) and not NUMBER.fullmatch(printed):
            self.located.fault(path, f"{printed!r} is not a number as printed")

    def _place(self, path: KeyPath, place: dict[str, Any]) -> None:
        """A row's, column's or cell's parts of `experiment.evaluation.metric`."""
        parts: dict[str, Any] = dict(zip(PARTS, _dotted(place.get("value")), strict=False))
        where = dict.fromkeys(parts, (*path, "value")) | {name: (*path, name) for name in PARTS if name in place}
        parts |= {name: place[name] for name in PARTS if name in place}
        experiment = parts.get("experiment")
        if experiment is None or not self._known(where["experiment"], experiment, self.defined, "experiment"):
            if "metric" in parts and experiment is None:
                self._metric(where["metric"], parts["metric"])
            return
        below = [(where[name], parts[name]) for name in ("evaluation", "metric") if name in parts]
        self._below(self.defined[experiment], experiment, below)

    def _below(self, experiment: dict[str, Any], name: str, parts: list[tuple[KeyPath, Any]]) -> None:
        """The parts after an experiment: a quantity of a measurement, or an evaluation and its metric."""
        if "measure" in experiment:
            quantities = _quantities(experiment["measure"])
            for path, part in parts:
                if quantities:
                    self._known(path, part, quantities, f"quantity of {name!r}")
            return
        tests = dict(_items(experiment, "evaluate"))
        for path, part in parts:
            if tests and part not in METRICS:
                self._known(path, part, tests, f"evaluation of {name!r}")

    def _metric(self, path: KeyPath, metric: Any) -> None:
        measured = [q for experiment in self.defined.values() for q in _quantities(experiment.get("measure"))]
        self._known(path, metric, [*METRICS, *measured], "metric")

    def claims(self) -> None:
        for name, claim in _items(self.data, "claims"):
            for operator, places in _OPERANDS.items():
                for place in places:
                    said = claim.get(operator)
                    said = said.get(place) if place and isinstance(said, dict) else said
                    path: KeyPath = ("claims", name, operator, *([place] if place else []))
                    for index, operand in enumerate(said if isinstance(said, list) else [said]):
                        if isinstance(operand, str):
                            self._operand((*path, index) if isinstance(said, list) else path, operand)
            for arm, experiment in _items_of_any(claim, "faster"):
                if arm in ("slow", "fast"):
                    self._known(("claims", name, "faster", arm), experiment, self._trained(), "experiment that trains")

    def _operand(self, path: KeyPath, operand: str) -> None:
        experiment, *parts = operand.split(".")
        if operand in self.cells:
            return
        if experiment not in self.defined or not parts:
            if self.defined or self.cells:
                self._known(path, operand, self.cells, "cell or value")
            return
        kind = self.defined[experiment]
        if len(parts) != (1 if "measure" in kind else 2):
            form = "experiment.quantity" if "measure" in kind else "experiment.evaluation.metric"
            self.located.fault(path, f"{operand!r} is no cell, and as a value it needs the form {form}")
            return
        self._below(kind, experiment, [(path, part) for part in parts])
        if len(parts) == 2:
            self._known(path, parts[1], METRICS, "metric")

    def deviations_and_figures(self) -> None:
        rows = {name for name, _ in _items(self.data, "table", "rows")}
        for name, deviation in _items(self.data, "deviations"):
            for index, target in enumerate(_list(deviation.get("affects"))):
                if self.defined:
                    path: KeyPath = ("deviations", name, "affects", index)
                    self._known(path, target, {*self.defined, *rows, *self.cells}, "experiment, row or cell")
        for name, figure in _items(self.data, "figures"):
            for index, target in enumerate(_list(figure.get("experiments"))):
                self._known(("figures", name, "experiments", index), target, self.defined, "experiment")

    def scales(self) -> None:
        for scale, settings in _items(self.data, "scales"):
            if "data" in settings:
                self._known(("scales", scale, "data"), settings["data"], DATASETS, "data set")
            for name, _ in _items(settings, "experiments"):
                self._known(("scales", scale, "experiments", name), name, self.defined, "experiment")

    def _known(self, path: KeyPath, name: object, known: Iterable[str], what: str) -> bool:
        known = list(known)
        if not isinstance(name, str) or name in known:
            return isinstance(name, str)
        if not self.defined and what.startswith("experiment"):
            return False  # the whole group is missing, which is a fault of its own
        close = difflib.get_close_matches(name, known, n=1)
        listed = f"; there are {', '.join(known) or 'none'}" if len(known) <= 12 else ""
        self.located.fault(path, f"no {what} {name!r}" + (f"; did you mean {close[0]!r}?" if close else listed))
        return False


def _quantities(measure: Any) -> list[str]:
    """What a measurement yields, as far as its spec is sound."""
    if measure is None:
        return []
    try:
        return list(_MEASURE.validate_json(json.dumps(measure)).quantities())
    except (ValidationError, ValueError):
        return []


def _table_cells(data: Any) -> Iterator[str]:
    for name, row in _items(data, "table", "rows"):
        yield from (f"{name}.{column}" for column, printed in _items_of_any(row, "printed") if printed is not None)


def _items(data: Any, *path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries of a mapping of mappings, wherever the file really has one."""
    return ((name, value) for name, value in _items_of_any(data, *path) if isinstance(value, dict))


def _items_of_any(data: Any, *path: str) -> Iterator[tuple[str, Any]]:
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return iter(data.items() if isinstance(data, dict) else ())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dotted(value: Any) -> list[str]:
    return value.split(".") if isinstance(value, str) else []
