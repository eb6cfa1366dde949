"""A suite's measurements and inspections are whatever is registered when it is read, and their faults keep places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_up_packages import install, place
from pydantic import TypeAdapter, ValidationError

from harness.jobs.any_of import AnyInspection, AnyMeasure
from harness.jobs.extensions import add_named
from tests.jobs.test_extensions import MEASURE

__all__ = ["place"]


def test_one_that_is_added_is_read(place: Path) -> None:
    """Also by what was made before it was there."""
    adapter: TypeAdapter[Any] = TypeAdapter(AnyMeasure)
    with pytest.raises(ValidationError, match="arithmetic"):
        adapter.validate_python({"what": "answer"})
    install(place, "added", {"added.py": MEASURE}, {"measures": {"answer": "added:ANSWER"}})
    add_named({"what": "answer"})
    assert adapter.validate_python({"what": "answer"}).numbers()["answer"].value == 42


def test_it_stands_in_the_schema(place: Path) -> None:
    """Once it is registered."""
    install(place, "added", {"added.py": MEASURE}, {"measures": {"answer": "added:ANSWER"}})
    add_named({"what": "answer"})
    assert "Answer" in TypeAdapter(AnyMeasure).json_schema()["$defs"]


def test_a_fault_has_the_place_that_it_had() -> None:
    """Below the word that tells the specs apart."""
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(AnyInspection).validate_python({"what": "gradients", "batch": 0})
    assert raised.value.errors()[0]["loc"] == ("gradients", "batch")


def test_a_spec_is_taken_as_it_is() -> None:
    """Not read again."""
    spec = TypeAdapter(AnyInspection).validate_python({"what": "gradients"})
    assert TypeAdapter(AnyInspection).validate_python(spec) is spec
