"""Declarations: what cells and claims were before their first result, so that a later change shows."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fabricated import finish, finish_all
from suite_files import loaded

from harness.errors import HarnessError
from harness.plan.graph import Plan, make_plan, plan_at
from harness.plan.preregistration import declare, standings
from harness.store.documents import seal
from harness.store.store import Store, write_json
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

CI = "    seeds: 3\n    data: digits\n"
OTHER_SEEDS = {number: (CI, CI.replace("3", str(number))) for number in (2, 4)}
OURS = {"cnn.top1", "cnn.top5"}
CLAIMS = {"own_errors", "beats_sparse_coding", "beats_sift_fv"}
OTHER_MARGIN = (
    'label: Top-1, metric: top1_error, unit: "%", margin: 0.5',
    'label: Top-1, metric: top1_error, unit: "%", margin: 5',
)

RECIPE = "train: {model: {name: alexnet}, data: ilsvrc2010, recipe: alexnet"
OTHER_ARM = f"{RECIPE}, change: {{precision: bf16}}}}"
OTHER = f"experiments:\n  other: {{says: b, {OTHER_ARM}, evaluate: {{ten_crop: {{split: test, views: ten_crop}}}}}}\n"
BETTER = (
    "claims:\n  better: {ref: A01, says: a, source: b, less: [cnn.ten_crop.top1_error, other.ten_crop.top1_error]}\n"
)
TWO_ARMS = (("suite: table1", "suite: two_arms"), ("experiments:\n", OTHER), ("claims:\n", BETTER))
ONLY_OTHER = (("suite: table1", "suite: only_other"), (f"{RECIPE}}}", OTHER_ARM))


def planned(folder: Path, *replaced: tuple[str, str], scale: str = "ci") -> Plan:
    """Table 1 with something replaced, planned."""
    return make_plan(loaded(folder, *replaced), scale)


def extended(plan: Plan, store: Store) -> set[str]:
    """The cells and claims that are marked as changed."""
    found = standings(plan, store)
    return {name for kind in (found.cells, found.claims) for name, standing in kind.items() if standing.extended}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store where the suite was declared and has its first result."""
    store, plan = Store(tmp_path / "runs"), planned(tmp_path)
    declare(plan, store)
    finish_all(store, plan)
    return store


def test_what_was_declared_is_not_extended(store: Store, tmp_path: Path) -> None:
    """However often the suite runs."""
    plan = planned(tmp_path)
    declare(plan, store)
    assert extended(plan, store) == set()
    assert {one.note for one in standings(plan, store).cells.values()} == {""}


def test_without_a_result_nothing_is_extended(tmp_path: Path) -> None:
    """There is nothing that anybody could have looked at."""
    assert extended(planned(tmp_path), Store(tmp_path / "runs")) == set()


@pytest.mark.parametrize("seeds", OTHER_SEEDS)
def test_other_seeds_extend_whatever_is_ours(store: Store, tmp_path: Path, seeds: int) -> None:
    """More of them, or fewer; the reason names both numbers."""
    plan = planned(tmp_path, OTHER_SEEDS[seeds])
    declare(plan, store)
    assert extended(plan, store) == OURS | CLAIMS
    assert standings(plan, store).claims["own_errors"].extended == f"changed after its first result: seeds 3 -> {seeds}"


IN_LOOKS = (CI, CI.replace("3", "{looks: [3, 5, 8]}"))


@pytest.mark.parametrize("seeds", ["8", "{looks: [3, 5]}", "{looks: [3, 5, 8, 10]}"])
def test_looks_are_changed_by_others_and_by_seeds_beyond_the_last(tmp_path: Path, seeds: str) -> None:
    """Once the first look has results."""
    store, plan = Store(tmp_path / "runs"), planned(tmp_path, IN_LOOKS)
    declare(plan, store)
    finish_all(store, plan_at(plan, plan.looks()[0]))
    assert extended(plan, store) == set()
    assert extended(planned(tmp_path, (CI, CI.replace("3", seeds))), store) == OURS | CLAIMS


def test_fixed_seeds_turned_into_looks_are_extended(store: Store, tmp_path: Path) -> None:
    """Their outcome was known."""
    assert extended(planned(tmp_path, IN_LOOKS), store) == OURS | CLAIMS


def test_a_second_try_on_other_seeds_is_told(store: Store, tmp_path: Path) -> None:
    """New seeds are no change of the old ones, but a reader has to know of these."""
    declare(planned(tmp_path), store)  # as a run does when it ends
    afresh = planned(tmp_path, (CI, CI.replace("3", "{looks: [3, 5], first: 100}")))
    declare(afresh, store)
    found = standings(afresh, store)
    assert extended(afresh, store) == set()
    assert {one.note for one in found.claims.values()} == {"declared before on other seeds, which have results here: 3"}


