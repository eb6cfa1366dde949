"""Benchmarks run where they are asked for; without `--benchmark-enable` they compare no times and run each night."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark benchmarks that time nothing as nightly, before `-m` chooses; that they still run is a nightly test."""
    if not config.getoption("benchmark_enable"):
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent):
                item.add_marker(pytest.mark.nightly)
