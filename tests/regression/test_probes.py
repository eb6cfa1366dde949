"""Probes of a plan: one for each training and test, unaffected by settings that no probe sees."""

from __future__ import annotations

from pathlib import Path

from tiny_suites import tiny_suite

from harness.plan.graph import Plan, make_plan
from harness.regression.probes import AFTER_DROP, IMAGES, STEPS, Probes, probes_of
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites


def planned(name: str) -> Plan:
    """Plan a shipped suite at ci."""
    return make_plan(load_suite(shipped_suites() / f"{name}.yaml"), "ci")


def tiny(folder: Path, **changes: object) -> Probes:
    """Return the probes of the tiny suite."""
    folder.mkdir(exist_ok=True)
    return probes_of(make_plan(load_suite(tiny_suite(folder, **changes)), "ci"))


def test_every_training_and_test_has_one() -> None:
    """The probe belongs to the first seed."""
    plan = planned("table2")
    probes = probes_of(plan)
    assert probes.trainings.keys() == plan.experiments.keys()
    assert probes.tests.keys() == {(name, test) for name, one in plan.experiments.items() for test in one.evaluations}
    assert all(probes.jobs[key].spec["seed"] == 0 for key in probes.trainings.values())


def test_no_plan_holds_a_probe() -> None:
    """Only checks use probes."""
    plan = planned("table2")
    assert not plan.jobs.keys() & {key for key, job in probes_of(plan).jobs.items() if job.kind == "probe"}
    assert "probe" not in {job.kind for job in plan.jobs.values()}


def test_inputs_come_first() -> None:
    """Executors need this order."""
    jobs = list(probes_of(planned("table2")).jobs.values())
    for place, job in enumerate(jobs):
        assert set(job.inputs.values()) <= {before.key for before in jobs[:place]}


def test_two_suites_share_what_they_both_train() -> None:
    """The same net, recipe and data have one key."""
    one, other = (probes_of(planned(name)) for name in ("table1", "views"))
    assert one.trainings["cnn"] == other.trainings["cnn"]
    assert one.tests["cnn", "ten_crop"] in other.tests.values()


def test_precision_is_forced_and_seeds_are_not_counted(tmp_path: Path) -> None:
    """Neither a bf16 recipe nor more seeds change the probe."""
    assert tiny(tmp_path / "a").trainings == tiny(tmp_path / "b", precision="bf16", seeds=4).trainings


def test_another_recipe_is_another_probe(tmp_path: Path) -> None:
    """No result of one can stand for the other."""
    assert tiny(tmp_path / "a").trainings != tiny(tmp_path / "b", rate=0.03).trainings


def test_a_probe_asks_for_little(tmp_path: Path) -> None:
    """It takes a few images, and enough steps for a drop of the rate, even across epochs."""
    probes = tiny(tmp_path)
    asked = probes.jobs[probes.trainings["cnn"]].spec["probe"]
    assert (asked["images"], asked["steps"], asked["after_drop"]) == (IMAGES, STEPS, AFTER_DROP)
    assert asked["epochs_before_drop"] == 2  # an epoch of the digits has eighteen batches of 64
    assert probes.jobs[probes.tests["cnn", "ten_crop"]].spec["protocol"]["sample"] == IMAGES


def test_a_training_from_another_net_starts_from_that_nets_first_weights() -> None:
    """These are known without training it."""
    probes = probes_of(planned("table2"))
    specs = {name: probes.jobs[key].spec for name, key in probes.trainings.items()}
    later = [spec["start_from"] for spec in specs.values() if spec["start_from"]]
    assert len(later) == 1
    assert later[0]["recipe"]["precision"] == "fp32"
    assert all(job.inputs.keys() == {"pixel_statistics"} for job in probes.jobs.values() if job.kind == "probe")
