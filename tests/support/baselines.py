"""The baseline that the tests of checks hold suites against, made once in a test run."""

from __future__ import annotations

from pathlib import Path

import pytest
from finished_worlds import CUT
from once import made_once
from tiny_suites import tiny_suite

from harness.data.locate import Locations
from harness.machine.runtime import Runtime
from harness.regression.check import updated
from harness.regression.observations import Rules
from harness.store.store import Store
from harness.suite.shipped import shipped_suites

RULES = Rules("ci", Runtime(locations=Locations(), device="cpu", threads=1))
PRELU = shipped_suites() / "prelu_table1.yaml"
BASELINE = Path("reports") / "baselines" / "ci.json"
"""Where a baseline is looked for, below the folder that a check runs in."""


def made_baseline(factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny suite of AlexNet, and the baseline of it and of a shipped suite of PReLU; to be read."""

    def make(folder: Path) -> None:
        (folder / BASELINE).parent.mkdir(parents=True)
        suites = [tiny_suite(folder, **CUT), PRELU]
        updated(suites, folder / BASELINE, RULES, Store(folder / "runs")).baseline.write()

    return made_once(factory, "baseline", make)
