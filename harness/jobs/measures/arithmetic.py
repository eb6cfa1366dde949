"""Measurement by arithmetic on printed numbers: gains, sums and relative improvements."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from harness.jobs.measures.expression import FUNCTIONS, evaluate
from harness.jobs.measures.quantity import Computed, Name, Number


class Arithmetic(Computed):
    """Named numbers, and expressions over them. An expression may use the values defined before it."""

    what: Literal["arithmetic"]
    given: dict[Name, float] = Field(default_factory=dict)
    values: dict[Name, str] = Field(min_length=1)
    """Expressions by name, made of numbers, names, + - * / ** ( ), log2, sqrt, min and max."""
    units: dict[Name, str] = Field(default_factory=dict)
    """Units by name of the value."""

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        taken = {*FUNCTIONS} & {*self.given, *self.values} | {*self.given} & {*self.values}
        if taken:
            raise ValueError(f"{', '.join(sorted(taken))}: the name has a meaning already; choose another")
        if unknown := self.units.keys() - self.values.keys():
            raise ValueError(f"units.{min(unknown)}: no such value; there are {', '.join(self.values)}")
        self.numbers()
        return self

    def numbers(self) -> dict[str, Number]:
        """Return every value. Raises ValueError that names the expression without a value."""
        known, found = dict(self.given), {}
        for name, text in self.values.items():
            try:
                known[name] = evaluate(text, known)
            except ValueError as error:
                raise ValueError(f"values.{name}: {error}") from None
            found[name] = Number(known[name], self.units.get(name, ""), text)
        return found
