"""The soundness of finished jobs: a flipped bit, a missing file and a malformed document are found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from filled_store import flip, folder_of

from harness.errors import HarnessError
from harness.plan.graph import Plan
from harness.run.verify import foreign
from harness.store.documents import seal
from harness.store.soundness import faults_of, job_of, left_out_of
from harness.store.store import JobFolder, Store, write_json

FILES = {
    "pixels": ("job.json", "result.json", "environment.json", "pixels.npz"),
    "train": ("job.json", "result.json", "environment.json", "weights.pt", "metrics.jsonl"),
    "evaluate": ("job.json", "result.json", "environment.json", "predictions.npz"),
}
EVERY = [(kind, name) for kind, names in FILES.items() for name in names]


def resealed(folder: JobFolder, **changes: Any) -> None:
    """Edit a result and seal it again."""
    write_json(folder.result, seal(json.loads(folder.result.read_text()) | changes))


def test_what_a_run_leaves_is_sound(store: Store, plan: Plan) -> None:
    """Every kind of job is tried."""
    assert [fault for key, job in plan.jobs.items() for fault in faults_of(store.folder(job.kind, key))] == []


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_flipped_bit_is_found_and_its_file_named(store: Store, plan: Plan, kind: str, name: str) -> None:
    """Every kind of file is tried, and the message gives a remedy."""
    folder = folder_of(store, plan, kind)
    flip(folder.path / name)
    (fault,) = faults_of(folder)
    assert fault.place == folder.path / name
    assert f"move {folder.path} away" in str(fault)


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, name in EVERY if name != "result.json"])
def test_a_missing_file_is_found_and_named(store: Store, plan: Plan, kind: str, name: str) -> None:
    """A job without its result is unfinished, not damaged."""
    folder = folder_of(store, plan, kind)
    (folder.path / name).unlink()
    (fault,) = faults_of(folder)
    assert (fault.place, fault.says) == (folder.path / name, "is missing")


@pytest.mark.parametrize("what", ["{", '"key": "', "train cnn", '"work": ', "}\n"])
def test_a_bit_flipped_anywhere_in_a_job_is_found(store: Store, plan: Plan, what: str) -> None:
    """Braces, key, and the label outside the key are tried."""
    folder = folder_of(store, plan, "train")
    flip(folder.job, folder.job.read_text().index(what) + len(what) - 1)
    assert [fault.place for fault in faults_of(folder)] == [folder.job]


def test_an_output_that_no_result_speaks_of_is_found(store: Store, plan: Plan) -> None:
    """Its origin is unknown."""
    folder = folder_of(store, plan, "pixels")
    folder.weights.write_bytes(b"of another net")
    (fault,) = faults_of(folder)
    assert (fault.place, fault.says) == (folder.weights, "is not listed in the result")


def test_a_link_in_the_place_of_an_output_is_found(store: Store, plan: Plan, tmp_path: Path) -> None:
    """Somebody may change its target without access to the store."""
    folder = folder_of(store, plan, "train")
    folder.weights.rename(tmp_path / "elsewhere")
    folder.weights.symlink_to(tmp_path / "elsewhere")
    assert [fault.says for fault in faults_of(folder)] == ["is not a plain file"]


def test_a_job_in_the_directory_of_another_is_found(store: Store, plan: Plan) -> None:
    """Result and key fit each other, but not the directory."""
    folder, other = folder_of(store, plan, "train"), folder_of(store, plan, "train", 1)
    for name in FILES["train"]:
        (folder.path / name).write_bytes((other.path / name).read_bytes())
    (fault,) = faults_of(folder)
    assert fault.place == folder.job
    assert fault.says == f"belongs in another directory, {other.path.name}"


def test_the_result_of_another_job_is_found(store: Store, plan: Plan) -> None:
    """Its seal fits, and its key does not."""
    folder, other = folder_of(store, plan, "pixels"), folder_of(store, plan, "evaluate")
    folder.result.write_bytes(other.result.read_bytes())
    assert "is the result of another job" in {fault.says for fault in faults_of(folder)}


@pytest.mark.parametrize(
    "change",
    [
        {"values": {"top1_error": "much"}},
        {"values": [1.0]},
        {"outcome": "splendid"},
        {"outputs": {"../../secret": "0" * 64}},
        {"outputs": {"weights.pt": "short"}},
        {"cost": {"seconds": -1.0, "finished_at": "2026"}},
        {"marks": ["\x1b[2J"]},
        {"data": [{"name": "digits"}]},
        {"beside": {"job.json": 5}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_malformed_result_is_found_though_it_is_sealed(store: Store, plan: Plan, change: dict[str, Any]) -> None:
    """A store may come from anybody, and a report reads no malformed entry."""
    folder = folder_of(store, plan, "train")
    resealed(folder, **change)
    (fault,) = faults_of(folder)
    assert fault.place == folder.result
    assert fault.says.startswith(f"is malformed: '{next(iter(change))}")


@pytest.mark.parametrize("content", ["", "[" * 100_000, "[]", "null", '"text"', "\xff"])
@pytest.mark.parametrize("name", ["job.json", "result.json", "environment.json"])
def test_a_document_of_anything_is_a_fault_and_no_crash(store: Store, plan: Plan, name: str, content: str) -> None:
    """Deep, short and strange documents are tried."""
    folder = folder_of(store, plan, "pixels")
    (folder.path / name).write_text(content, encoding="latin-1")
    assert [fault.place for fault in faults_of(folder)] == [folder.path / name]


def test_a_curve_that_is_none_is_found(store: Store, plan: Plan) -> None:
    """Its digest fits, and its lines are nonsense."""
    folder = folder_of(store, plan, "train")
    folder.metrics.write_text('{"epoch": "first"}\n')
    result = json.loads(folder.result.read_text())
    result.pop("outputs")
    folder.write_result(result)
    (fault,) = faults_of(folder)
    assert (fault.place, fault.says) == (
        folder.metrics,
        "is malformed: line 1: 'epoch': Input should be a valid integer",
    )


def test_what_was_left_out_on_export_is_not_missing(store: Store, plan: Plan) -> None:
    """The list of left-out files has to be sound itself."""
    folder = folder_of(store, plan, "train")
    digest = json.loads(folder.result.read_text())["outputs"]["weights.pt"]
    folder.weights.unlink()
    write_json(folder.left_out, seal({"files": {"weights.pt": digest}}))
    assert (faults_of(folder), left_out_of(folder)) == ([], {"weights.pt": digest})
    flip(folder.left_out)
    assert folder.left_out in {fault.place for fault in faults_of(folder)}


def test_a_job_of_another_version_is_sound_and_foreign(store: Store, plan: Plan) -> None:
    """So is a job of a kind that this program does not know."""
    job = job_of(folder_of(store, plan, "train"))
    assert foreign(job) is None
    assert foreign(job.model_copy(update={"version": 99})) == "version 99 of train jobs, where this program has 1"
    assert "unknown to this version" in str(foreign(job.model_copy(update={"kind": "dream"})))


def test_a_job_edited_by_hand_has_not_its_own_key(store: Store, plan: Plan) -> None:
    """Its result would stand under a key with another meaning."""
    folder = folder_of(store, plan, "train")
    job = folder.read_job()
    job["spec"]["seed"] = 7
    write_json(folder.job, job)
    with pytest.raises(HarnessError, match="its key is not that of its content"):
        job_of(folder)


def test_the_result_of_another_seed_is_that_of_another_job(store: Store, plan: Plan) -> None:
    """With equal kinds and input names, only the key reveals it, sealed again or not."""
    ours, theirs = (folder_of(store, plan, "evaluate", number) for number in (0, 1))
    beside = json.loads(ours.result.read_text())["beside"]
    write_json(ours.result, seal(json.loads(theirs.result.read_text()) | {"beside": beside}))
    assert "is the result of another job" in [fault.says for fault in faults_of(ours) if fault.place == ours.result]
