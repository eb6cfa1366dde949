"""The examples in docstrings, run as doctest runs them."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import harness

PACKAGE = Path(harness.__file__).parent


def with_examples() -> list[str]:
    """The modules that hold an example, by their text, so that nothing is imported to find them."""
    files = (file for file in sorted(PACKAGE.rglob("*.py")) if ">>> " in file.read_text(encoding="utf-8"))
    return [".".join(("harness", *file.relative_to(PACKAGE).with_suffix("").parts)) for file in files]


@pytest.mark.parametrize("name", with_examples())
def test_examples_in_docstrings_hold(name: str) -> None:
    """Each gives what stands below it."""
    found = doctest.testmod(importlib.import_module(name.removesuffix(".__init__")))
    assert found.attempted
    assert not found.failed
