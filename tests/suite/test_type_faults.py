"""Pydantic's faults in the words of YAML, for types of this test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError, model_validator

from harness.strict import Strict
from harness.suite.type_faults import note_faults
from harness.suite.yaml_places import Located
from harness.vocabulary import nearest


class Round(Strict):
    """One member of a union."""

    shape: Literal["round"]
    radius: float = Field(gt=0)


class Square(Strict):
    """The other."""

    shape: Literal["square", "rectangle"]
    sides: tuple[int, int] = (1, 1)


class Sample(Strict):
    """Every sort of field that a suite has."""

    name: Annotated[str, Field(pattern="^[a-z]+$")] = "a"
    figure: Annotated[Round | Square, Field(discriminator="shape")] | None = None
    figures: list[Annotated[Round | Square, Field(discriminator="shape")]] = Field(default_factory=list)
    named: dict[str, Round] = Field(default_factory=dict)
    by_size: dict[Literal["small", "large"], int] = Field(default_factory=dict)
    count: int | None = None

    @model_validator(mode="after")
    def _even(self) -> Sample:
        if self.count == 13:
            raise ValueError("needs another count")
        return self


def faults(data: Any) -> list[str]:
    """What is wrong with the data."""
    located = Located(Path("x"), data=data)
    with pytest.raises(ValidationError) as raised:
        Sample.parsed(data)
    note_faults(located, raised.value, Sample)
    return [message for _, message in located.faults]


ROUND = {"shape": "round", "radius": 1}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"nmae": "a"}, "nmae: unknown key; did you mean 'name'?"),
        (
            {"figure": {"shape": "rond"}},
            "figure.shape: 'rond' is not one of round, square, rectangle; did you mean 'round'?",
        ),
        ({"figure": {"shape": 3}}, "figure.shape: 3 is not one of round, square, rectangle"),
        ({"figure": {}}, "figure.shape: missing; this key is required"),
        ({"figure": 3}, "figure: should be a mapping of keys to values, not 3"),
        ({"figure": {"shape": "round"}}, "figure.radius: missing; this key is required"),
        ({"figure": {"shape": "round", "raduis": 1}}, "figure.raduis: unknown key; did you mean 'radius'?"),
        ({"figure": ROUND | {"sides": [1, 2]}}, "figure.sides: unknown key; known: shape, radius"),
        ({"figure": {"shape": "rectangle", "side": [1, 2]}}, "figure.side: unknown key; did you mean 'sides'?"),
        ({"figure": {"shape": "square", "sides": [1]}}, "figure.sides.1: missing; this item is required"),
        ({"figures": [ROUND, {"shape": "round", "radius": 0}]}, "figures.1.radius: should be greater than 0, not 0"),
        ({"figures": [ROUND, ROUND | {"raduis": 1}]}, "figures.1.raduis: unknown key; did you mean 'radius'?"),
        ({"named": {"a": {"shape": "round", "raduis": 1}}}, "named.a.raduis: unknown key; did you mean 'radius'?"),
        (
            {"named": {"round": {"shape": "round", "raduis": 1}}},
            "named.round.raduis: unknown key; did you mean 'radius'?",
        ),
        ({"by_size": {"smal": 1}}, "by_size.smal: 'smal' is not one of small, large; did you mean 'small'?"),
        ({"count": "3"}, "count: should be a whole number, not '3'"),
        ({"name": 3}, "name: should be text, not 3; put it in quotes"),
        ({"name": ["a"]}, "name: should be text"),
        ({"name": "A"}, "name: 'A' is not a name; use small letters, digits and _ and begin with a letter"),
        ({"count": 13}, "needs another count"),
        ([], "should be a mapping of keys to values"),
    ],
)
def test_one_fault_is_one_line_at_its_key(data: Any, message: str) -> None:
    """Without the names of union members, and without pydantic's own words for types."""
    assert faults(data) == [message]


def test_a_long_value_is_shown_short() -> None:
    """A message is for reading."""
    (message,) = faults({"count": "x" * 1000})
    assert len(message) < 120


def test_a_missing_key_is_told_when_nothing_like_it_is_there() -> None:
    """Beside an unknown key that is far from it."""
    assert faults({"figure": {"shape": "round", "colour": 1}}) == [
        "figure.radius: missing; this key is required",
        "figure.colour: unknown key; known: shape, radius",
    ]


def test_the_nearest_name_or_the_few_there_are() -> None:
    """A near one is proposed; of few, all are told; of many, none."""
    assert nearest("metrik", ["metric", "margin"]) == "; did you mean 'metric'?"
    assert nearest("zzz", ["metric", "margin"]) == "; known: metric, margin"
    assert nearest("zzz", [f"name{number}" for number in range(13)]) == ""
