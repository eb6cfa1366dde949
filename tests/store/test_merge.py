"""Merging stores: jobs are verified, taken completely, and never replace a different result."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from archives import member, rebuilt
from fabricated import finish, silent
from filled_store import filled, flip, folder_of, predictions, snapshot
from programs import environment

from harness.errors import HarnessError, Unsound, UsageError
from harness.plan.graph import Plan
from harness.run.execute import written
from harness.run.verify import verify
from harness.store.archive import export
from harness.store.documents import seal
from harness.store.merge import Merged, merge
from harness.store.store import JobFolder, Store, write_json


@pytest.fixture
def theirs(tmp_path: Path, plan: Plan) -> Store:
    """Return a store of another machine with every job finished."""
    return filled(tmp_path / "theirs", plan)


@pytest.fixture
def ours(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "ours")


def archived(store: Store, path: Path, *, weights: bool = False) -> Path:
    """Export every finished job of a store."""
    folders = [folder for folder in map(JobFolder, store.root.glob("*-*")) if folder.result.exists()]
    export(path, folders, store.declarations.glob("*.json"), weights=weights)
    return path


def taken(ours: Store, *sources: Path, **flags: Any) -> Merged:
    """Merge, and check that the store is sound and holds no temporary file."""
    merged = merge(ours, sources, silent(), **flags)
    found = verify(ours, silent())
    assert found.damage == []
    assert not any(path.name.startswith(".") for path in ours.root.iterdir())
    return merged


def refused(ours: Store, *sources: Path, kind: type[HarnessError] = UsageError, **flags: Any) -> str:
    """Assert that a merge takes nothing, and return its message."""
    before = snapshot(ours.root)
    with pytest.raises(kind) as raised:
        merge(ours, sources, silent(), **flags)
    assert snapshot(ours.root) == before
    return str(raised.value)


def other_result(folder: JobFolder, **changes: Any) -> None:
    """Replace the result of a job by another one."""
    result = folder.read_result()
    assert result is not None
    folder.write_result(result | changes)


def seed(store: Store, plan: Plan, number: int) -> set[str]:
    """Return the directories of all jobs of one seed."""
    keys = [key for key, job in plan.jobs.items() if job.kind == "pixels"]
    keys += [plan.trainings["cnn", number], plan.evaluations["cnn", "ten_crop", number]]
    return {store.folder(plan.jobs[key].kind, key).path.name for key in keys}


def only(store: Store, names: set[str]) -> Store:
    """Remove all other jobs from a store."""
    for path in store.root.glob("*-*"):
        if path.name not in names:
            shutil.rmtree(path)
    return store


@pytest.mark.parametrize("weights", [True, False])
def test_an_archive_is_taken_whole(ours: Store, theirs: Store, plan: Plan, tmp_path: Path, *, weights: bool) -> None:
    """Every job comes with its own environment, and with the declarations."""
    merged = taken(ours, archived(theirs, tmp_path / "x.tar.gz", weights=weights))
    assert len(merged.taken) == len(plan.jobs)
    assert len(merged.declarations) == 1
    there = snapshot(theirs.root)
    assert {name: file for name, file in snapshot(ours.root).items() if not name.endswith("left_out.json")} == {
        name: file for name, file in there.items() if weights or not name.endswith("weights.pt")
    }


def test_another_store_is_taken_as_an_archive_is(ours: Store, theirs: Store, plan: Plan) -> None:
    """Its unfinished and stale jobs stay there, and it is left unchanged."""
    folder_of(theirs, plan, "evaluate").result.unlink()
    aside = folder_of(theirs, plan, "evaluate", 1).path
    aside.rename(aside.with_name(aside.name + ".stale-1"))
    before = snapshot(theirs.root)
    merged = taken(ours, theirs.root)
    assert len(merged.taken) == len(plan.jobs) - 2
    assert snapshot(theirs.root) == before


def test_seeds_from_two_machines_come_together(ours: Store, theirs: Store, plan: Plan, tmp_path: Path) -> None:
    """Jobs that both have are stored once."""
    first, second = Store(tmp_path / "a"), Store(tmp_path / "b")
    for number, store in enumerate((first, second)):
        shutil.copytree(theirs.root, store.root)
        only(store, seed(store, plan, number))
    merged = taken(ours, first.root, archived(second, tmp_path / "b.tar.gz"))
    assert {path.name for path in ours.root.glob("*-*")} == seed(ours, plan, 0) | seed(ours, plan, 1)
    assert merged.same == [folder_of(ours, plan, "pixels").path.name]


def test_the_same_merge_twice_takes_nothing_more(ours: Store, theirs: Store, plan: Plan) -> None:
    """The second merge changes nothing."""
    taken(ours, theirs.root)
    before = snapshot(ours.root)
    merged = taken(ours, theirs.root)
    assert (merged.taken, merged.completed, len(merged.same)) == ([], [], len(plan.jobs))
    assert snapshot(ours.root) == before


def test_a_run_that_came_out_the_same_is_the_same(ours: Store, theirs: Store, plan: Plan) -> None:
    """Its time and, from another suite, its label may differ."""
    taken(ours, theirs.root)
    folder = folder_of(theirs, plan, "train")
    write_json(folder.job, folder.read_job() | {"label": "train another, seed 0"})
    other_result(
        folder, cost={"seconds": 99.0, "finished_at": "2026-02-05T10:21:44+00:00"}, marks=["resumed elsewhere"]
    )
    before = snapshot(ours.root)
    assert len(taken(ours, theirs.root).same) == len(plan.jobs)
    assert snapshot(ours.root) == before


def test_a_conflicting_result_is_refused_and_named(ours: Store, theirs: Store, plan: Plan) -> None:
    """The message names the differing entries; jobs without a conflict are not taken either."""
    taken(ours, theirs.root)
    shutil.rmtree(folder_of(ours, plan, "evaluate", 1).path)
    folder = folder_of(theirs, plan, "evaluate")
    other_result(folder, values={"top1_error": 37.4})
    said = refused(ours, theirs.root).splitlines()
    why = f"has another result than in {ours.root} (values)"
    assert said == [
        f"{theirs.root}: {folder.path.name} (test cnn.ten_crop, seed 0): {why}",
        "nothing was merged; --keep-ours takes the rest, or merge into another store",
    ]


def test_values_that_are_not_those_of_the_predictions_beside_them_are_refused(
    ours: Store, theirs: Store, plan: Plan
) -> None:
    """A valid seal does not help."""
    other_result(folder_of(theirs, plan, "evaluate"), values={"top1_error": 1.0})
    with pytest.raises(Unsound, match=r"says top1_error 1, and the predictions beside it 37\.4"):
        merge(ours, [theirs.root], silent())


def test_a_job_that_is_a_link_is_refused(ours: Store, theirs: Store, plan: Plan, tmp_path: Path) -> None:
    """Its target may change after the check."""
    folder = folder_of(theirs, plan, "evaluate").path
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unsound, match="is a link to another place"):
        merge(ours, [theirs.root], silent())


def test_two_sources_that_conflict_are_refused(ours: Store, theirs: Store, plan: Plan, tmp_path: Path) -> None:
    """Neither takes precedence."""
    second = Store(tmp_path / "second")
    shutil.copytree(theirs.root, second.root)
    other_result(folder_of(second, plan, "evaluate"), values={"top1_error": 37.4})
    assert f"has another result than in {theirs.root} (values)" in refused(ours, theirs.root, second.root)


def retrained(store: Store, plan: Plan) -> None:
    """Train and test seed 0 again with other weights."""
    training, test = folder_of(store, plan, "train"), folder_of(store, plan, "evaluate")
    training.weights.write_bytes(b"other weights")
    other_result(training)
    outputs = (training.read_result() or {})["outputs"]
    inputs = (test.read_result() or {})["inputs"] | {"network": outputs}
    test.predictions.write_bytes(predictions("retrained", 50.0, 16.9))
    other_result(test, inputs=inputs, values={"top1_error": 50.0})


def test_ours_stay_in_a_conflict_when_asked_and_what_was_built_on_theirs_stays_out(
    ours: Store, theirs: Store, plan: Plan
) -> None:
    """A test of their net must not stand beside our net."""
    taken(ours, theirs.root)
    test = folder_of(ours, plan, "evaluate").path
    shutil.rmtree(test)
    shutil.rmtree(folder_of(ours, plan, "evaluate", 1).path)
    retrained(theirs, plan)
    said = refused(ours, theirs.root)
    assert "has another result than in" in said
    assert f"{test.name} (test cnn.ten_crop, seed 0): was made from another result of train cnn, seed 0" in said
    merged = taken(ours, theirs.root, keep_ours=True)
    assert merged.taken == [folder_of(ours, plan, "evaluate", 1).path.name]
    assert len(merged.kept) == 2
    assert not test.exists()


def test_an_input_that_does_not_fit_what_was_built_here_is_refused(ours: Store, theirs: Store, plan: Plan) -> None:
    """Our test lacks its net, and their net is another one."""
    taken(ours, theirs.root)
    shutil.rmtree(folder_of(ours, plan, "train").path)
    retrained(theirs, plan)
    assert "was made from another result of this job" in refused(ours, theirs.root)


def test_declarations_that_differ_are_refused(ours: Store, theirs: Store) -> None:
    """Only one declaration can be the earlier one; with `keep_ours`, ours stays."""
    taken(ours, theirs.root)
    (path,) = theirs.declarations.glob("*.json")
    write_json(path, seal(json.loads(path.read_text()) | {"seeds": 9}))
    assert "other seeds or margins were declared before the first result" in refused(ours, theirs.root)
    before = snapshot(ours.root)
    taken(ours, theirs.root, keep_ours=True)
    assert snapshot(ours.root) == before


@pytest.mark.parametrize("name", ["job.json", "result.json", "environment.json", "weights.pt", "metrics.jsonl"])
def test_damage_anywhere_takes_nothing(ours: Store, theirs: Store, plan: Plan, name: str) -> None:
    """The source and the file are named; sound jobs are not taken either."""
    folder = folder_of(theirs, plan, "train")
    flip(folder.path / name)
    said = refused(ours, theirs.root, kind=Unsound)
    assert said.startswith(f"{theirs.root}: {folder.path.name}/{name}: ")
    assert said.endswith("nothing was merged; have the results exported again")


def test_a_damaged_declaration_takes_nothing(ours: Store, theirs: Store) -> None:
    """A damaged declaration proves nothing."""
    flip(next(theirs.declarations.glob("*.json")))
    assert "is damaged or was edited" in refused(ours, theirs.root, kind=Unsound)


def test_one_hostile_archive_among_sound_ones_takes_nothing(ours: Store, theirs: Store, tmp_path: Path) -> None:
    """Sound archives before it are not taken either."""
    sound = archived(theirs, tmp_path / "sound.tar.gz")
    hostile = rebuilt(archived(theirs, tmp_path / "x.tar.gz"), lambda found: [*found, member("../escaped", b"x")])
    assert "'../escaped' is not in its manifest" in refused(ours, sound, hostile)
    assert not (tmp_path / "escaped").exists()


def test_damage_here_is_told_before_anything_is_taken(ours: Store, theirs: Store, plan: Plan) -> None:
    """An unreadable result cannot be compared."""
    taken(ours, theirs.root)
    flip(folder_of(ours, plan, "train").result)
    assert "`verify` finds this store damaged" in refused(ours, theirs.root, kind=Unsound)


def test_arrays_that_would_fill_the_memory_are_refused(
    ours: Store, theirs: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take little disk space, and a report would unpack them."""
    import numpy as np

    from harness.store import merge as module

    folder = folder_of(theirs, plan, "evaluate")
    np.savez_compressed(folder.predictions, probabilities=np.zeros(1_000_000))
    other_result(folder)
    monkeypatch.setattr(module, "LARGEST_ARRAYS", 1_000_000)
    said = refused(ours, theirs.root, kind=Unsound)
    assert f"{folder.path.name} holds arrays of more than 1,000,000 bytes" in said


