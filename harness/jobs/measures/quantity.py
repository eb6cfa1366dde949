"""The base of all measurement specs: a spec names every number that it yields, with unit and label, before it runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import StringConstraints

from harness.models import Model
from harness.strict import Strict

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A name chosen in a suite that becomes the name of a number, or its first part."""


Bound = Literal["lower", "upper"]


class Quantity(NamedTuple):
    """Unit and label of one measured number."""

    unit: str
    label: str


class Number(NamedTuple):
    """One computed number with its unit and label."""

    value: float
    unit: str
    label: str


class Measured(Strict):
    """Base class of measurement specs."""

    def quantities(self) -> dict[str, Quantity]:
        """Return every number that the measurement yields, by a name of small letters, digits and underscores."""
        raise NotImplementedError

    def bounds(self) -> dict[str, Bound]:
        """Return the numbers that are only bounds on the quantity they describe."""
        return {}

    def multiply_adds(self) -> float:
        """Return the multiply-adds of the measurement, to estimate its time; 0 unless it runs nets."""
        return 0.0

    def with_models(self, _change: Callable[[Model], Model]) -> Self:
        """Return the spec with every registered network in it changed, as a scale does."""
        return self


class Computed(Measured):
    """A measurement that is arithmetic on its own spec: exact at every scale, without torch, seed or device."""

    def numbers(self) -> dict[str, Number]:
        """Return every number with its value. Raises ValueError if the spec yields none."""
        raise NotImplementedError

    def quantities(self) -> dict[str, Quantity]:
        """Return the unit and label of every number."""
        return {name: Quantity(number.unit, number.label) for name, number in self.numbers().items()}


def compute(spec: Computed, _seed: int | None, _device: str) -> dict[str, float]:
    """Return the values of a computed measurement."""
    return {name: float(number.value) for name, number in spec.numbers().items()}


def flat(name: str) -> str:
    """Turn the name of a layer or arm into the first part of a number's name.

    >>> flat("conv4_6.activation")
    'conv4_6_activation'
    """
    return re.sub(r"[^a-z0-9]", "_", name.lower())
