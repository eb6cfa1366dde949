"""Checks that every name in a suite means something, on the plain data, so that a type fault elsewhere hides none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from harness.data import DATASETS
from harness.located import KeyPath, Located
from harness.metric_names import METRICS
from harness.suite import CLAIM_OPERATORS, RecipesFile


def check_names(located: Located, shared: RecipesFile | None) -> None:
    """Note a fault for every experiment, evaluation, metric, column, data set or recipe that does not exist."""
    data = located.data
    _check_experiments(located, shared)
    _check_table(located)
    cells = set(_cell_ids(data))
    for name, claim in _items(data, "claims"):
        for operator in CLAIM_OPERATORS:
            operands = claim.get(operator)
            for index, operand in enumerate(operands if isinstance(operands, list) else []):
                _check_operand(located, ("claims", name, operator, index), operand, cells)
    affected = {name for name, _ in _items(data, "experiments")} | {name for name, _ in _items(data, "table", "rows")}
    for name, deviation in _items(data, "deviations"):
        for index, target in enumerate(_list(deviation.get("affects"))):
            _known(located, ("deviations", name, "affects", index), target, affected, "experiment or row")
    for scale, settings in _items(data, "scales"):
        if "data" in settings:
            _known(located, ("scales", scale, "data"), settings["data"], DATASETS, "data set")
        for name, _ in _items(settings, "experiments"):
            experiments = {name for name, _ in _items(data, "experiments")}
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
    columns = dict(_items(located.data, "table", "columns"))
    for name, settings in columns.items():
        _check_place(located, ("table", "columns", name), settings)
    for name, row in _items(located.data, "table", "rows"):
        _check_place(located, ("table", "rows", name), row)
        for column, printed in _items_of_any(row, "printed"):
            path: KeyPath = ("table", "rows", name, "printed", column)
            _known(located, path, column, columns, "column")
            if isinstance(printed, str) and not _is_number(printed):
                located.fault(path, f"{printed!r} is not a number as printed")
        if "value" in row and row.get("cited"):
            located.fault(("table", "rows", name, "cited"), "a cited row has no value of ours; drop one of the two")


def _check_place(located: Located, path: KeyPath, place: dict[str, Any]) -> None:
    """A row's or column's parts of `experiment.evaluation.metric`."""
    parts = dict(zip(("experiment", "evaluation", "metric"), _dotted(place.get("value")), strict=False))
    given = dict.fromkeys(parts, (*path, "value")) | {
        name: (*path, name) for name in ("experiment", "evaluation", "metric") if name in place
    }
    parts |= {name: place[name] for name in ("experiment", "evaluation", "metric") if name in place}
    experiments = dict(_items(located.data, "experiments"))
    if "experiment" in parts:
        if not _known(located, given["experiment"], parts["experiment"], experiments, "experiment"):
            return
        evaluations = dict(_items(experiments[parts["experiment"]], "evaluate"))
        if "evaluation" in parts:
            _known(
                located, given["evaluation"], parts["evaluation"], evaluations, f"evaluation of {parts['experiment']!r}"
            )
    if "metric" in parts:
        _known(located, given["metric"], parts["metric"], METRICS, "metric")


def _check_operand(located: Located, path: KeyPath, operand: object, cells: set[str]) -> None:
    if isinstance(operand, str) and operand.count(".") == 2:
        experiment, evaluation, metric = operand.split(".")
        experiments = dict(_items(located.data, "experiments"))
        if _known(located, path, experiment, experiments, "experiment"):
            evaluations = dict(_items(experiments[experiment], "evaluate"))
            _known(located, path, evaluation, evaluations, f"evaluation of {experiment!r}")
        _known(located, path, metric, METRICS, "metric")
    else:
        _known(located, path, operand, cells, "cell")


def _cell_ids(data: Any) -> Iterator[str]:
    for name, row in _items(data, "table", "rows"):
        yield from (f"{name}.{column}" for column, printed in _items_of_any(row, "printed") if printed is not None)


def _known(located: Located, path: KeyPath, name: object, known: Iterable[str], what: str) -> bool:
    known = list(known)
    if not isinstance(name, str) or name in known:
        return isinstance(name, str)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known) or 'none'}"
    located.fault(path, f"no {what} {name!r}{hint}")
    return False


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


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip() == text and text.lower() not in {"nan", "inf", "-inf", "infinity"}
