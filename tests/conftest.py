"""Fixtures for all tests, which restore torch's settings, fix random examples, and share work between tests.

Jobs set torch's threads and determinism for the whole process. The examples of hypothesis are fixed, so that a test
passes or fails by the code alone: 20 for each, or 100 where HARNESS_FUZZ is set, as each night;
`--hypothesis-profile=search` draws new ones.
"""

from __future__ import annotations

import functools
import gc
import itertools
import os
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from tiny_suites import World

    from harness.plan.graph import Plan
    from harness.store.store import Store

if "PYTEST_XDIST_WORKER" in os.environ:
    # Set before torch is imported: beside other workers, threads that spin while they wait for each other are slower
    # than one thread alone.
    os.environ.update({"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"})

EXAMPLES = 100 if "HARNESS_FUZZ" in os.environ else 20
hypothesis.settings.register_profile("same", max_examples=EXAMPLES, derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", max_examples=500, deadline=None, print_blob=True)
hypothesis.settings.load_profile("same")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave out of garbage collection what stays to the end: searching it took a third of the time of collecting."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


COUNTER = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of cache folders, which keeps fixtures of modules out of the user's own cache."""
    folder = tmp_path_factory.mktemp("caches")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "fixtures"))
        yield folder


@pytest.fixture(autouse=True)
def _nothing_remembered(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test an empty cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches / f"{next(COUNTER)}"))


@pytest.fixture(scope="module", autouse=True)
def curves_drawn_once() -> Iterator[None]:
    """Draw the same learning curves once in a process; modules that test the drawing override this."""
    with pytest.MonkeyPatch.context() as patch:
        if page_curves := sys.modules.get("harness.report.page.curves"):
            from drawn_once import drawing_once

            patch.setattr(page_curves, "overlaid", drawing_once())
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., World]:
    """Return a function that gives the tiny suite with some changes, run to its end; read it or copy it.

    It runs once in the whole test run for all tests with the same changes.
    """
    from finished_worlds import finished_world

    return functools.partial(finished_world, tmp_path_factory)


@pytest.fixture(scope="session")
def with_baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a tiny suite and its baseline, made once in the whole test run; treat it as read-only."""
    from baselines import made_baseline

    return made_baseline(tmp_path_factory)


@pytest.fixture(autouse=True)
def torch_as_it_was():
    """Restore torch's threads and determinism after a test that ran a job."""
    torch = sys.modules.get("torch")
    before = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) if torch else None
    yield
    if torch := sys.modules.get("torch"):
        threads, deterministic = before or (torch.get_num_threads(), False)
        torch.set_num_threads(threads)
        torch.set_deterministic_debug_mode("error" if deterministic else "default")


@pytest.fixture
def plan() -> Plan:
    """Plan Table 1 on the digits."""
    from filled_store import table1

    return table1()


@pytest.fixture
def store(tmp_path: Path, plan: Plan) -> Store:
    """Return a store with every job of the plan finished by a fabricated result."""
    from filled_store import filled

    return filled(tmp_path / "runs", plan)
