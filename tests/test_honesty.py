"""Attempts at an undeserved MATCH or CONFIRMED: each is refused, or marked with its reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fabricated import finish, finish_all
from judged_worlds import ERRORS, FIVE, World, won
from suite_files import faults, written

from harness.data.locate import Locations
from harness.errors import HarnessError
from harness.plan.graph import Plan, make_plan
from harness.plan.preregistration import declare
from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.report.gather import gather
from harness.store.documents import seal
from harness.store.store import Store, write_json
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return an honest world."""
    return World.made(tmp_path / "honest")


def test_an_honest_run_is_a_match_without_a_mark(world: World) -> None:
    """Every attempt below starts from this run."""
    everything = {"cnn.top1", "cnn.top5", "own_errors", "beats_sparse_coding", "beats_sift_fv"}
    assert won(world.results(), marked=False) == everything


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a subset": ({"whole": False, "count": 40}, "40 samples of digits/test were seen, not the whole split"),
    "fewer images": ({"count": 399}, "399 samples of digits/test were seen, not the whole split"),
    "another split": ({"split": "val", "count": 199}, "digits/val was seen, which is not what was to be"),
    "other data": ({"name": "fashion_mnist", "count": 10_000}, "fashion_mnist/test was seen, which is not"),
    "unheard-of data": ({"name": "mine"}, "mine/test was seen, which is not what was to be"),
    "unofficial data": ({"official": False, "official_reason": "not theirs"}, "not the official data: not theirs"),
}


@pytest.mark.parametrize("attempt", REFUSED)
def test_other_images_than_the_whole_official_split_compare_with_nothing(world: World, attempt: str) -> None:
    """One such seed among several is enough, whatever the result says about itself."""
    changes, reason = REFUSED[attempt]
    results = world.saw(1, **changes).results()
    assert won(results, marked=False) | won(results, marked=True) == set()
    assert {one["outcome"] for one in [*results["cells"], *results["claims"]]} == {"NOT COMPARABLE", "CITED"}
    assert reason in results["cells"][-1]["reason"]


def test_the_training_images_are_no_test(tmp_path: Path) -> None:
    """A suite may print a training error; the page says that it is one."""
    suite = written(tmp_path, ("{split: test, views: ten_crop}", "{split: train, views: ten_crop}"))
    world = World.made(tmp_path, ("{split: test, views: ten_crop}", "{split: train, views: ten_crop}"))
    assert suite.exists()
    results = world.results()
    assert won(results, marked=False) == set()
    assert results["cells"][-1]["marks"] == ["measured on the training images of digits"]


def test_an_edited_result_is_refused(world: World) -> None:
    """No page is made from it."""
    path = world.test(0).result
    path.write_text(path.read_text().replace("37.4", "37.5"))
    with pytest.raises(HarnessError, match="damaged or was edited"):
        world.results()


def test_the_worst_of_many_seeds_cannot_be_deleted(tmp_path: Path) -> None:
    """Fewer seeds than declared give no verdict, and fewer declared afterwards are marked."""
    many = World.made(tmp_path, FIVE)
    assert won(many.results(), marked=False) == {"beats_sparse_coding"}
    for seed in (3, 4):
        shutil.rmtree(many.test(seed).path)
    results = many.results()
    assert won(results, marked=False) == set()
    assert "3 of 5 seeds" in results["cells"][-1]["reason"]
    fewer = many.edited()
    declare(fewer.plan, fewer.store)
    assert won(fewer.results(), marked=False) == set()
    assert "seeds 5 -> 3" in fewer.results()["cells"][-1]["extended_reason"]


def test_a_good_seed_cannot_take_the_place_of_a_bad_one(tmp_path: Path) -> None:
    """A renamed folder or a copied result is refused."""
    many = World.made(tmp_path, FIVE)
    shutil.copy(many.test(0).result, many.test(3).result)
    with pytest.raises(HarnessError, match="is the result of another job"):
        many.results()
    shutil.rmtree(many.test(3).path)
    shutil.copytree(many.test(0).path, many.test(3).path)
    with pytest.raises(HarnessError, match="is the result of another job"):
        many.results()


