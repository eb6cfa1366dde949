"""What a measurement is: a spec that names every number it yields, with unit and label, before anything has run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import StringConstraints

from harness.models import Model
from harness.strict import Strict

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A name of ours that becomes the name of a number, or the first part of one."""


Bound = Literal["lower", "upper"]


class Quantity(NamedTuple):
    """How one measured number is written and read."""

    unit: str
    label: str


class Number(NamedTuple):
    """One computed number with its unit and label."""

    value: float
    unit: str
    label: str


class Measured(Strict):
    """What every spec of a measurement can say of itself."""

    def quantities(self) -> dict[str, Quantity]:
        """Every number it yields, by a flat name of small letters, digits and underscores."""
        raise NotImplementedError

    def bounds(self) -> dict[str, Bound]:
        """Numbers that are only a bound on what they stand for."""
        return {}

    def multiply_adds(self) -> float:
        """How many it takes, for an estimate of its time; none worth counting, unless it runs nets."""
        return 0.0

    def with_models(self, _change: Callable[[Model], Model]) -> Self:
        """The spec with every network of the registry in it changed, as a scale does; without one, the spec itself."""
        return self


class Computed(Measured):
    """A measurement that is arithmetic on its own spec: exact at every scale, without torch, seed or device."""

    def numbers(self) -> dict[str, Number]:
        """Every number with its value; raises ValueError where the spec has none."""
        raise NotImplementedError

    def quantities(self) -> dict[str, Quantity]:
        """Every number it yields."""
        return {name: Quantity(number.unit, number.label) for name, number in self.numbers().items()}


def compute(spec: Computed, _seed: int | None, _device: str) -> dict[str, float]:
    """The values of a computed measurement."""
    return {name: float(number.value) for name, number in spec.numbers().items()}


def flat(name: str) -> str:
    """The name of a layer or arm as the first part of a number's name."""
    return re.sub(r"[^a-z0-9]", "_", name.lower())
