"""stub"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from harness.strict import Strict


class Quantity(NamedTuple):
    unit: str
    label: str


class A(Strict):
    what: Literal["a"]

    def quantities(self) -> dict[str, Quantity]:
        return {}


class B(Strict):
    what: Literal["b"]

    def quantities(self) -> dict[str, Quantity]:
        return {}


MeasureSpec = Annotated[A | B, Field(discriminator="what")]


@dataclass(frozen=True)
class Measure:
    spec: type[A | B]
    random: bool = False
    timed: bool = False


MEASURES: dict[str, Measure] = {}
