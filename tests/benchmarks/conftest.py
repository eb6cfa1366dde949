"""Benchmarks run where they are asked for; without `--benchmark-enable` they compare no times and run each night."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from harness.data import cutting_compiled
from harness.models import response_norm_compiled


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark benchmarks that time nothing as nightly, before `-m` chooses; that they still run is a nightly test."""
    if not config.getoption("benchmark_enable"):
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent):
                item.add_marker(pytest.mark.nightly)


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give response normalisation its compiled kernels from the first number, in one thread."""
    if find_spec("numba") is None:
        pytest.skip("numba is not installed")
    monkeypatch.setattr(response_norm_compiled._Waiting, "numbers", response_norm_compiled.WORTH_COMPILING)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def compiled_cutting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give views their compiled subtraction from the first one, as in a training of some minutes."""
    monkeypatch.setattr(cutting_compiled._Choice, "numbers", cutting_compiled.WORTH_COMPILING)
