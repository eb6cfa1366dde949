"""A cluster for all tests of this folder that need one, started with the first of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from real_slurm import RealSlurm, missing, running_slurm


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSlurm]:
    """The cluster; skips where none can be started, and says why."""
    if (why := missing()) is not None:
        pytest.skip(why)
    with running_slurm(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture
def slurm(running: RealSlurm) -> Iterator[RealSlurm]:
    """The cluster without any job, and every daemon running."""
    running.empty()
    yield running
    running.empty()
