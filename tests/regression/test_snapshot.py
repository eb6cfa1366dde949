"""The content of a snapshot: everything that decides a verdict, in a form that survives a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.data.locate import Locations
from harness.machine.runtime import Runtime
from harness.plan.graph import make_plan
from harness.regression.observations import Rules, Stores, asked_of, observe
from harness.regression.selection import Selection
from harness.stop_signal import StopSignal
from harness.store.documents import json_text
from harness.store.store import Store
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the snapshot of a suite without trainings."""
    suite = load_suite(shipped_suites() / "architecture.yaml")
    folder = tmp_path_factory.mktemp("taken")
    rules = Rules("ci", Runtime(locations=Locations(), device="cpu", threads=1))
    stores = Stores(Store(folder / "fresh"), Store(folder / "runs"))
    return observe(asked_of(suite, Selection.of(suite), rules), rules, stores, StopSignal()).snapshot


def test_it_is_plain_data(taken: dict[str, Any]) -> None:
    """A round trip through a file changes nothing."""
    assert json.loads(json_text(taken)) == taken


def test_every_experiment_cell_and_claim_is_in_it(taken: dict[str, Any]) -> None:
    """A removed one is therefore noticed."""
    suite = load_suite(shipped_suites() / "architecture.yaml")
    assert taken["experiments"].keys() == suite.file.experiments.keys()
    assert taken["cells"].keys() == {cell.id for cell in suite.cells()}
    assert taken["claims"].keys() == suite.file.claims.keys()
    assert taken["measurements"].keys() == {name for name, _ in make_plan(suite, "ci").measurements}


def test_exact_cells_and_claims_are_judged_in_it(taken: dict[str, Any]) -> None:
    """Nothing is sampled in them; only a bound on the wrong side leaves them undecided."""
    assert taken["cells"]["conv2.neurons"]["outcome"] == "MATCH"
    assert {claim["outcome"] for claim in taken["claims"].values() if claim["evidence"] == "exact"} <= {
        "CONFIRMED", "BY CONSTRUCTION", "CONTRADICTED", "INCONCLUSIVE",
    }  # fmt: skip


def test_provenance_names_versions_and_machine_but_neither_day_nor_host(taken: dict[str, Any]) -> None:
    """The same code on the same machine gives the same bytes."""
    made = taken["made_with"]
    assert {"commit", "packages", "processor", "device"} <= made.keys()
    assert made["packages"]["torch"]
    assert len(taken["suite_sha256"]) == 64
    assert str(Path.home()) not in json.dumps(made)