@pytest.mark.parametrize(
    ("change", "marked"),
    [
        (OTHER_MARGIN, {"cnn.top1", "own_errors"}),
        (('top1: "37.5", top5: "17.0"', 'top1: "40.5", top5: "17.0"'), {"cnn.top1", "own_errors"}),
        (("less: [cnn.top1, sift_fv.top1]", "less: [cnn.top1, sift_fv.top5]"), {"beats_sift_fv"}),
        (("less: [cnn.top1, sift_fv.top1]", "less: [sift_fv.top1, cnn.top1]"), {"beats_sift_fv"}),
        (('top1: "45.7"', 'top1: "95.7"'), {"beats_sift_fv"}),
        (("cells: [cnn.top1, cnn.top5]", "cells: [cnn.top5]"), {"own_errors"}),
        (("    seeds: 3\n    data: digits\n", "    seeds: 3\n    data: digits\n    smallest_effect: 9\n"), CLAIMS),
        (("label: Top-1, metric: top1_error", "label: Top-1, metric: top5_error"), {"cnn.top1", *CLAIMS}),
        (("says: On the ILSVRC-2010", "says: In other words, on the ILSVRC-2010"), set()),
    ],
    ids=["margin", "printed", "operand", "order", "quoted", "fewer", "effect", "columns", "words"],
)  # fmt: skip
def test_a_changed_form_extends_what_it_decides(
    store: Store, tmp_path: Path, change: tuple[str, str], marked: set[str]
) -> None:
    """And nothing else; words may be mended."""
    plan = planned(tmp_path, change)
    for _ in range(2):
        assert extended(plan, store) == marked
        declare(plan, store)


@pytest.mark.parametrize("word", ["by_construction", "post_hoc"])
def test_what_keeps_a_claim_from_a_confirmation_cannot_be_taken_out(tmp_path: Path, word: str) -> None:
    """Its words may be mended; without it the claim would be confirmed as any other."""
    store, claim = Store(tmp_path / "runs"), "less: [cnn.top1, sift_fv.top1]"
    warned = planned(tmp_path, (claim, f"{claim}\n    {word}: it has to"))
    declare(warned, store)
    finish_all(store, warned)
    assert extended(planned(tmp_path, (claim, f"{claim}\n    {word}: it cannot but")), store) == set()
    assert extended(planned(tmp_path), store) == {"beats_sift_fv"}


def test_changed_back_it_is_as_it_was_declared(store: Store, tmp_path: Path) -> None:
    """What was declared first is never forgotten for what came after."""
    declare(planned(tmp_path, OTHER_MARGIN), store)
    assert extended(planned(tmp_path), store) == set()


def test_before_the_first_result_everything_may_change(tmp_path: Path) -> None:
    """The last word before it counts."""
    store, plan = Store(tmp_path / "runs"), planned(tmp_path, OTHER_MARGIN, OTHER_SEEDS[4])
    declare(planned(tmp_path), store)
    declare(plan, store)
    finish_all(store, plan)
    assert extended(plan, store) == set()


def test_a_training_alone_is_no_result_yet(tmp_path: Path) -> None:
    """Nobody has seen a test error."""
    store, plan = Store(tmp_path / "runs"), planned(tmp_path)
    declare(plan, store)
    for key in (next(iter(plan.jobs)), plan.trainings["cnn", 0]):
        finish(store, plan.jobs[key])
    more = planned(tmp_path, OTHER_SEEDS[4])
    declare(more, store)
    assert extended(more, store) == set()


def test_another_recipe_does_not_loosen_what_was_declared(store: Store, tmp_path: Path) -> None:
    """A detour over jobs without results, with a wide margin, and back again."""
    detour = ("epochs: 16, batch: 32", "epochs: 17, batch: 32")
    declare(planned(tmp_path, OTHER_MARGIN, detour), store)
    back = planned(tmp_path, OTHER_MARGIN)
    declare(back, store)
    assert extended(back, store) == {"cnn.top1", "own_errors"}


def test_a_result_once_seen_cannot_be_deleted_to_declare_anew(store: Store, tmp_path: Path) -> None:
    """The declaration remembers that there was one."""
    declare(planned(tmp_path), store)
    for folder in store.root.glob("evaluate-*"):
        shutil.rmtree(folder)
    plan = planned(tmp_path, OTHER_MARGIN)
    declare(plan, store)
    assert extended(plan, store) == {"cnn.top1", "own_errors"}


def test_a_deleted_declaration_extends_everything(store: Store, tmp_path: Path) -> None:
    """Whether or not the suite runs again afterwards."""
    next(store.declarations.iterdir()).unlink()
    plan = planned(tmp_path, OTHER_MARGIN)
    for _ in range(2):
        assert extended(plan, store) == OURS | CLAIMS
        declare(plan, store)
    assert "were in the store before it was declared" in standings(plan, store).cells["cnn.top1"].extended


