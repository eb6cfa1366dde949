"""The names that a suite file defines, looked up in it as it was read, faulty parts and all."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.jobs.any_of import AnyMeasure
from harness.suite.plain import in_column, items_of, names_of, placed, table_cells
from harness.suite.yaml_places import KeyPath, Located, shown
from harness.vocabulary import MEMBERS

_MEASURE: TypeAdapter[Any] = TypeAdapter(AnyMeasure)


class Defined:
    """What one file defines; a group that cannot be told, for it is missing or misspelt, is None."""

    def __init__(self, located: Located) -> None:
        self.located, self.data = located, located.data
        self.defined = names_of(self.data, "experiments")
        self.rows = names_of(self.data, "table", "rows")
        self.columns = names_of(self.data, "table", "columns")
        self.free = names_of(self.data, "cells")
        self._yields: dict[str, list[str] | None] = {}
        self.cells = None if self.rows is None and self.free is None else [*table_cells(self.data), *(self.free or ())]

    def _known(self, path: KeyPath, name: object, known: Iterable[str] | None, what: str) -> bool:
        """Whether a name means something; where a faulty file lacks what would define it, that is the one fault."""
        if path in self.located.faulty or (known is None and self.located.faults):
            return False
        known = list(known or ())
        if not isinstance(name, str) or name in known:
            return isinstance(name, str)
        close = difflib.get_close_matches(name, known, n=1)
        listed = f"; there are {', '.join(known) or 'none'}" if len(known) <= 12 else ""
        self.located.fault(path, f"no {what} {shown(name)}" + (f"; did you mean {close[0]!r}?" if close else listed))
        return False

    def _trained(self) -> list[str] | None:
        """The experiments that train, those whose kind cannot be told among them."""
        found = dict(items_of(self.data, "experiments"))
        return None if self.defined is None else [name for name in self.defined if "train" in found.get(name, "train")]

    def _tests(self, experiment: str) -> list[str] | None:
        return names_of(self.data, "experiments", experiment, "evaluate")

    def _inspections(self, experiment: Any) -> list[str]:
        """The names of what is read off an experiment's nets."""
        return names_of(self.data, "experiments", str(experiment), "inspect") or []

    def _of_members(self, experiment: str) -> Iterable[str]:
        """The metrics of the nets of an ensemble, each by itself."""
        return MEMBERS.values() if "ensemble" in (names_of(self.data, "experiments", experiment) or ()) else ()

    def _measures(self, experiment: object) -> bool:
        return "measure" in dict(items_of(self.data, "experiments")).get(str(experiment), {})

    def _quantities(self, experiment: str) -> list[str] | None:
        """What a measurement yields, or None where its spec is not sound."""
        if experiment not in self._yields:  # which many cells may ask, and a deep net has many numbers
            try:
                spec = _MEASURE.validate_json(json.dumps(self.data["experiments"][experiment]["measure"]))
                self._yields[experiment] = list(spec.quantities())
            except (ValidationError, ValueError):
                self._yields[experiment] = None
        return self._yields[experiment]

    def _ours(self, cell: str) -> bool:
        """Whether a cell is reproduced, or would be, and not quoted."""
        if cell in (self.free or ()):
            return placed(dict(items_of(self.data, "cells")).get(cell, {}), {})
        row, _, column = cell.partition(".")
        columns = dict(items_of(self.data, "table", "columns"))
        rows = dict(items_of(self.data, "table", "rows"))
        return placed(*in_column(rows.get(row, {}), columns.get(column, {}), column))

    def _faulty_row(self, operand: object) -> bool:
        """Whether the row that a cell's id begins with is there, but its printed numbers cannot be told."""
        row = str(operand).partition(".")[0]
        if row not in (self.rows or ()):
            return False
        printed = names_of(self.data, "table", "rows", row, "printed")
        return printed is None or self.columns is None or not set(printed) <= set(self.columns)
