"""Cleaning a store: only named files go, and none that a process works on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from filled_store import flip, folder_of, snapshot
from suite_files import TABLE1, written

from harness.errors import UsageError
from harness.plan.graph import Plan, make_plan
from harness.plan.job import Job
from harness.plan.stored_jobs import wanted_in
from harness.store.garbage import garbage, remove
from harness.store.store import Store
from harness.suite.load import load_suite


def listed(store: Store, *, stale: bool = False, unfinished: bool = False, keep: Sequence[str] = ()) -> dict[Path, str]:
    """Return what may be removed, with the reasons."""
    wanted = wanted_in(store, keep) if keep else None
    return {one.path: one.why for one in garbage(store, stale=stale, unfinished=unfinished, wanted=wanted)}


def test_a_finished_store_has_nothing_to_remove(store: Store) -> None:
    """This holds with every flag."""
    assert listed(store, stale=True, unfinished=True, keep=[f"{TABLE1}:ci"]) == {}


def test_checkpoints_of_finished_jobs_go_and_those_of_unfinished_ones_stay(store: Store, plan: Plan) -> None:
    """A run killed after its result leaves a checkpoint behind."""
    done, begun = (folder_of(store, plan, "train", number) for number in range(2))
    for folder in (done, begun):
        folder.checkpoint.write_bytes(b"state")
    begun.result.unlink()
    assert listed(store) == {done.checkpoint: "the checkpoint of a finished job"}


def test_what_goes_is_listed_first_and_removed_when_asked(store: Store, plan: Plan) -> None:
    """Listing changes nothing; removing takes the listed files and nothing else."""
    folder, aside = folder_of(store, plan, "train"), folder_of(store, plan, "evaluate", 2).path
    folder.checkpoint.write_bytes(b"state")
    aside.rename(aside := aside.with_name(aside.name + ".stale-1"))
    begun = folder_of(store, plan, "evaluate", 1)
    begun.result.unlink()
    left = store.root / ".merge-x"
    left.mkdir()
    os.utime(left, (0, 0))
    before = snapshot(store.root)
    gone = garbage(store, stale=True, unfinished=True)
    assert {one.path for one in gone} == {folder.checkpoint, aside, begun.path, left}
    assert snapshot(store.root) == before
    removed, stayed = remove(store, gone)
    assert (removed, stayed) == (gone, [])
    after = {name for name in before if not name.startswith((aside.name, begun.path.name)) and "checkpoint" not in name}
    assert set(snapshot(store.root)) == after
    assert not any(path.name.startswith(".") for path in store.root.iterdir())


def test_stale_and_unfinished_stay_unless_they_are_named(store: Store, plan: Plan) -> None:
    """They are hours of work."""
    aside, begun = folder_of(store, plan, "evaluate").path, folder_of(store, plan, "evaluate", 1)
    aside.rename(aside := aside.with_name(aside.name + ".stale-1"))
    begun.result.unlink()
    assert listed(store) == {}
    assert listed(store, stale=True) == {aside: "a stale result that was set aside"}
    assert listed(store, unfinished=True) == {begun.path: "unfinished"}


def test_what_no_named_suite_wants_goes(store: Store, tmp_path: Path) -> None:
    """Jobs of the named suite stay, inputs included; the declarations always stay."""
    fewer = written(tmp_path, ("    seeds: 3\n    data: digits", "    seeds: 2\n    data: digits"))
    gone = garbage(store, stale=False, unfinished=False, wanted=wanted_in(store, [str(fewer)]))
    wanted = make_plan(load_suite(fewer), "ci")
    assert {one.path.name for one in gone} == {path.name for path in store.root.glob("*-*")} - {
        store.folder(job.kind, key).path.name for key, job in wanted.jobs.items()
    }
    assert len(gone) == 2
    declarations = snapshot(store.declarations)
    remove(store, gone)
    assert snapshot(store.declarations) == declarations
    assert {path.name for path in store.root.glob("*-*")} == {
        store.folder(job.kind, key).path.name for key, job in wanted.jobs.items()
    }


def test_a_suite_at_one_scale_wants_nothing_of_another(store: Store) -> None:
    """`SUITE:SCALE` keeps fewer jobs than `SUITE`."""
    assert listed(store, keep=[str(TABLE1)]) == {}
    assert len(listed(store, keep=[f"{TABLE1}:small"])) == len(list(store.root.glob("*-*")))


def test_a_scale_that_a_suite_lacks_is_told(store: Store, tmp_path: Path) -> None:
    """A misspelt name must not cost results."""
    text = TABLE1.read_text(encoding="utf-8")
    lacking = written(tmp_path, (text[text.index("  ci:\n") :], ""))
    with pytest.raises(UsageError, match="has no scale 'ci'"):
        listed(store, keep=[f"{lacking}:ci"])
    with pytest.raises(UsageError, match="no suite file"):
        listed(store, keep=["table1:cii"])


def test_what_a_process_works_in_is_never_listed(store: Store, plan: Plan) -> None:
    """It is listed neither as unfinished nor as unneeded."""
    folder = folder_of(store, plan, "train")
    folder.result.unlink()
    with folder.locked():
        assert folder.path not in listed(store, unfinished=True, keep=[f"{TABLE1}:small"])


def test_what_a_process_has_taken_up_since_stays(store: Store, plan: Plan) -> None:
    """A process may start between listing and removing."""
    folder = folder_of(store, plan, "evaluate")
    folder.result.unlink()
    gone = garbage(store, stale=False, unfinished=True)
    with folder.locked():
        assert remove(store, gone) == ([], gone)
    assert folder.job.exists()


def test_what_has_been_finished_since_stays(store: Store, plan: Plan) -> None:
    """The job is no longer unfinished."""
    folder = folder_of(store, plan, "evaluate")
    result = folder.result.read_bytes()
    folder.result.unlink()
    gone = garbage(store, stale=False, unfinished=True)
    folder.result.write_bytes(result)
    assert remove(store, gone) == ([], gone)
    assert folder.result.exists()


def test_a_damaged_result_is_left_to_a_person(store: Store, plan: Plan) -> None:
    """It may be all that is left of a long run."""
    folder = folder_of(store, plan, "train")
    flip(folder.result)
    assert folder.path not in listed(store, unfinished=True, keep=[f"{TABLE1}:small"])


def test_a_job_of_no_suite_goes(store: Store) -> None:
    """Such a job may come from an earlier text of a suite."""
    from fabricated import finish

    folder = finish(store, Job("measure", {"what": "nothing"}, label="measure nothing"))
    assert listed(store, keep=[str(TABLE1)]) == {folder.path: "no named suite needs it"}
