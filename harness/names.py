"""Checks that every name in a suite means something, on the plain data, so that a type fault elsewhere hides none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from harness.data import DATASETS
from harness.located import KeyPath, Located, shown
from harness.metric_names import METRICS
from harness.suite import CLAIM_OPERATORS, RecipesFile

PARTS = ("experiment", "evaluation", "metric")
"""Of the place that a number comes from, in the order of the dotted shorthand."""

_PRINTED = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?([eE][+-]?\d+)?|[+-]?\.\d+([eE][+-]?\d+)?", re.ASCII)
"""A number as papers print it, thousands commas allowed."""


def check_names(located: Located, shared: RecipesFile | None) -> None:
    """Note a fault for every experiment, evaluation, metric, column, data set or recipe that does not exist."""
    data = located.data
    _check_experiments(located, shared)
    _check_table(located)
    _check_claims(located)
    experiments, rows = _names(data, "experiments"), _names(data, "table", "rows")
    affected = None if experiments is None or (rows is None and located.faults) else [*experiments, *(rows or ())]
    for name, deviation in _items(data, "deviations"):
        for index, target in enumerate(_list(deviation.get("affects"))):
            _known(located, ("deviations", name, "affects", index), target, affected, "experiment or row")
    for scale, settings in _items(data, "scales"):
        if "data" in settings:
            _known(located, ("scales", scale, "data"), settings["data"], DATASETS, "data set")
        for name, _ in _items(settings, "experiments"):
            _known(located, ("scales", scale, "experiments", name), name, experiments, "experiment")


def _check_experiments(located: Located, shared: RecipesFile | None) -> None:
    for name, experiment in _items(located.data, "experiments"):
        train = experiment.get("train")
        train = train if isinstance(train, dict) else {}
        if "data" in train:
            _known(located, ("experiments", name, "train", "data"), train["data"], DATASETS, "data set")
        if shared is None:
            continue
        if "recipe" in train:
            _known(located, ("experiments", name, "train", "recipe"), train["recipe"], shared.recipes, "recipe")
        for evaluation, settings in _items(experiment, "evaluate"):
            if "views" in settings:
                path = ("experiments", name, "evaluate", evaluation, "views")
                _known(located, path, settings["views"], shared.protocols, "protocol")


def _check_table(located: Located) -> None:
    columns, sound = _names(located.data, "table", "columns"), not located.faults
    for name, settings in _items(located.data, "table", "columns"):
        _check_place(located, ("table", "columns", name), settings)
    for name, row in _items(located.data, "table", "rows"):
        _check_place(located, ("table", "rows", name), row)
        for column, printed in _items_of_any(row, "printed"):
            path: KeyPath = ("table", "rows", name, "printed", column)
            _known(located, path, column, columns, "column")
            if isinstance(printed, str) and not _PRINTED.fullmatch(printed):
                located.fault(path, f"{shown(printed)} is not a number as printed")
            if sound and printed is not None:
                _check_complete(located, path, row, located.data["table"]["columns"].get(column, {}))
        if "value" in row and row.get("cited"):
            located.fault(("table", "rows", name, "cited"), "a cited row has no value of ours; drop one of the two")


def _check_complete(located: Located, path: KeyPath, row: dict[str, Any], column: dict[str, Any]) -> None:
    """A cell that row or column says is ours needs every part of `experiment.evaluation.metric`."""
    lacking = [part for part in PARTS if part not in _given(column) | _given(row)]
    if lacking and _placed(row, column):
        located.fault(path, f"row and column together name no {' and no '.join(lacking)} to reproduce it")


def _ours(data: Any, cell: str) -> bool:
    """Whether a cell is reproduced, not quoted."""
    row, _, column = cell.partition(".")
    table: dict[str, Any] = data["table"]
    return _placed(table["rows"][row], dict(_items(table, "columns")).get(column, {}))


def _placed(row: dict[str, Any], column: dict[str, Any]) -> bool:
    """Whether row or column says what reproduces their cell; a metric alone, or of a quoted row, does not."""
    return not row.get("cited") and bool(_given(row) - {"metric"} or _given(column) & {"experiment"})


def _given(place: dict[str, Any]) -> set[str]:
    return {part for part in PARTS if part in place} | set(PARTS[: len(_dotted(place.get("value")))])


def _check_place(located: Located, path: KeyPath, place: dict[str, Any]) -> None:
    """A row's or column's parts of `experiment.evaluation.metric`."""
    dotted = _dotted(place.get("value"))
    if len(dotted) > 3:
        located.fault((*path, "value"), f"{len(dotted)} parts; experiment.evaluation.metric has three")
    parts = dict(zip(PARTS, dotted, strict=False))
    for name in parts.keys() & place.keys():
        located.fault((*path, name), f"given here and in `value: {place['value']}`; drop one of the two")
    given = dict.fromkeys(parts, (*path, "value")) | {name: (*path, name) for name in PARTS if name in place}
    parts |= {name: place[name] for name in PARTS if name in place}
    experiments = _names(located.data, "experiments")
    if "experiment" in parts:
        if not _known(located, given["experiment"], parts["experiment"], experiments, "experiment"):
            return
        evaluations = _names(located.data, "experiments", parts["experiment"], "evaluate")
        if "evaluation" in parts:
            _known(
                located, given["evaluation"], parts["evaluation"], evaluations, f"evaluation of {parts['experiment']!r}"
            )
    if "metric" in parts:
        _known(located, given["metric"], parts["metric"], METRICS, "metric")


def _check_claims(located: Located) -> None:
    cells = list(_cell_ids(located.data)) if _names(located.data, "table", "rows") is not None else None
    for name, claim in _items(located.data, "claims"):
        for operator in CLAIM_OPERATORS:
            for index, operand in enumerate(_list(claim.get(operator))):
                path: KeyPath = ("claims", name, operator, index)
                _check_operand(located, path, operand, cells)
                if operator == "cells" and operand in (cells or ()) and not _ours(located.data, operand):
                    located.fault(path, f"{operand!r} is only quoted; there is nothing to set beside it")


def _check_operand(located: Located, path: KeyPath, operand: object, cells: list[str] | None) -> None:
    if isinstance(operand, str) and operand.count(".") == 2:
        experiment, evaluation, metric = operand.split(".")
        if _known(located, path, experiment, _names(located.data, "experiments"), "experiment"):
            evaluations = _names(located.data, "experiments", experiment, "evaluate")
            _known(located, path, evaluation, evaluations, f"evaluation of {experiment!r}")
        _known(located, path, metric, METRICS, "metric")
    else:
        _known(located, path, operand, None if _faulty_row(located.data, operand) else cells, "cell")


def _faulty_row(data: Any, operand: object) -> bool:
    """Whether the row that a cell's id begins with is there, but its printed numbers cannot be told."""
    row = str(operand).partition(".")[0]
    if row not in (_names(data, "table", "rows") or ()):
        return False
    printed, columns = _names(data, "table", "rows", row, "printed"), _names(data, "table", "columns")
    return printed is None or columns is None or not set(printed) <= set(columns)


def _cell_ids(data: Any) -> Iterator[str]:
    for name, row in _items(data, "table", "rows"):
        yield from (f"{name}.{column}" for column, printed in _items_of_any(row, "printed") if printed is not None)


def _known(located: Located, path: KeyPath, name: object, known: Iterable[str] | None, what: str) -> bool:
    """Whether a name means something; where a faulty file lacks what would define it, that is the one fault to note."""
    if path in located.faulty or (known is None and located.faults):
        return False
    known = list(known or ())
    if not isinstance(name, str) or name in known:
        return isinstance(name, str)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known) or 'none'}"
    located.fault(path, f"no {what} {shown(name)}{hint}")
    return False


def _names(data: Any, *path: str) -> list[str] | None:
    """The keys of the mapping at `path`, or None where there is none."""
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return list(data) if isinstance(data, dict) else None


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
