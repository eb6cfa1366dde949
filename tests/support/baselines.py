"""The baseline that the tests of checks compare suites with, made once in a test run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from finished_worlds import CUT
from once import made_once
from suite_files import plain
from tiny_suites import tiny_suite

from harness.data.locate import Locations
from harness.machine.runtime import Runtime
from harness.regression.check import updated
from harness.regression.observations import Rules
from harness.store.store import Store
from harness.suite.shipped import shipped_suites

RULES = Rules("ci", Runtime(locations=Locations(), device="cpu", threads=1))
PRELU = "prelu_few"
"""The PReLU suite: its Table 1 in small batches."""
FEW = {**CUT, "batch": 16}
"""Changes of the tiny suite; a small batch, because a check takes its first steps up to eight times."""
BASELINE = Path("reports") / "baselines" / "ci.json"
"""Path of a baseline, below the folder that a check runs in."""


def prelu_suite(folder: Path) -> Path:
    """Write the first column of Table 1 of the PReLU paper, with small batches at the scale `ci`."""
    suite = plain(shipped_suites() / "prelu_table1.yaml")
    suite["suite"] = PRELU
    del suite["experiments"]["channel"], suite["table"]["columns"]["channel"]
    for row in suite["table"]["rows"].values():
        del row["printed"]["channel"]
    for one in suite["deviations"].values():
        one["affects"] = ["shared"]
    del suite["readings"]
    suite["claims"] = {name: one for name, one in suite["claims"].items() if "channel." not in json.dumps(one)}
    suite["scales"]["ci"]["train"]["batch"] = 8
    path = folder / f"{PRELU}.yaml"
    path.write_text(json.dumps(suite, indent=1))
    return path


def made_baseline(factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a tiny suite of AlexNet, one of PReLU, and the baseline of both; treat it as read-only."""

    def make(folder: Path) -> None:
        (folder / BASELINE).parent.mkdir(parents=True)
        suites = [tiny_suite(folder, **FEW), prelu_suite(folder)]
        updated(suites, folder / BASELINE, RULES, Store(folder / "runs")).baseline.write()

    return made_once(factory, "baseline", make)