def test_one_result_under_two_seeds_is_one_result(world: World) -> None:
    """Equal output bytes reveal a copy, even with a new key and a valid seal."""
    for seed, content in ((0, b"same"), (1, b"other"), (2, b"same")):
        world.test(seed).predictions.write_bytes(content)
        result = world.test(seed).read_result()
        assert result is not None
        world.test(seed).write_result({name: value for name, value in result.items() if name != "outputs"})
    results = world.results()
    assert won(results, marked=False) | won(results, marked=True) == set()
    assert "seeds 0 and 2 left the same bytes" in results["cells"][-1]["reason"]


def test_results_of_another_store_under_a_seed_of_this_one_are_refused(world: World, tmp_path: Path) -> None:
    """Better seeds of another store cannot be taken over."""
    other = World.made(tmp_path / "other", FIVE)
    shutil.rmtree(world.test(2).path)
    shutil.copytree(other.test(0).path, world.test(2).path)
    with pytest.raises(HarnessError, match="is the result of another job"):
        world.results()


CHANGED = {
    "margin": (('metric: top1_error, unit: "%", margin: 0.5', 'metric: top1_error, unit: "%", margin: 9'), "margin"),
    "printed": (('printed: {top1: "37.5", top5: "17.0"}', 'printed: {top1: "37.6", top5: "17.0"}'), "printed"),
    "columns": (('printed: {top1: "37.5", top5: "17.0"}', 'printed: {top1: "17.0", top5: "37.5"}'), "printed"),
    "claim": (("cells: [cnn.top1, cnn.top5]", "cells: [cnn.top1]"), "-> {'cells': ['cnn.top1']}"),
    "quoted": (('top1: "47.1"', 'top1: "97.1"'), "operands "),
    "seeds": (FIVE, "seeds 3 -> 5"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGED)
def test_what_is_changed_after_a_first_result_is_marked(world: World, what: str) -> None:
    """The mark stays whatever the outcome of the cell or claim, and whether or not the suite runs again."""
    change, reason = CHANGED[what]
    edited = world.edited(change)
    finish_all(edited.store, edited.plan, ERRORS)
    for _ in range(2):
        results = edited.results()
        changed = [one for one in [*results["cells"], *results["claims"]] if one["extended"]]
        assert changed
        assert any(reason in one["extended_reason"] for one in changed)
        unmarked = won(results, marked=False)
        assert unmarked <= won(world.results(), marked=False) - {one["id"] for one in changed}
        declare(edited.plan, edited.store)


def test_columns_swapped_in_the_suite_are_marked(world: World) -> None:
    """Our top-5 error is shown under the printed top-1 error."""
    edited = world.edited(("Top-1, metric: top1_error", "Top-1, metric: top5_error"))
    cell = next(one for one in edited.results()["cells"] if one["id"] == "cnn.top1")
    assert cell["extended"]
    assert "'cnn.ten_crop.top1_error' -> 'cnn.ten_crop.top5_error'" in cell["extended_reason"]


def test_code_changed_since_is_told_of_cells_and_claims(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers are shown, and every verdict is marked STALE."""
    monkeypatch.setattr("harness.plan.status.is_current", lambda _, digest: digest == "x")
    results = world.results()
    assert won(results, marked=False) == set()
    assert all("code of evaluate jobs has changed" in claim["stale"] for claim in results["claims"])


def test_a_net_trained_again_since_its_test_makes_it_stale(world: World) -> None:
    """The test was of another net."""
    training = world.plan.jobs[world.plan.trainings["cnn", 0]]
    finish(world.store, training).weights.write_bytes(b"better")
    folder = world.store.folder("train", training.key)
    result = folder.read_result()
    assert result is not None
    folder.write_result({name: value for name, value in result.items() if name != "outputs"})
    results = world.results()
    assert won(results, marked=False) == set()
    assert "train cnn, seed 0 has run again since and came out otherwise" in results["cells"][-1]["stale"]


def test_without_its_declaration_nothing_is_unmarked(world: World) -> None:
    """The declaration is deleted, and written again by the next run."""
    shutil.rmtree(world.store.declarations)
    edited = world.edited(CHANGED["margin"][0])
    for _ in range(2):
        assert won(edited.results(), marked=False) == set()
        declare(edited.plan, edited.store)


def test_a_suite_renamed_says_whose_results_it_shows(world: World) -> None:
    """A renamed suite with another margin has no declaration from before its results."""
    renamed = world.edited(("suite: table1", "suite: table1b"), CHANGED["margin"][0])
    declare(renamed.plan, renamed.store)
    results = renamed.results()
    assert won(results, marked=False) == set()
    said = "first declared when results that it rests on were there, made for alexnet-table1-paper"
    assert results["cells"][-1]["marks"] == [said]


MINE = "claims:\n  mine: {ref: A01, says: a, source: b, "
QUOTED = {
    "cells": (("claims:\n", MINE + "cells: [sift_fv.top1]}\n"), "is only quoted"),
    "value": (('cited: "best published since [24]"', 'cited: "b", value: cnn.ten_crop'), "a cited row has no value"),
    "exact": (("claims:\n", MINE + "exact: {value: sift_fv.top1, equals: 45.7}}\n"), "is only quoted"),
    "stalls": (("claims:\n", MINE + "stalls: {value: sift_fv.top1, tolerance: 1}}\n"), "needs a top-k error"),
}


@pytest.mark.parametrize("how", QUOTED)
def test_a_quoted_number_is_never_ours(tmp_path: Path, how: str) -> None:
    """A suite that claims so is refused before anything runs."""
    change, said = QUOTED[how]
    assert said in "\n".join(faults(written(tmp_path, change)))


def test_a_number_put_in_is_told_from_one_that_was_measured(tmp_path: Path) -> None:
    """Arithmetic returns the number it was given, so its cells and claims are labelled as arithmetic."""
    typed = '  typed: {measure: {what: arithmetic, values: {error: "37.5"}}}\n'
    world = World.made(
        tmp_path,
        ("experiments:\n", "experiments:\n" + typed),
        ("claims:\n", MINE + "exact: {value: typed.error, equals: 37.5}}\n"),
        ("claims:\n", 'cells:\n  mine: {ref: A01, label: mine, printed: "37.5", value: typed.error}\n\nclaims:\n'),
    )
    for job in (job for job in world.plan.jobs.values() if job.kind == "measure"):
        finish(world.store, job, values={"error": 37.5})
    results = world.results()
    assert "mine" not in won(results, marked=False)
    assert {"mine"} <= won(results, marked=True)
    assert "worked out from numbers that the suite states" in json.dumps(results["claims"])


def test_two_quoted_numbers_are_no_evidence_of_ours(tmp_path: Path) -> None:
    """Quoted numbers agree with themselves and decide nothing."""
    world = World.made(tmp_path, ("less: [cnn.top1, sift_fv.top1]", "less: [sift_fv.top5, sift_fv.top1]"))
    claim = next(one for one in world.results()["claims"] if one["id"] == "beats_sift_fv")
    assert (claim["outcome"], "quoted numbers alone" in claim["reason"]) == ("QUOTED", True)


@pytest.fixture(scope="module")
def curves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Store]:
    """Return a suite with a claim about learning curves and all its jobs finished."""
    folder = tmp_path_factory.mktemp("curves") / "runs"
    plan, store = make_plan(load_suite(shipped_suites() / "figure1.yaml"), "small"), Store(folder)
    declare(plan, store)
    finish_all(store, plan)
    for (name, seed), key in plan.trainings.items():
        errors = (80, 60, 40, 30, 20 + seed / 10) if name == faster(plan)[1] else (80, 5 + seed / 10, 3, 2, 1)
        folder = store.folder("train", key)
        row = {"train_loss": 1.0, "val_top1_error": 40.0}
        folder.metrics.write_text(
            "".join(json.dumps({"epoch": n, "train_error": error, **row}) + "\n" for n, error in enumerate(errors, 1))
        )
        result = folder.read_result()
        assert result is not None
        folder.write_result({part: value for part, value in result.items() if part != "outputs"})
    for key, job in plan.jobs.items():
        if job.kind == "evaluate":
            finish(store, plan.jobs[key])
    return plan, store


@pytest.fixture
def convergence(curves: tuple[Plan, Store], tmp_path: Path) -> tuple[Plan, Store]:
    """Return a copy of it for a test to change."""
    plan, store = curves
    shutil.copytree(store.root, tmp_path / "runs")
    return plan, Store(tmp_path / "runs")


def faster(plan: Plan) -> tuple[str, str, str]:
    """Return the claim about curves: its id, the slow and the fast training."""
    name, claim = next((name, claim) for name, claim in plan.suite.file.claims.items()
                       if claim.faster and claim.faster.times is None)  # fmt: skip
    assert claim.faster is not None
    return name, claim.faster.slow, claim.faster.fast


def judged(plan: Plan, store: Store) -> dict[str, Any]:
    """Return that claim's record in a report."""
    results = gather(plan, store, statuses(plan, store, Locations()), Choice("small", "asked for", ""))[0]
    return next(one for one in results.claims if one.id == faster(plan)[0]).plain()


def test_curves_of_every_seed_confirm(convergence: tuple[Plan, Store]) -> None:
    """The attempts on curves start from this outcome."""
    assert judged(*convergence)["outcome"] == "CONFIRMED"


def test_curves_of_chosen_seeds_decide_nothing(convergence: tuple[Plan, Store]) -> None:
    """Deleting a training with an unwanted curve gives NOT RUN."""
    plan, store = convergence
    shutil.rmtree(store.folder("train", plan.trainings[faster(plan)[1], 0]).path)
    assert judged(plan, store)["outcome"] == "NOT RUN"


def test_the_curve_of_an_unfinished_training_decides_nothing(convergence: tuple[Plan, Store]) -> None:
    """A training stopped early would seem never to reach the level."""
    plan, store = convergence
    store.folder("train", plan.trainings[faster(plan)[1], 0]).result.unlink()
    assert judged(plan, store)["outcome"] == "NOT RUN"


def test_an_edited_curve_is_refused(convergence: tuple[Plan, Store]) -> None:
    """The result holds the digest of the curve."""
    plan, store = convergence
    metrics = store.folder("train", plan.trainings[faster(plan)[1], 0]).metrics
    metrics.write_text(metrics.read_text().replace("60", "70"))
    with pytest.raises(HarnessError, match=r"metrics\.jsonl is damaged or was edited"):
        judged(plan, store)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda result: result | {"values": {"top1_error": "37.5"}}, "'values.top1_error' should be a number"),
        (lambda result: result | {"outcome": "exploded"}, "'outcome' should be done or diverged"),
        (lambda _: {"a": 1}, "'kind' is missing"),
    ],
)
def test_a_result_that_somebody_wrote_and_sealed_has_to_be_one(
    world: World, write: Callable[[Any], Any], said: str
) -> None:
    """Text in place of numbers, and missing entries, are refused."""
    folder = world.test(0)
    result = write(folder.read_result()) | {"key": world.plan.evaluations["cnn", "ten_crop", 0], "format": 1}
    write_json(folder.result, seal(result))
    with pytest.raises(HarnessError, match=said):
        world.results()
