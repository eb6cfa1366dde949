"""The documents of a report: everything from plan, store and verdicts, and nothing that changes with the day."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fabricated import FINISHED_AT, finish, finish_all, record
from result_documents import typed
from suite_files import TABLE1, loaded, written

from harness.data.locate import Locations, Place
from harness.jobs.measures import MEASURES
from harness.plan.graph import Plan, make_plan
from harness.plan.preregistration import declare
from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.report.gather import gather
from harness.report.page.render import render
from harness.store.documents import seal
from harness.store.store import Store
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

SAMPLES = Path(__file__).parent.parent / "samples"
ASKED = Choice("ci", "--scale ci was asked for", "")
ERRORS = {0: (37.4, 16.9), 1: (37.5, 17.0), 2: (37.6, 17.1)}
CI = "    seeds: 3\n    data: digits\n"


def documents(plan: Plan, store: Store, failed: dict[str, str] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Results and curves of a plan as it stands in the store."""
    results, curves = gather(plan, store, statuses(plan, store, Locations()), ASKED, failed)
    return results.plain(), curves


@pytest.fixture
def plan() -> Plan:
    """Table 1 on the digits."""
    return make_plan(load_suite(TABLE1), "ci")


@pytest.fixture
def store(tmp_path: Path, plan: Plan) -> Store:
    """Every job of it done."""
    store = Store(tmp_path / "runs")
    declare(plan, store)
    finish_all(store, plan, ERRORS)
    return store


