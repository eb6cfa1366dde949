"""Re-checking a store: damage is named and ends in exit 1, all else is said and does not."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from fabricated import finish, silent
from filled_store import filled, flip, folder_of, snapshot

from harness.errors import UsageError
from harness.jobs import JOBS
from harness.plan.graph import Plan
from harness.run.execute import written
from harness.run.verify import Verification, verify
from harness.store.documents import seal
from harness.store.inventory import LINKED
from harness.store.store import JobFolder, Store, write_json


def checked(store: Store) -> Verification:
    """The store verified."""
    return verify(store, silent())


def noted(store: Store, place: Path) -> list[str]:
    """What is noted of a file or folder of a store that is sound."""
    found = checked(store)
    assert found.damage == []
    return [fault.says for fault in found.notes if fault.place == place]


def unfinished(store: Store, plan: Plan) -> JobFolder:
    """A test as a killed run leaves it; nothing is built on it."""
    folder = folder_of(store, plan, "evaluate")
    folder.result.unlink()
    return folder


def test_a_finished_store_is_sound(store: Store, plan: Plan) -> None:
    """Nothing to say, and nothing changed."""
    before = snapshot(store.root)
    found = checked(store)
    assert (found.jobs, found.damage, found.notes) == (len(plan.jobs), [], [])
    assert found.files == len(before) - 1  # but for the declaration, which belongs to no job
    assert snapshot(store.root) == before


def test_damage_to_several_files_is_told_of_each(store: Store, plan: Plan) -> None:
    """One does not hide another."""
    places = [folder_of(store, plan, "train").weights, folder_of(store, plan, "train", 1).job]
    places += [folder_of(store, plan, "evaluate").result, next(store.declarations.iterdir())]
    for place in places:
        flip(place)
    assert {fault.place for fault in checked(store).damage} == set(places)


def test_a_result_made_from_other_files_than_its_input_holds_is_damage(store: Store, plan: Plan) -> None:
    """Each of the two is whole, and they do not belong together."""
    folder = folder_of(store, plan, "train")
    folder.metrics.write_text(folder.metrics.read_text().replace("50.0", "49.0"))
    result = folder.read_result()
    assert result is not None
    folder.write_result(result)
    (fault,) = checked(store).damage
    assert fault.place == folder_of(store, plan, "evaluate").result
    assert fault.says == f"was made from other files than {folder.path.name} holds now"


def test_an_input_that_is_not_there_is_noted(store: Store, plan: Plan) -> None:
    """The result stands; it cannot be traced."""
    folder = folder_of(store, plan, "train")
    folder.path.rename(store.root.parent / "away")
    assert noted(store, folder_of(store, plan, "evaluate").path) == ["has no sound input beside it (network)"]


def test_an_unfinished_job_is_noted(store: Store, plan: Plan) -> None:
    """It is nobody's result."""
    folder = unfinished(store, plan)
    assert noted(store, folder.path) == ["is unfinished"]
    with folder.locked():
        assert noted(store, folder.path) == ["is being worked on"]


def test_a_job_that_was_only_planned_may_be_damaged_too(store: Store, plan: Plan) -> None:
    """An executor would refuse it."""
    folder = unfinished(store, plan)
    flip(folder.job)
    assert [fault.place for fault in checked(store).damage] == [folder.job]


def test_a_damaged_checkpoint_is_found(store: Store, plan: Plan) -> None:
    """By the digest that it ends with."""
    folder = unfinished(store, plan)
    content = b"state of a training"
    folder.checkpoint.write_bytes(content + hashlib.sha256(content).digest())
    folder.earlier_checkpoint.write_bytes(folder.checkpoint.read_bytes())
    assert checked(store).damage == []
    flip(folder.checkpoint)
    folder.earlier_checkpoint.write_bytes(b"short")
    assert [fault.place for fault in checked(store).damage] == [folder.checkpoint, folder.earlier_checkpoint]


def test_stale_code_is_noted_once_for_each_kind(tmp_path: Path, plan: Plan) -> None:
    """It is advice: what was measured was measured."""
    found = checked(filled(tmp_path / "stale", plan, code="0" * 64))
    assert found.damage == []
    first = {fault.place.name.split("-")[0]: fault.says.split(":")[0] for fault in found.notes}
    assert first == {"pixels": "stale", "train": "stale and 2 more", "evaluate": "stale and 2 more"}
    assert len(found.notes) == 3