def test_links_in_a_store_are_refused(ours: Store, theirs: Store, plan: Plan, tmp_path: Path) -> None:
    """Each file has to be a file of its own."""
    weights = folder_of(theirs, plan, "train").weights
    weights.rename(tmp_path / "elsewhere")
    weights.symlink_to(tmp_path / "elsewhere")
    assert "is a link; only plain files are taken" in refused(ours, theirs.root)


def test_weights_that_came_later_complete_a_job(ours: Store, theirs: Store, plan: Plan, tmp_path: Path) -> None:
    """Nothing is then left out."""
    taken(ours, archived(theirs, tmp_path / "without.tar.gz"))
    folder = folder_of(ours, plan, "train")
    assert (folder.weights.exists(), folder.left_out.exists()) == (False, True)
    merged = taken(ours, archived(theirs, tmp_path / "with.tar.gz", weights=True))
    assert (len(merged.completed), merged.taken) == (3, [])
    assert (folder.weights.exists(), folder.left_out.exists()) == (True, False)
    assert snapshot(ours.root) == snapshot(theirs.root)


def test_a_finished_result_takes_the_place_of_unfinished_work(ours: Store, theirs: Store, plan: Plan) -> None:
    """Its checkpoints are removed, and its log stays."""
    job = next(job for job in plan.jobs.values() if job.kind == "train")
    folder = written(ours, job)
    for path in (folder.checkpoint, folder.weights, folder.inspection, folder.log):
        path.write_bytes(b"of the unfinished run")
    assert len(taken(ours, theirs.root).taken) == len(plan.jobs)
    assert {path.name for path in folder.path.iterdir()} == {
        "job.json", "result.json", "environment.json", "metrics.jsonl", "weights.pt", "log.txt", "lock"
    }  # fmt: skip