def by_id(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The records of a list by their id."""
    return {one["id"]: one for one in records}


def keys(document: Any) -> set[str]:
    """The keys of a record."""
    return set(document) - {"about", "figures", "inspections"}


SAMPLE = json.loads((SAMPLES / "small_results.json").read_text(encoding="utf-8"))


def test_a_report_has_what_the_page_was_made_for(plan: Plan, store: Store) -> None:
    """The keys of the sample that the page's tests render, at every level."""
    results, _ = documents(plan, store)
    assert keys(results) >= keys(SAMPLE)
    for part in ("cells", "claims", "deviations", "data"):
        assert keys(results[part][0]) >= keys(SAMPLE[part][0])
    assert keys(results["table"]["columns"][0]) >= keys(SAMPLE["table"]["columns"][0])
    experiment, sample = results["experiments"]["cnn"], SAMPLE["experiments"]["cnn"]
    assert keys(experiment) >= keys(sample)
    assert keys(experiment["jobs"][0]) >= keys(sample["jobs"][0])
    assert keys(experiment["jobs"][0]["evaluations"]["ten_crop"]) >= {"key", "values", "count", "ids_sha256"}


def test_curves_are_by_experiment_quantity_and_seed(plan: Plan, store: Store) -> None:
    """[epoch, value] pairs, as the sample has them."""
    _, curves = documents(plan, store)
    assert set(curves["cnn"]) == {"train_loss", "train_error", "validation_error"}
    assert curves["cnn"]["validation_error"] == {"0": [[1, 40.0]], "1": [[1, 40.0]], "2": [[1, 40.0]]}


def test_documents_are_json_and_make_a_page(plan: Plan, store: Store) -> None:
    """No NaN, no object of ours, nothing that the page cannot show."""
    results, curves = documents(plan, store)
    json.dumps([results, curves], allow_nan=False)
    assert "Error rates on the ILSVRC-2010 test set" in render(typed(results), curves)


def test_the_same_store_gives_the_same_documents(plan: Plan, store: Store) -> None:
    """Whenever they are gathered."""
    assert json.dumps(documents(plan, store)) == json.dumps(documents(plan, store))


def test_a_cell_has_its_values_by_seed(plan: Plan, store: Store) -> None:
    """With the mean, the spread and the outcome of this scale."""
    cell = by_id(documents(plan, store)[0]["cells"])["cnn.top5"]
    assert (cell["values"], cell["n"]) == ({"0": 16.9, "1": 17.0, "2": 17.1}, 3)
    assert (cell["mean"], cell["std"]) == (pytest.approx(17.0), pytest.approx(0.1))
    assert (cell["printed"], cell["metric"], cell["direction"]) == ("17.0", "top5_error", "lower")
    assert (cell["value"], cell["outcome"]) == ("cnn.ten_crop.top5_error", "NOT COMPARABLE")


def test_a_quoted_cell_has_no_value(plan: Plan, store: Store) -> None:
    """Nor a metric or a direction."""
    cell = by_id(documents(plan, store)[0]["cells"])["sift_fv.top1"]
    assert (cell["outcome"], cell["value"], cell["metric"], cell["values"]) == ("CITED", None, None, {})


def test_an_empty_store_is_a_report_too(plan: Plan, tmp_path: Path) -> None:
    """That says what has not run."""
    results, curves = documents(plan, Store(tmp_path / "none"))
    cell = by_id(results["cells"])["cnn.top1"]
    assert (cell["outcome"], cell["reason"], cell["mean"]) == ("NOT RUN", "not run yet (0 of 3 seeds)", None)
    assert results["headline"] == "2 NOT RUN of 2 printed numbers of the authors' own; 3 NOT RUN of 3 claims."
    assert [job["outcome"] for job in results["experiments"]["cnn"]["jobs"]] == ["not run"] * 3
    assert (results["data"], results["environment"], results["cost"]["finished_at"]) == ([], {}, None)
    assert render(typed(results), curves)


def test_an_experiment_without_a_test_at_the_scale_is_no_gap(tmp_path: Path) -> None:
    """It is not trained; its numbers are not run, and say at which scale they are."""
    evaluated = "      ten_crop: {split: test, views: ten_crop}\n"
    training = "    train: {model: {name: alexnet}, data: ilsvrc2010, recipe: alexnet}\n"
    other = f"  other:\n    says: At paper scale only\n{training}    evaluate:\n{evaluated}"
    other = other.replace("views: ten_crop}", "views: ten_crop, scales: [paper]}")
    claims = "  of_test:\n    {ref: A35, says: a, source: b, less: [other.ten_crop.top1_error, cnn.top1]}\n"
    claims += "  of_epochs:\n    {ref: A35, says: a, source: b, less: [other.epochs.last_train_error, cnn.top1]}\n"
    plan = make_plan(loaded(tmp_path, (evaluated, evaluated + other), ("claims:\n", "claims:\n" + claims)), "ci")
    store = Store(tmp_path / "runs")
    finish_all(store, plan, ERRORS)
    results, curves = documents(plan, store)
    assert list(results["experiments"]) == ["cnn"]
    reasons = {name: by_id(results["claims"])[name]["reason"] for name in ("of_test", "of_epochs")}
    assert "this test is taken at paper scale only" in reasons["of_test"]
    assert "it has no test at ci scale, so it is not trained there" in reasons["of_epochs"]
    assert render(typed(results), curves)


def test_less_than_the_declared_seeds_is_not_run(plan: Plan, store: Store) -> None:
    """The seeds that are there are shown, and not judged."""
    store.folder("evaluate", plan.evaluations["cnn", "ten_crop", 1]).result.unlink()
    cell = by_id(documents(plan, store)[0]["cells"])["cnn.top1"]
    assert (cell["outcome"], cell["values"]) == ("NOT RUN", {"0": 37.4, "2": 37.6})
    assert cell["reason"] == "not run yet (2 of 3 seeds)"


def test_a_blocked_job_says_by_what(tmp_path: Path) -> None:
    """In the reason of the cell."""
    plan = make_plan(load_suite(TABLE1), "paper")
    nowhere = Locations(named={"ilsvrc2010": Place(tmp_path, "--data ilsvrc2010")})
    found, _ = gather(plan, store := Store(tmp_path / "runs"), statuses(plan, store, nowhere), ASKED)
    results = found.plain()
    assert by_id(results["cells"])["cnn.top1"]["reason"] == "ILSVRC-2010 is not on disk (0 of 5 seeds)"
    assert results["headline"] == "2 NOT RUN of 2 printed numbers of the authors' own; 3 NOT RUN of 3 claims."


def test_a_failed_seed_is_failed_with_its_reason(plan: Plan, store: Store) -> None:
    """In the cell, in the claim that needs it, and beside its training."""
    training, test = plan.trainings["cnn", 1], plan.evaluations["cnn", "ten_crop", 1]
    for kind, key in (("train", training), ("evaluate", test)):
        store.folder(kind, key).result.unlink()
    results, _ = documents(plan, store, {training: "out of memory", test: "its input failed: out of memory"})
    cell = by_id(results["cells"])["cnn.top1"]
    assert (cell["outcome"], cell["reason"]) == ("FAILED", "seed 1: its input failed: out of memory")
    assert cell["values"] == {"0": 37.4, "2": 37.6}
    job = results["experiments"]["cnn"]["jobs"][1]
    assert (job["seed"], job["outcome"], job["reason"]) == (1, "failed", "out of memory")
    assert by_id(results["claims"])["own_errors"]["outcome"] == "FAILED"


def test_a_diverged_seed_is_counted_and_named(plan: Plan, store: Store) -> None:
    """Its chance error is among the values."""
    finish(store, plan.jobs[plan.trainings["cnn", 2]], outcome="diverged", diverged_at=123, values={})
    chance = {"top1_error": 90.0, "top5_error": 50.0, "cross_entropy": 2.3}
    finish(store, plan.jobs[plan.evaluations["cnn", "ten_crop", 2]], outcome="diverged", values=chance)
    results, _ = documents(plan, store)
    cell = by_id(results["cells"])["cnn.top1"]
    assert (cell["diverged"], cell["values"]["2"]) == ([2], 90.0)
    job = results["experiments"]["cnn"]["jobs"][2]
    assert (job["outcome"], job["diverged_at"]) == ("diverged", 123)


def test_a_stale_result_is_said_to_be(plan: Plan, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the cell, which still shows it."""
    monkeypatch.setattr("harness.plan.status.is_current", lambda _, digest: digest == "x")
    cell = by_id(documents(plan, store)[0]["cells"])["cnn.top1"]
    assert cell["mean"] == pytest.approx(37.5)
    assert "the code of evaluate jobs has changed since" in cell["stale"]


def test_marks_of_a_result_reach_its_cell(plan: Plan, store: Store) -> None:
    """Such as a training that went on elsewhere."""
    finish(store, plan.jobs[plan.evaluations["cnn", "ten_crop", 0]], marks=["resumed elsewhere"])
    assert by_id(documents(plan, store)[0]["cells"])["cnn.top1"]["marks"] == ["resumed elsewhere"]


def test_seeds_changed_after_a_first_result_are_extended(plan: Plan, store: Store, tmp_path: Path) -> None:
    """The cells say so."""
    more = make_plan(loaded(tmp_path, (CI, CI.replace("3", "4"))), "ci")
    declare(more, store)
    finish_all(store, more, ERRORS | {3: (37.5, 17.0)})
    assert {cell["extended"] for cell in documents(more, store)[0]["cells"] if cell["value"]} == {True}
    assert {cell["extended"] for cell in documents(plan, store)[0]["cells"]} == {False}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"official": False, "official_reason": "other classes"}, "digits is not the official data: other classes"),
        ({"whole": False, "count": 12}, "12 samples of digits/test were seen, not the whole split"),
    ],
)
def test_other_data_or_a_part_of_them_are_not_comparable(
    plan: Plan, store: Store, changes: dict[str, Any], reason: str
) -> None:
    """At paper scale, where everything else would be."""
    job = plan.jobs[plan.evaluations["cnn", "ten_crop", 0]]
    finish(store, job, data=[record(job, "test", Locations()) | changes])
    scales = {"paper": plan.suite.file.scales["ci"]}
    file, resolved = plan.suite.file.model_copy(update={"scales": scales}), {"paper": plan.experiments}
    suite = replace(plan.suite, file=file, resolved=resolved)
    cell = by_id(documents(replace(plan, read=lambda: suite, scale="paper"), store)[0]["cells"])["cnn.top1"]
    assert (cell["outcome"], cell["reason"]) == ("NOT COMPARABLE", reason)


def test_only_the_deviations_of_the_scale_are_told(plan: Plan, store: Store) -> None:
    """Those of another scale did not happen here."""
    told = by_id(documents(plan, store)[0]["deviations"])
    assert {"mean_image", "narrow_net"} <= told.keys()
    assert not {"input_geometry", "subset_of_data", "bf16"} & told.keys()


def test_data_are_told_once_for_each_content(plan: Plan, store: Store) -> None:
    """However many jobs saw them."""
    assert [record["split"] for record in documents(plan, store)[0]["data"]] == ["test", "train", "val"]


def test_cost_adds_up(plan: Plan, store: Store) -> None:
    """By kind of job: 1.5 seconds each here."""
    cost = documents(plan, store)[0]["cost"]
    assert (cost["train_s"], cost["evaluate_s"], cost["pixels_s"], cost["measure_s"]) == (4.5, 4.5, 1.5, 0)
    assert cost["finished_at"] == FINISHED_AT


def test_places_that_differ_are_told_apart(plan: Plan, store: Store) -> None:
    """One place is told as it is, several are numbered."""
    assert documents(plan, store)[0]["environment"] == {"python": "3.11.7", "cores": 2}
    store.folder("train", plan.trainings["cnn", 0]).environment.write_text(json.dumps(seal({"python": "3.13.0"})))
    results, curves = documents(plan, store)
    assert set(results["environment"]) == {"place 1", "place 2"}
    assert "Results of 2 machines or settings" in render(typed(results), curves)


def test_digests_follow_what_they_are_of(plan: Plan, store: Store, tmp_path: Path) -> None:
    """Another value gives other results; another word in the file another suite."""
    before = documents(plan, store)[0]["digest"]
    job = plan.jobs[plan.evaluations["cnn", "ten_crop", 0]]
    finish(store, job, values={"top1_error": 1.0, "top5_error": 1.0, "cross_entropy": 1.0})
    after = documents(plan, store)[0]["digest"]
    assert (after["suite"], after["code"]) == (before["suite"], before["code"])
    assert after["results"] != before["results"]
    other = make_plan(loaded(tmp_path, ("title: Error", "title: Errors")), "ci")
    assert documents(other, store)[0]["digest"]["suite"] != before["suite"]


@pytest.mark.parametrize(("absolute", "shown"), [(True, "mine.yaml"), (False, "below/mine.yaml")])
def test_a_report_never_names_a_path_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str, *, absolute: bool
) -> None:
    """The command is what a stranger would type."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below").mkdir()
    path = written(tmp_path / "below")
    suite = load_suite(path if absolute else path.relative_to(tmp_path))
    results, _ = documents(make_plan(suite, "ci"), Store(tmp_path / "runs"))
    assert results["command"] == f"python -m harness run {shown} --scale ci"
    assert str(tmp_path) not in json.dumps(results)


def test_a_shipped_suite_is_named_as_in_a_clone(store: Store) -> None:
    """Wherever it was installed."""
    plan = make_plan(load_suite(shipped_suites() / "training.yaml"), "ci")
    assert documents(plan, store)[0]["command"] == "python -m harness run suites/training.yaml --scale ci"


def test_a_split_whose_labels_were_never_published_is_not_run(plan: Plan, store: Store) -> None:
    """Its test leaves predictions and no values, and the cell says why nothing stands beside the printed number."""
    for seed in plan.seeds:
        finish(store, plan.jobs[plan.evaluations["cnn", "ten_crop", seed]], values={})
    cell = by_id(documents(plan, store)[0]["cells"])["cnn.top1"]
    assert (cell["outcome"], cell["mean"]) == ("NOT RUN", None)
    assert (
        cell["reason"]
        == "the labels of digits/test were never published; `record` enters the server's score (0 of 3 seeds)"
    )


def test_a_measurement_has_its_spec_values_and_units(tmp_path: Path) -> None:
    """What was asked, what came out by seed, and what each number is called."""
    plan = make_plan(load_suite(shipped_suites() / "prelu_architecture.yaml"), "ci")
    store = Store(tmp_path / "runs")
    for job in plan.jobs.values():
        finish(store, job, values=dict.fromkeys(MEASURES[job.spec["what"]].spec.parsed(job.spec).quantities(), 1.0))
    results, curves = documents(plan, store)
    recipe = results["measurements"]["recipe"]
    assert ["batch", "", "batch"] in [[name, unit, name] for name, unit, _ in recipe["quantities"]]
    assert [job["values"]["batch"] for job in recipe["jobs"]] == [1.0]
    assert render(typed(results), curves)