def test_what_a_killed_process_left_is_noted(store: Store, plan: Plan) -> None:
    """Temporary files of a job that nobody works on, old ones elsewhere, and results that were set aside."""
    folder = folder_of(store, plan, "train")
    left = folder.path / ".weights.pt.x1"
    left.touch()
    old, new = store.root / ".rates.json.x2", store.root / ".rates.json.x3"
    for path in (old, new):
        path.touch()
    os.utime(old, (0, 0))
    aside = folder_of(store, plan, "train", 1).path.with_name("train-" + "0" * 20 + ".stale-1")
    aside.mkdir()
    (store.root / "notes.txt").touch()
    found = {fault.place: fault.says for fault in checked(store).notes}
    assert found == {
        left: "was left by a process that was stopped while it wrote",
        old: "was left by a process that was stopped while it wrote",
        aside: "is a stale result that was set aside",
        store.root / "notes.txt": "is nothing of this program's",
    }


def test_a_job_of_another_version_is_noted(tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is whole; this program does not use it."""
    store = filled(tmp_path / "runs", plan)
    monkeypatch.setitem(JOBS, "pixels", replace(JOBS["pixels"], version=2))
    folder = folder_of(store, plan, "pixels")
    assert noted(store, folder.job) == ["version 1 of pixels jobs, where this program has 2"]


def test_nothing_verified_is_not_sound(tmp_path: Path) -> None:
    """A wrong path must not pass."""
    with pytest.raises(UsageError, match="there is no store at"):
        checked(Store(tmp_path / "none"))
    with pytest.raises(UsageError, match="holds no job, so there is nothing to verify"):
        checked(Store(tmp_path))


def test_a_result_of_before_it_named_its_place_is_sound(store: Store, plan: Plan) -> None:
    """Stores outlive versions of this program."""
    folder = folder_of(store, plan, "pixels")
    result = folder.read_result()
    assert result is not None
    from harness.store.documents import seal

    write_json(folder.result, seal({name: value for name, value in result.items() if name != "beside"}))
    assert checked(store).damage == []


def test_findings_are_plain_data(store: Store, plan: Plan) -> None:
    """For programs."""
    folder = folder_of(store, plan, "train")
    flip(folder.weights)
    document = checked(store).document()
    assert (document["sound"], document["jobs"]) == (False, len(plan.jobs))
    assert document["damage"] == [
        {
            "file": str(folder.weights),
            "says": "is damaged: its digest is not the one in the result",
            "remedy": f"move {folder.path} away, and the next run of a suite that needs it repeats the job",
        }
    ]


def test_a_job_without_a_plan_of_its_own_is_unfinished(store: Store, plan: Plan) -> None:
    """A directory that a killed run had only made."""
    folder = JobFolder(store.root / ("train-" + "1" * 20))
    folder.path.mkdir()
    assert noted(store, folder.path) == ["is unfinished"]


def test_it_never_waits_for_a_running_job(store: Store, plan: Plan) -> None:
    """A finished job may be held for a moment yet, while its log is written."""
    folder = folder_of(store, plan, "train")
    with folder.locked():
        (folder.path / ".log.txt.x").touch()
        assert checked(store).notes == []


def test_jobs_run_since_are_counted(store: Store, plan: Plan) -> None:
    """It looks at what is there now."""
    before = checked(store).jobs
    job = next(iter(plan.jobs.values()))
    written(store, type(job)(job.kind, {**job.spec, "splits": ["test"]}))
    assert checked(store).jobs == before + 1
    finish(store, job)


def test_values_that_are_not_those_of_the_predictions_beside_them_are_damage(store: Store, plan: Plan) -> None:
    """Whatever digest stands over them."""
    folder = folder_of(store, plan, "evaluate")
    result = folder.read_result()
    assert result is not None
    write_json(folder.result, seal(result | {"values": result["values"] | {"top5_error": 1.0}}))
    assert [(fault.place, fault.says) for fault in checked(store).damage] == [
        (folder.result, "says top5_error 1, and the predictions beside it 16.9")
    ]


def test_a_job_that_is_a_link_to_elsewhere_is_damage(store: Store, plan: Plan, tmp_path: Path) -> None:
    """Its files are not checked, nor counted as the store's."""
    folder = folder_of(store, plan, "evaluate").path
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert [(fault.place, fault.says) for fault in checked(store).damage] == [(folder, LINKED)]
