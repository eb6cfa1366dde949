"""Strict records: no coercion, no unknown key, no change."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.strict import Strict


class Sample(Strict):
    """A record with one field of each sort."""

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
    """The only exception is a whole number for a real one."""
    with pytest.raises(ValidationError):
        Sample.parsed(data)


def test_a_whole_number_is_a_real_one_and_a_list_a_tuple() -> None:
    """YAML writes both in the same way."""
    sample = Sample.parsed({"rate": 2, "pair": [1, 2]})
    assert (sample.rate, type(sample.rate), sample.pair) == (2.0, float, (1, 2))


def test_a_record_cannot_be_changed() -> None:
    """A hashed record stays the same."""
    with pytest.raises(ValidationError, match="frozen"):
        Sample().count = 2
