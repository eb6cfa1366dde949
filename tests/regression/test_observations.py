"""Jobs that a check runs, and results that it reads from the store: current ones of trainings, on request."""

from __future__ import annotations

from pathlib import Path

import pytest
from baselines import FEW
from fabricated import finish_all
from tiny_suites import tiny_suite

from harness.data.locate import Locations
from harness.errors import DataMissing
from harness.machine.runtime import Runtime
from harness.plan.graph import make_plan
from harness.plan.status import surveyed
from harness.regression import probes
from harness.regression.check import check, updated
from harness.regression.observations import Observed, Rules, Stores, asked_of, observe
from harness.regression.selection import Selection
from harness.stop_signal import StopSignal
from harness.store.store import Store
from harness.suite.file import Suite
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

RUNTIME = Runtime(locations=Locations(), device="cpu", threads=1)
ERRORS = {0: (10.0, 2.0), 1: (11.0, 2.5), 2: (12.0, 3.0)}


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """Return a tiny suite of three seeds."""
    return load_suite(tiny_suite(tmp_path, seeds=3, **FEW))


def observed(suite: Suite, folder: Path, *, train: bool) -> Observed:
    """Observe the suite with the trainings' results of a store."""
    stores = Stores(Store(folder / "fresh"), Store(folder / "runs"))
    rules = Rules("ci", RUNTIME, train=train)
    return observe(asked_of(suite, Selection.of(suite), rules), rules, stores, StopSignal())


def test_at_ci_no_training_runs_and_none_is_read(suite: Suite, tmp_path: Path) -> None:
    """Trainings are not requested."""
    finish_all(Store(tmp_path / "runs"), make_plan(suite, "ci"), ERRORS)
    found = observed(suite, tmp_path, train=False)
    assert found.failed == {}
    assert found.snapshot["experiments"]["cnn"]["accuracies"] == {}
    assert list((tmp_path / "fresh").glob("train-*")) == []


def test_results_in_the_store_are_taken_as_they_are(suite: Suite, tmp_path: Path) -> None:
    """They come by seed, with the number of images."""
    finish_all(Store(tmp_path / "runs"), make_plan(suite, "ci"), ERRORS)
    found = observed(suite, tmp_path, train=True).snapshot["experiments"]["cnn"]["accuracies"]
    top1 = found["ten_crop.top1_error"]
    assert top1 == {"values": {"0": 10.0, "1": 11.0, "2": 12.0}, "images": 400, "diverged": []}


def test_a_stale_result_counts_for_nothing(suite: Suite, tmp_path: Path) -> None:
    """It belongs to other code; it is neither judged nor run again unasked."""
    store, plan = Store(tmp_path / "runs"), make_plan(suite, "ci")
    finish_all(store, plan, ERRORS, code="of long ago")
    found = observed(suite, tmp_path, train=True)
    assert found.snapshot["experiments"]["cnn"]["accuracies"] == {}
    assert surveyed(plan, store, RUNTIME.locations).jobs("stale") == list(plan.jobs.values())  # still there


def test_accuracies_are_compared_where_both_have_them(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At ci they gate nothing; how far disturbances move a training has no part in it, so one is enough."""
    monkeypatch.setattr(probes, "DISTURBANCES", probes.DISTURBANCES[:1])
    rules, file = Rules("ci", RUNTIME, train=True), tmp_path / "ci.json"
    plan = make_plan(suite, "ci")
    finish_all(Store(tmp_path / "good"), plan, ERRORS)
    updated([suite.path], file, rules, Store(tmp_path / "good")).baseline.write()
    finish_all(Store(tmp_path / "bad"), plan, {seed: (top1 + 5, top5) for seed, (top1, top5) in ERRORS.items()})
    found = check([suite.path], file, rules, Store(tmp_path / "bad"), strict=False)
    severities = {one.subject: one.severity for one in found.findings if one.subject.startswith("accuracy")}
    assert severities == {
        "accuracy cnn.ten_crop.cross_entropy": "ok",
        "accuracy cnn.ten_crop.top1_error": "advisory",
        "accuracy cnn.ten_crop.top5_error": "ok",
    }


def test_only_the_chosen_experiments_run(tmp_path: Path) -> None:
    """The inputs of their probes run too."""
    suite = load_suite(shipped_suites() / "architecture.yaml")
    stores = Stores(Store(tmp_path / "fresh"), Store(tmp_path / "runs"))
    rules = Rules("ci", RUNTIME)
    found = observe(asked_of(suite, Selection.of(suite, ["net"]), rules), rules, stores, StopSignal()).snapshot
    assert found["measurements"].keys() == {"net"}


def test_missing_data_are_told() -> None:
    """The error comes with the plan, before anything runs."""
    table1 = load_suite(shipped_suites() / "table1.yaml")
    with pytest.raises(DataMissing, match="ILSVRC-2010 is not on disk"):
        asked_of(table1, Selection.of(table1), Rules("paper", RUNTIME))


@pytest.mark.nightly
def test_a_check_can_train(suite: Suite, tmp_path: Path) -> None:
    """Real trainings repeat the baseline's."""
    rules, file = Rules("ci", RUNTIME, train=True), tmp_path / "ci.json"
    updated([suite.path], file, rules, Store(tmp_path / "one")).baseline.write()
    found = check([suite.path], file, rules, Store(tmp_path / "other"), strict=False)
    accuracies = [one for one in found.findings if one.subject.startswith("accuracy")]
    assert len(accuracies) == 3
    assert {one.severity for one in accuracies} == {"ok"}
