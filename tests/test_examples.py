"""Run the examples in the docstrings of `harness`: each gives what it prints, so that a reader can trust it."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import harness

PACKAGE = Path(harness.__file__).parent
WITH_EXAMPLES = sorted(path for path in PACKAGE.rglob("*.py") if "\n    >>> " in path.read_text(encoding="utf-8"))
"""Files are searched as text, so that no module is imported, and with it torch, which has nothing to run."""


def _module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=_module_name)
def test_examples_in_docstrings_give_what_they_print(path: Path) -> None:
    """Every example of one module runs and prints exactly the text below it."""
    module = importlib.import_module(_module_name(path))

    failed, attempted = doctest.testmod(module)

    assert attempted > 0
    assert failed == 0