def test_a_suite_that_shares_results_says_whose_they_were(store: Store, tmp_path: Path) -> None:
    """It may be another table of the paper, or the same one renamed to have another margin: the reader is told."""
    plan = planned(tmp_path, OTHER_MARGIN, ("suite: table1", "suite: table1b"))
    for _ in range(2):
        assert extended(plan, store) == set()
        notes = {one.note for one in standings(plan, store).cells.values()}
        assert notes == {"first declared when results that it rests on were there, made for alexnet-table1-ci"}
        declare(plan, store)


def test_a_comparison_of_which_one_arm_was_there_is_declared_before_the_other(store: Store, tmp_path: Path) -> None:
    """Nobody has seen which is better, and the reader is told whose results the first arm's were."""
    plan = planned(tmp_path, *TWO_ARMS)
    declare(plan, store)
    finish_all(store, plan)
    declare(plan, store)
    standing = standings(plan, store).claims["better"]
    assert standing.extended == ""
    assert standing.note == "first declared when results that it rests on were there, made for alexnet-table1-ci"


def test_a_training_is_known_by_the_suite_that_declared_its_test(store: Store, tmp_path: Path) -> None:
    """Where another suite rests on the training itself."""
    faster = (
        "less: [cnn.ten_crop.top1_error, other.ten_crop.top1_error]",
        "faster: {slow: cnn, fast: other, train_error: 50}",
    )
    note = standings(planned(tmp_path, *TWO_ARMS, faster), store).claims["better"].note
    assert note.endswith("made for alexnet-table1-ci")


def test_a_comparison_of_which_an_arm_was_never_declared_is_extended(store: Store, tmp_path: Path) -> None:
    """Whoever had it might have looked."""
    plan = planned(tmp_path, *TWO_ARMS)
    finish_all(store, plan)
    assert extended(plan, store) == {"better"}


def test_arms_made_for_several_suites_name_them_all(store: Store, tmp_path: Path) -> None:
    """Each had been declared where it was made."""
    other = planned(tmp_path, *ONLY_OTHER)
    declare(other, store)
    finish_all(store, other)
    note = standings(planned(tmp_path, *TWO_ARMS), store).claims["better"].note
    assert note.endswith("made for alexnet-only_other-ci and alexnet-table1-ci")


@pytest.mark.parametrize(
    ("change", "marked"),
    [(None, set()), (OTHER_MARGIN, {"cnn.top1"}), (OTHER_SEEDS[4], OURS | CLAIMS)],
    ids=["none", "margin", "seeds"],
)
def test_a_declaration_of_an_earlier_version_still_counts(
    store: Store, tmp_path: Path, change: tuple[str, str] | None, marked: set[str]
) -> None:
    """Of the seeds and the margins that it kept, before and after it is written anew."""
    margins = dict.fromkeys(OURS, 0.5)
    write_json(
        next(store.declarations.iterdir()), seal({"suite": "table1", "scale": "ci", "seeds": 3, "margins": margins})
    )
    plan = planned(tmp_path, *([change] if change else []))
    for _ in range(2):
        assert extended(plan, store) == marked
        declare(plan, store)


def test_scales_are_declared_apart(store: Store, tmp_path: Path) -> None:
    """Five seeds at paper scale extend nothing at the scale of three."""
    declare(planned(tmp_path, scale="paper"), store)
    assert extended(planned(tmp_path), store) == set()


def test_what_is_measured_without_training_is_declared_too(tmp_path: Path) -> None:
    """A margin of a count, widened once the count is known."""
    suite = shipped_suites() / "architecture.yaml"
    store, plan = Store(tmp_path / "runs"), make_plan(load_suite(suite), "ci")
    declare(plan, store)
    finish_all(store, plan)
    name, cell = next((one.id, one) for one in plan.suite.cells() if one.place and not one.column)
    free = plan.suite.file.cells[name].model_copy(update={"within_percent": 99.0, "margin": None})
    cells = {**plan.suite.file.cells, name: free}
    changed = replace(plan.suite, file=plan.suite.file.model_copy(update={"cells": cells}))
    wide = replace(plan, read=lambda: changed)
    assert cell.margin != abs(cell.paper) * 0.99
    assert name in extended(wide, store)


@pytest.mark.parametrize(
    "damage", [lambda text: text.replace("3", "4"), lambda text: text[:-20]], ids=["edited", "cut"]
)
def test_a_declaration_edited_or_damaged_is_told(store: Store, tmp_path: Path, damage) -> None:
    """It is what makes a margin one that was declared beforehand."""
    path = next(store.declarations.iterdir())
    path.write_text(damage(path.read_text()))
    with pytest.raises(HarnessError, match="is damaged or was edited; without it nobody can say what was declared"):
        standings(planned(tmp_path), store)