def test_a_job_that_is_running_here_is_a_conflict(ours: Store, theirs: Store, plan: Plan) -> None:
    """Its process would lose its folder."""
    folder = written(ours, next(job for job in plan.jobs.values() if job.kind == "train"))
    with folder.locked():
        assert "a process works on that job here" in refused(ours, theirs.root)
        merged = merge(ours, [theirs.root], silent(), keep_ours=True)
    assert len(merged.taken) == len(plan.jobs) - 1
    assert not folder.result.exists()


def test_a_job_that_was_begun_in_the_meantime_stays_with_its_process(
    ours: Store, theirs: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run may start between check and merge; jobs that need its result stay out too."""
    from harness.store import merge as module

    job = next(job for job in plan.jobs.values() if job.kind == "train")
    folder = written(ours, job)
    monkeypatch.setattr(module, "is_held", lambda _: False)
    with folder.locked():
        merged = merge(ours, [theirs.root], silent())
    assert [why.rsplit(": ", 1)[1] for why in merged.kept] == [
        "a process works on that job here",
        "its input was not taken",
    ]
    assert len(merged.taken) == len(plan.jobs) - 2
    assert verify(ours, silent()).damage == []


def test_a_job_finished_otherwise_in_the_meantime_stays(
    ours: Store, theirs: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs built on the other result are left out with it."""
    from harness.store import merge as module

    pixels, take = next(job for job in plan.jobs.values() if job.kind == "pixels"), module._take

    def meanwhile(*arguments: Any) -> Any:
        finish(ours, pixels, values={"mean_pixel": 9.0})
        monkeypatch.undo()
        return take(*arguments)

    monkeypatch.setattr(module, "_take", meanwhile)
    merged = merge(ours, [theirs.root], silent())
    assert (merged.taken, len(merged.kept)) == ([], len(plan.jobs))
    assert "finished here in the meantime, with another result" in merged.kept[0]
    assert (folder_of(ours, plan, "pixels").read_result() or {})["values"] == {"mean_pixel": 9.0}


def test_two_merges_wait_for_each_other(ours: Store, theirs: Store) -> None:
    """The second is refused while another process holds the lock."""
    ours.prepare()
    hold = (
        "import sys; from pathlib import Path; from harness.store.locks import held\n"
        "with held(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(ours.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert "another process merges into it" in refused(ours, theirs.root)
        process.kill()
    assert taken(ours, theirs.root).taken


def test_a_merge_stopped_in_the_middle_leaves_whole_jobs_and_goes_on(
    ours: Store, theirs: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inputs come first, so every job has them; the same merge takes the rest."""
    from harness.store import merge as module

    take, done = module._take, []

    def stop_at_the_fourth(*arguments: Any) -> None:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(arguments)
        take(*arguments)

    monkeypatch.setattr(module, "_take", stop_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        merge(ours, [theirs.root], silent())
    monkeypatch.undo()
    found = verify(ours, silent())
    assert (found.jobs, found.damage, found.notes) == (3, [], [])
    assert len(taken(ours, theirs.root).taken) == len(plan.jobs) - 3


def test_a_store_is_not_merged_into_itself(theirs: Store) -> None:
    """A path without a store is refused as well."""
    assert "is the store that is merged into" in refused(theirs, theirs.root)
    assert "there is no such archive or store" in refused(theirs, theirs.root / "none")


def test_what_became_of_each_job_is_plain_data(ours: Store, theirs: Store) -> None:
    """Programs can read the outcome."""
    document = taken(ours, theirs.root).document()
    assert set(document) == {"taken", "completed", "same", "kept", "declarations"}
    json.dumps(document)
