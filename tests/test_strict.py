"""Strict records: nothing coerced, nothing unknown, nothing changed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.strict import Strict


class Sample(Strict):
    """One field of each sort."""

    count: int = 1
    rate: float = 1.0
    flag: bool = False
    name: str = ""
    pair: tuple[int, int] = (0, 0)


@pytest.mark.parametrize(
    "data",
    [
        {"count": "1"}, {"count": 1.5}, {"count": True}, {"rate": "1"}, {"rate": True}, {"flag": 1}, {"flag": "yes"},
        {"name": 1}, {"pair": [1]}, {"pair": [1, 2, 3]}, {"nmae": "x"}, {"rate": float("nan")}, {"rate": float("inf")},
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(data: dict[str, Any]) -> None:
    """A whole number in the place of a real one is the one exception."""
    with pytest.raises(ValidationError):
        Sample.parsed(data)


def test_a_whole_number_is_a_real_one_and_a_list_a_tuple() -> None:
    """YAML writes both alike."""
    sample = Sample.parsed({"rate": 2, "pair": [1, 2]})
    assert (sample.rate, type(sample.rate), sample.pair) == (2.0, float, (1, 2))


def test_a_record_cannot_be_changed() -> None:
    """What was hashed stays what it was."""
    with pytest.raises(ValidationError, match="frozen"):
        Sample().count = 2
