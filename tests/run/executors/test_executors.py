"""Executors by name."""

from __future__ import annotations

import importlib

import pytest

from harness.run.executors import EXECUTORS


@pytest.mark.parametrize("name", EXECUTORS)
def test_every_executor_is_where_the_registry_says(name: str) -> None:
    """And has the one method that an executor is."""
    module, kind = EXECUTORS[name].split(":")
    assert callable(getattr(importlib.import_module(module), kind).run)
