"""Attempts to loosen a declaration by way of another store: the first with a result stands, or a mark."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fabricated import Fake, finish, silent
from judged_worlds import FIVE, SEEDS, World, won
from suite_files import TABLE1, written

from harness.cli.main import command
from harness.errors import UsageError
from harness.plan.preregistration import declare
from harness.store.archive import export
from harness.store.merge import merge
from harness.store.store import JobFolder

BAD = {0: (46.4, 19.5), 1: (46.5, 19.6), 2: (46.6, 19.7)}
"""Errors that miss the printed ones by more than the margin, and are above the best that was published before."""
MARGIN = ('metric: top1_error, unit: "%", margin: 0.5', 'metric: top1_error, unit: "%", margin: 12')
SIFT = "less: [cnn.top1, sift_fv.top1]"
LOOSENED: dict[str, tuple[tuple[str, str], ...]] = {
    "a wider margin": (MARGIN,),
    "another printed number": (('printed: {top1: "37.5", top5: "17.0"}', 'printed: {top1: "46.5", top5: "17.0"}'),),
    "another quoted number": (('top1: "45.7"', 'top1: "95.7"'),),
    "another operand": ((SIFT, "less: [cnn.top5, sift_fv.top1]"),),
    "the operands the other way round": ((SIFT, "less: [sift_fv.top1, cnn.top1]"),),
    "another operator": ((SIFT, "equal: {of: [cnn.top1, sift_fv.top1], margin: 50}"),),
    "fewer cells of a claim": (("cells: [cnn.top1, cnn.top5]", "cells: [cnn.top1]"), MARGIN),
    "the worst seeds left out": (),
}  # fmt: skip
EARLY, LATE = ({"seconds": 1.5, "finished_at": f"{year}-01-05T10:21:44+00:00"} for year in (2125, 2127))


def strict(folder: Path, what: str = "", **changes: Any) -> World:
    """A world that came out badly as it was declared: by its errors, or by those of the last two of five seeds."""
    if what == "the worst seeds left out":
        return World.made(folder, FIVE, **changes)
    return World.made(folder, errors=BAD, **changes)


def went_on(world: World) -> World:
    """After the jobs that a store lacked have run too."""
    for key, job in world.plan.jobs.items():
        if not world.store.folder(job.kind, key).result.exists():
            finish(world.store, job)
    declare(world.plan, world.store)
    return world


def unmarked(world: World, before: World) -> set[str]:
    """What came out well without EXTENDED, and did not as it was declared first."""
    results = world.results()
    told = {one["id"] for one in [*results["cells"], *results["claims"]] if one["extended"]}
    good = won(results, marked=False) | won(results, marked=True)
    return good - told - won(before.results(), marked=False)


@pytest.mark.parametrize("what", LOOSENED)
def test_what_every_attempt_begins_with(tmp_path: Path, what: str) -> None:
    """Loosened in a store of its own, something comes out well that did not as it was declared first."""
    errors = {} if what == "the worst seeds left out" else {"errors": BAD}
    alone = World.made(tmp_path / "alone", *LOOSENED[what], **errors)
    assert unmarked(alone, strict(tmp_path / "old", what))


def test_a_larger_smallest_effect_is_marked_too(tmp_path: Path) -> None:
    """It turns what is contradicted into what is not decided."""
    old = strict(tmp_path / "old")
    new = World.begun(tmp_path / "new", (SEEDS, f"{SEEDS}    smallest_effect: 9\n"))
    merge(new.store, [old.store.root], silent(), keep_ours=True)
    claims = {one["id"]: one for one in went_on(new).results()["claims"]}
    assert claims["beats_sift_fv"]["extended_reason"] == "changed after its first result: smallest effect None -> 9.0"
    assert claims["beats_sift_fv"]["by_first_form"]["outcome"] == "CONTRADICTED"


@pytest.mark.parametrize("what", LOOSENED)
def test_a_loosened_form_declared_in_an_empty_store_is_marked(tmp_path: Path, what: str) -> None:
    """Run there and interrupted, the old store merged in with what is there kept, and run on."""
    old = strict(tmp_path / "old", what)
    new = World.begun(tmp_path / "new", *LOOSENED[what])
    merge(new.store, [old.store.root], silent(), keep_ours=True)
    assert unmarked(went_on(new), old) == set()


@pytest.mark.parametrize("what", LOOSENED)
def test_it_is_marked_when_the_empty_store_is_merged_into_the_old_one(tmp_path: Path, what: str) -> None:
    """The other way round."""
    old = strict(tmp_path / "old", what)
    new = World.begun(tmp_path / "new", *LOOSENED[what])
    merge(old.store, [new.store.root], silent(), keep_ours=True)
    assert unmarked(went_on(World(new.folder, new.plan, old.store)), old) == set()


def test_a_merge_says_what_was_declared_otherwise(tmp_path: Path) -> None:
    """It is refused, and with what is there kept it is told."""
    old, new = strict(tmp_path / "old"), World.begun(tmp_path / "new", MARGIN)
    says = r"cnn\.top1, own_errors: declared in other forms elsewhere; the form whose result came first stands"
    with pytest.raises(UsageError, match=says):
        merge(new.store, [old.store.root], silent())
    kept = merge(new.store, [old.store.root], silent(), keep_ours=True).kept
    assert [one for one in kept if "declared in other forms" in one] == kept != []


def test_the_reason_names_both_forms(tmp_path: Path) -> None:
    """As of any change after a first result."""
    old, new = strict(tmp_path / "old"), World.begun(tmp_path / "new", MARGIN)
    merge(new.store, [old.store.root], silent(), keep_ours=True)
    cell = next(one for one in went_on(new).results()["cells"] if one["id"] == "cnn.top1")
    assert cell["extended_reason"] == "changed after its first result: margin 0.5 -> 12.0"


def test_an_archive_carries_its_declarations(tmp_path: Path) -> None:
    """So the way of the results makes no difference."""
    old, new = strict(tmp_path / "old"), World.begun(tmp_path / "new", MARGIN)
    folders = [folder for folder in map(JobFolder, old.store.root.glob("*-*")) if folder.result.exists()]
    export(tmp_path / "old.tar.gz", folders, old.store.declarations.glob("*.json"), weights=False)
    merge(new.store, [tmp_path / "old.tar.gz"], silent(), keep_ours=True)
    assert unmarked(went_on(new), old) == set()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_three_stores_come_to_the_same(tmp_path: Path, order: tuple[int, int]) -> None:
    """The strict one among others, before or after one that is as loose as ours."""
    old, new = strict(tmp_path / "old"), World.begun(tmp_path / "new", MARGIN)
    sources = [old.store.root, World.begun(tmp_path / "third", MARGIN).store.root]
    merge(new.store, [sources[place] for place in order], silent(), keep_ours=True)
    assert unmarked(went_on(new), old) == set()


def test_merged_one_after_another_they_come_to_the_same(tmp_path: Path) -> None:
    """A store between the two hides nothing."""
    old, new, between = strict(tmp_path / "old"), World.begun(tmp_path / "new", MARGIN), tmp_path / "between"
    middle = World.begun(between, MARGIN)
    merge(middle.store, [old.store.root], silent(), keep_ours=True)
    merge(new.store, [middle.store.root], silent(), keep_ours=True)
    assert unmarked(went_on(new), old) == set()


def test_a_loosened_run_of_its_own_comes_after_the_first(tmp_path: Path) -> None:
    """Both have results; those of the strict form are the earlier ones."""
    old = strict(tmp_path / "old", cost=EARLY)
    new = World.made(tmp_path / "new", MARGIN, errors=BAD, cost=LATE)
    merge(new.store, [old.store.root], silent(), keep_ours=True)
    assert unmarked(new, old) == set()


def test_the_form_that_was_first_stands_and_tells_of_the_other(tmp_path: Path) -> None:
    """It is not extended; who reads it learns that the same was judged otherwise elsewhere, and what came of it."""
    old = strict(tmp_path / "old", cost=EARLY)
    new = World.made(tmp_path / "new", MARGIN, errors=BAD, cost=LATE)
    new.remembered()
    merge(old.store, [new.store.root], silent(), keep_ours=True)
    cell = next(one for one in old.results()["cells"] if one["id"] == "cnn.top1")
    where = "declared otherwise in a store that was merged, where it had a result later"
    assert (cell["extended"], cell["marks"]) == (False, [f"{where}: margin 12.0 -> 0.5 (it came to MATCH)"])


def test_where_nothing_tells_which_was_first_the_verdict_is_marked(tmp_path: Path) -> None:
    """Results of the same second, say; whichever form is judged."""
    old, new = strict(tmp_path / "old"), World.made(tmp_path / "new", MARGIN, errors=BAD)
    merge(old.store, [new.store.root], silent(), keep_ours=True)
    merge(new.store, [old.store.root], silent(), keep_ours=True)
    for world in (old, new):
        cell = next(one for one in world.results()["cells"] if one["id"] == "cnn.top1")
        assert "and nothing tells which had a result first: margin" in cell["extended_reason"]


def test_a_run_that_was_killed_before_it_noted_its_results_counts_as_one_with_results(tmp_path: Path) -> None:
    """Its declaration knows of none, though its store has them."""
    old, new = World.begun(tmp_path / "old"), World.begun(tmp_path / "new", MARGIN)
    for job in old.plan.jobs.values():
        finish(old.store, job)
    merge(new.store, [old.store.root], silent(), keep_ours=True)
    cell = next(one for one in went_on(new).results()["cells"] if one["id"] == "cnn.top1")
    assert cell["extended"]


PAST = {"seconds": 1.5, "finished_at": "2026-01-05T10:21:44+00:00"}


@pytest.mark.parametrize("way", ["merged", "copied"])
def test_results_that_come_without_their_declaration_are_older_than_the_new_one(tmp_path: Path, way: str) -> None:
    """It was deleted, and the jobs were merged or copied by hand."""
    old, new = strict(tmp_path / "old", cost=PAST), World.begun(tmp_path / "new", MARGIN)
    shutil.rmtree(old.store.declarations)
    if way == "merged":
        merge(new.store, [old.store.root], silent())
    else:
        for folder in old.store.root.glob("*-*"):
            shutil.copytree(folder, new.store.root / folder.name)
    results = went_on(new).results()
    assert won(results, marked=False) == set()
    assert "were in the store before it was declared" in results["cells"][-1]["extended_reason"]


@pytest.mark.parametrize("way", ["deleted in place", "nets copied before it was declared", "nets copied after"])
def test_nets_that_were_kept_while_their_tests_were_deleted_are_no_fresh_start(tmp_path: Path, way: str) -> None:
    """Tests take seconds where trainings take days, so nobody may see them, delete them, and declare anew."""
    old = strict(tmp_path / "old", cost=PAST)
    new = old.edited(MARGIN) if way == "deleted in place" else World.begun(tmp_path / "new", MARGIN)
    for folder in old.store.root.glob("evaluate-*"):
        shutil.rmtree(folder)
    if way != "nets copied after":
        shutil.rmtree(new.store.declarations)
    if way != "deleted in place":
        for folder in old.store.root.glob("*-*"):
            shutil.copytree(folder, new.store.root / folder.name)
    declare(new.plan, new.store)
    results = went_on(new).results()
    assert won(results, marked=False) == set()
    assert "or nets that it tests, were in the store before" in results["cells"][-1]["extended_reason"]


def test_nets_that_another_suite_trained_mark_nothing(tmp_path: Path) -> None:
    """Whose declaration spoke of them, and whose tests are others."""
    old = World.begun(tmp_path / "old")
    for key, job in old.plan.jobs.items():
        if key not in old.plan.evaluations.values():
            finish(old.store, job, cost=PAST)
    new = old.edited(("suite: table1", "suite: table1b"))
    declare(new.plan, new.store)
    results = went_on(new).results()
    assert [one["id"] for one in results["cells"] if one["extended"] or one["marks"]] == []


def test_a_renamed_suite_says_whose_results_came_in(tmp_path: Path) -> None:
    """It was declared in an empty store, and the results came with the declaration of the first."""
    old = strict(tmp_path / "old", cost=PAST)
    new = World.begun(tmp_path / "new", MARGIN, ("suite: table1", "suite: table1b"))
    merge(new.store, [old.store.root], silent())
    results = went_on(new).results()
    said = "first declared when results that it rests on were there, made for alexnet-table1-paper"
    assert results["cells"][-1]["marks"] == [said]


def test_an_honest_merge_marks_nothing(tmp_path: Path) -> None:
    """One suite, declared on two machines, some seeds run on each, the second declared after the first had results."""
    one, other = World.begun(tmp_path / "one"), World.begun(tmp_path / "other")
    for world, seeds in ((one, (0,)), (other, (1, 2))):
        tests = [key for (*_, seed), key in world.plan.evaluations.items() if seed in seeds]
        wanted = {*tests, *(key for test in tests for key in world.plan.jobs[test].inputs.values())}
        for key, job in world.plan.jobs.items():
            if key in wanted or job.kind == "pixels":
                finish(world.store, job)
        declare(world.plan, world.store)
    here = World.begun(tmp_path / "here")
    merge(here.store, [one.store.root, other.store.root], silent())
    results = went_on(here).results()
    assert [one["id"] for one in results["cells"] if one["extended"] or one["marks"]] == []


def test_the_same_by_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user would do it: the report and its page say EXTENDED."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.run.pipeline.Local", lambda *_: Fake())
    monkeypatch.delattr("harness.run.pipeline.Pool")
    loose = written(tmp_path, MARGIN, name="table1")

    def call(*arguments: object) -> Any:
        return CliRunner().invoke(command, [str(one) for one in arguments])

    run = ("--scale", "ci", "--device", "cpu", "--threads", "1", "--jobs", "1")
    assert call("run", TABLE1, *run, "--store", "old", "--out", "strict").exit_code == 0
    with monkeypatch.context() as interrupted:
        interrupted.setattr("harness.run.pipeline._run_look", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        assert call("run", loose, *run, "--store", "new", "--out", "loose").exit_code != 0
    assert call("store", "merge", "old", "--store", "new").exit_code != 0
    merged = call("store", "merge", "old", "--keep-ours", "--store", "new")
    assert (merged.exit_code, "declared in other forms" in merged.output) == (0, True)
    assert call("run", loose, *run, "--store", "new", "--out", "loose").exit_code == 0
    page = (tmp_path / "loose" / "index.html").read_text(encoding="utf-8")
    assert "Extended: changed after its first result: margin 0.5 -&gt; 12.0" in page
