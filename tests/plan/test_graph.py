"""Plans: one job for one piece of work, addressed by everything that decides its result and by nothing else.

The keys of the shipped suites are golden, so that no default changes what a stored result means. Where they shall
change, write them anew: HARNESS_WRITE_GOLDEN=1 python -m pytest tests/plan/test_graph.py -k golden
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suite_files import TABLE1, loaded, shipped, shipped_plan, written

from harness.data import DATASETS
from harness.jobs import JOBS
from harness.plan.graph import Plan, make_plan
from harness.plan.job import Job
from harness.store.documents import canonical
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_names, shipped_suites

GOLDEN = Path(__file__).parent.parent / "golden" / "keys.json"
TRAIN = "train: {model: {name: alexnet}, data: ilsvrc2010, recipe: alexnet}"
CI = "    seeds: 3\n    data: digits\n"


def plan_of(folder: Path, *replaced: tuple[str, str], scale: str = "ci") -> Plan:
    """Table 1 with something replaced, planned."""
    return make_plan(loaded(folder, *replaced), scale)


def keys(suite: str) -> dict[str, dict[str, str]]:
    """By scale, the key of every job of a shipped suite in the order of the plan, each under its label."""
    scales = shipped(suite).file.scales
    return {scale: {job.label: key for key, job in shipped_plan(suite, scale).jobs.items()} for scale in scales}


@pytest.mark.parametrize("suite", shipped_names())
def test_golden_keys(suite: str) -> None:
    """The keys of a shipped suite are those of tests/golden/keys.json, written anew only on purpose."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    if os.environ.get("HARNESS_WRITE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(json.dumps(golden | {suite: keys(suite)}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        pytest.skip("written anew")
    assert keys(suite) == golden[suite]


def test_every_golden_suite_is_still_shipped() -> None:
    """A suite that goes takes its keys with it."""
    assert set(json.loads(GOLDEN.read_text(encoding="utf-8"))) == set(shipped_names())


def test_labels_tell_the_jobs_of_a_plan_apart() -> None:
    """Else a golden key could hide behind another."""
    for suite in shipped_names():
        for scale in shipped(suite).file.scales:
            labels = [job.label for job in shipped_plan(suite, scale).jobs.values()]
            assert len(labels) == len(set(labels))


def test_a_key_is_the_digest_of_the_canonical_address() -> None:
    """Anybody can work it out again."""
    job = Job("train", {"b": 1, "a": [1.5, None]}, {"x": "y"})
    version = JOBS["train"].version
    text = f'{{"inputs":{{"x":"y"}},"kind":"train","spec":{{"a":[1.5,null],"b":1}},"version":{version}}}'
    assert job.key == hashlib.sha256(text.encode()).hexdigest()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_canonical_json_has_one_spelling_for_one_content(document: dict[str, Any]) -> None:
    """Whatever the order of keys; ASCII, without blanks; and it comes back as it was."""
    text = canonical(document)
    assert text == canonical(dict(reversed(document.items())))
    assert text.isascii()
    assert json.loads(text) == document


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_cannot_say_has_no_address(number: float) -> None:
    """A NaN would equal nothing, itself included."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": number})


def test_label_and_work_are_no_part_of_a_key() -> None:
    """They are for people and for estimates."""
    job = Job("train", {"a": 1})
    assert job.key == replace(job, label="other", work=5.0).key


@pytest.mark.parametrize("change", [{"kind": "evaluate"}, {"spec": {"a": 2}}, {"inputs": {"network": "x"}}])
def test_kind_spec_and_inputs_are_part_of_a_key(change: dict[str, Any]) -> None:
    """A different question has a different answer."""
    job = Job("train", {"a": 1})
    assert job.key != replace(job, **change).key


def test_the_version_of_a_kind_is_part_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raised when the same spec shall mean something else."""
    before = Job("train", {"a": 1}).key
    monkeypatch.setitem(JOBS, "train", replace(JOBS["train"], version=JOBS["train"].version + 1))
    assert Job("train", {"a": 1}).key != before


def test_jobs_stand_after_what_they_need() -> None:
    """So that they can be run in this order."""
    plan = make_plan(load_suite(TABLE1), "ci")
    seen: set[str] = set()
    for key, job in plan.jobs.items():
        assert seen >= set(job.inputs.values())
        assert key == job.key
        seen.add(key)


def test_one_training_and_one_test_for_each_seed() -> None:
    """And one pass over the pixels for all of them."""
    plan = make_plan(load_suite(TABLE1), "paper")
    assert (list(plan.seeds), len(plan.jobs)) == ([0, 1, 2, 3, 4], 11)
    assert set(plan.trainings) == {("cnn", seed) for seed in range(5)}
    assert set(plan.evaluations) == {("cnn", "ten_crop", seed) for seed in range(5)}
    assert {plan.jobs[key].spec["seed"] for key in plan.trainings.values()} == set(range(5))


def test_the_same_training_asked_for_twice_is_one_job(tmp_path: Path) -> None:
    """Two experiments that differ in name only share every job."""
    twin = "\n  twin:\n    train: {model: {name: alexnet}, data: ilsvrc2010, recipe: alexnet}\n"
    twin += "    evaluate:\n      ten: {split: test, views: ten_crop}\n\nclaims:"
    plan = plan_of(tmp_path, ("\nclaims:", twin))
    assert len(plan.jobs) == len(make_plan(load_suite(TABLE1), "ci").jobs)
    assert plan.trainings["twin", 1] == plan.trainings["cnn", 1]
    assert plan.evaluations["twin", "ten", 1] == plan.evaluations["cnn", "ten_crop", 1]


def test_another_suite_asks_for_the_same_jobs(tmp_path: Path) -> None:
    """Names, titles, prints, margins and words decide no result."""
    plan = plan_of(
        tmp_path,
        ("suite: table1", "suite: other"),
        ("title: Error", "title: Errata"),
        ('"37.5"', '"99.9"'),
        ("margin: 0.5", "margin: 0.7"),
        ("    says: The network", "    says: A network"),
        ("source: section 6, Table 1", "source: elsewhere"),
    )
    assert list(plan.jobs) == list(make_plan(load_suite(TABLE1), "ci").jobs)


SMALL = "    data: fashion_mnist\n"


def scaled(part: str) -> tuple[str, str]:
    """A change that the small scale makes to the experiment."""
    return SMALL, f"{SMALL}    experiments: {{cnn: {{{part}}}}}\n"


CHANGES = {
    "model": (TRAIN, TRAIN.replace("name: alexnet}", "name: alexnet, dropout: 0.4}")),
    "width": scaled("model: {width: 0.5}"),
    "data": (CI, CI.replace("digits", "fashion_mnist")),
    "batch": (TRAIN, TRAIN[:-1] + ", change: {batch: 64}}"),
    "epochs": scaled("train: {epochs: 3}"),
    "rate": scaled("train: {rate: 0.021}"),
    "schedule": scaled("train: {drops_after: [1]}"),
    "optimiser": (
        TRAIN,
        TRAIN[:-1] + ", change: {optimiser: {rule: rate_inside_velocity, momentum: 0.9, weight_decay: 0.0004}}}",
    ),
    "initialisation": (
        TRAIN,
        TRAIN[:-1] + ", change: {initialisation: {rule: gaussian, std: 0.02, bias_one: [conv2]}}}",
    ),
    "gain": scaled("train: {gain: as_printed}"),
    "prepare": scaled("train: {prepare: {pad: 3}}"),
    "crop": scaled("train: {crop: 27}"),
    "augmentation": (TRAIN, TRAIN[:-1] + ", change: {augmentation: {crops: true, flips: false, colour_std: 0.1}}}"),
    "precision": scaled("train: {precision: bf16}"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_decides_a_training_changes_its_key(tmp_path: Path, what: str) -> None:
    """And that of its test, which stands on it."""
    scale = "ci" if what == "data" else "small"
    plan, before = plan_of(tmp_path, CHANGES[what], scale=scale), make_plan(load_suite(TABLE1), scale)
    for changed, kept in ((plan.trainings, before.trainings), (plan.evaluations, before.evaluations)):
        assert not set(changed.values()) & set(kept.values())


def test_seeds_have_keys_of_their_own() -> None:
    """Trainings and their tests."""
    plan = make_plan(load_suite(TABLE1), "small")
    assert len(set(plan.trainings.values())) == len(set(plan.evaluations.values())) == len(plan.seeds)


def test_another_seed_leaves_the_others_alone(tmp_path: Path) -> None:
    """Declaring more seeds runs only the new ones."""
    before = make_plan(load_suite(TABLE1), "ci")
    more = plan_of(tmp_path, (CI, CI.replace("3", "4")))
    assert {place: more.trainings[place] for place in before.trainings} == before.trainings


def test_the_version_of_a_data_set_is_part_of_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other splits or another reading are other data."""
    before = make_plan(load_suite(TABLE1), "ci")
    monkeypatch.setitem(DATASETS, "digits", replace(DATASETS["digits"], version="2"))
    assert not set(before.jobs) & set(make_plan(load_suite(TABLE1), "ci").jobs)


def test_the_protocol_changes_the_test_and_not_the_training(tmp_path: Path) -> None:
    """One net, tested in two ways."""
    before = make_plan(load_suite(TABLE1), "ci")
    plan = plan_of(tmp_path, ("views: ten_crop", "views: single"))
    assert plan.trainings == before.trainings
    assert not set(plan.evaluations.values()) & set(before.evaluations.values())


def test_the_split_changes_the_test_and_not_the_training(tmp_path: Path) -> None:
    """One net, tested on other images."""
    before, plan = make_plan(load_suite(TABLE1), "ci"), plan_of(tmp_path, ("split: test", "split: val"))
    assert plan.trainings == before.trainings
    assert not set(plan.evaluations.values()) & set(before.evaluations.values())


def test_the_source_of_a_recipe_is_no_part_of_a_key(tmp_path: Path) -> None:
    """Where the paper says it does not change what is done."""
    papers = tmp_path / "papers" / "alexnet"
    papers.mkdir(parents=True)
    for name in ("paper.yaml", "recipes.yaml"):
        text = (shipped_suites() / "papers" / "alexnet" / name).read_text(encoding="utf-8")
        (papers / name).write_text(text.replace("source: sections 2, 4 and 5", "source: somewhere"), encoding="utf-8")
    assert "somewhere" in (papers / "recipes.yaml").read_text(encoding="utf-8")
    assert list(plan_of(tmp_path).jobs) == list(make_plan(load_suite(TABLE1), "ci").jobs)


def test_the_spec_is_written_out_in_full() -> None:
    """With every default, so that a later change of a default is a change of the key."""
    plan = make_plan(load_suite(TABLE1), "paper")
    spec = plan.jobs[plan.trainings["cnn", 0]].spec
    assert spec["recipe"]["augmentation"]["mean"] == "same_offset"
    assert spec["recipe"]["optimiser"]["decays"] == "weights"
    assert (spec["model"]["pool_size"], spec["model"]["dropout"]) == (3, 0.5)
    assert (spec["data"]["prepare"], spec["data_version"]) == ({"short_side": 256, "center": 256, "pad": 0}, "1")


def test_nothing_of_the_machine_is_in_a_spec() -> None:
    """No path, device, thread count or interval."""
    plan = make_plan(load_suite(TABLE1), "paper")
    text = canonical([job.address() for job in plan.jobs.values()])
    assert not any(word in text for word in ("device", "threads", "path", "checkpoint", "worker", str(Path.home())))


def test_a_plan_needs_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ImageNet is planned for on any machine."""
    monkeypatch.chdir(tmp_path)
    assert make_plan(load_suite(written(tmp_path)), "paper").jobs


def test_the_estimate_knows_how_much_work_a_job_is() -> None:
    """AlexNet's 0.72 G multiply-adds, tripled for the way back, 1.26 million images, 90 epochs, and the validation."""
    plan = make_plan(load_suite(TABLE1), "paper")
    images = DATASETS["ilsvrc2010"].splits
    a_pass = plan.jobs[plan.trainings["cnn", 0]].work / 90 / (3 * images["train"] + images["val"])
    assert a_pass == pytest.approx(0.724e9, rel=0.01)
    assert plan.jobs[plan.evaluations["cnn", "ten_crop", 0]].work == pytest.approx(10 * a_pass * images["test"])


def test_a_job_knows_every_experiment_that_rests_on_it() -> None:
    """In the order of the suite, by whatever comes between; a net that is tuned further is wanted by both."""
    plan = make_plan(load_suite(shipped_suites() / "prelu_table6.yaml"), "ci")
    wanted = {job.kind: job.wanted_by for job in plan.jobs.values()}
    assert wanted["pixels"] == ["a_relu", "a_prelu", "b_prelu", "c_prelu", "vgg16", "vgg19", "googlenet", "spp"]
    for (name, _), key in plan.trainings.items():
        assert plan.jobs[key].wanted_by == [name]
    tuned = make_plan(load_suite(shipped_suites() / "table2.yaml"), "ci")
    started = {name: one.start_from for name, one in tuned.experiments.items() if one.start_from is not None}
    assert started
    for name, parent in started.items():
        assert {name, parent} <= set(tuned.jobs[tuned.trainings[parent, 0]].wanted_by)


def test_who_wants_a_job_is_no_part_of_its_address() -> None:
    """Nor is what it will cost."""
    job = Job("train", {"a": 1}, work=5.0)
    assert replace(job, wanted_by=["x"], keeps_bytes=9, scratch_bytes=9, images=9, work=1.0).key == job.key


def test_room_is_estimated_for_what_leaves_large_files() -> None:
    """Nets, predictions and mean images; an ensemble leaves as much as a member's test."""
    plan = make_plan(load_suite(shipped_suites() / "table2.yaml"), "ci")
    kinds = {job.kind for job in plan.jobs.values() if job.keeps_bytes > 0}
    assert kinds == {"pixels", "train", "evaluate", "ensemble"}
    average = next(job for job in plan.jobs.values() if job.kind == "ensemble")
    assert average.keeps_bytes == plan.jobs[next(iter(average.inputs.values()))].keeps_bytes
