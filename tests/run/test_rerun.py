"""A finished job run again: bit for bit the same here, told by how much elsewhere, and the store never touched."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fabricated import silent
from filled_store import flip, snapshot
from finished_worlds import SHORT
from tiny_suites import World

from harness.errors import DataMissing, Unsound, UsageError
from harness.machine.runtime import Runtime
from harness.run.rerun import Rerun, rerun
from harness.store.documents import seal
from harness.store.store import JobFolder, write_json

CPU = Runtime(device="cpu", threads=2)


@pytest.fixture(scope="module")
def ran(finished: Callable[..., World], tmp_path_factory: pytest.TempPathFactory) -> World:
    """A tiny suite that ran with one thread, in a store where nobody else reads."""
    return finished(**SHORT).copied(tmp_path_factory.mktemp("ran"))


@pytest.fixture
def world(ran: World, tmp_path: Path) -> World:
    """A copy of it that may be damaged."""
    return ran.copied(tmp_path)


def again(world: World, kind: str, runtime: Runtime = CPU, **more: Any) -> Rerun:
    """The only job of a kind, run again."""
    return rerun(world.store, world.folder(kind).path.name, runtime, silent(), **more)


def rewritten(folder: JobFolder, **changes: Any) -> None:
    """A result with other content, whole in itself."""
    result = folder.read_result()
    assert result is not None
    folder.write_result(result | changes)


@pytest.mark.parametrize("kind", ["pixels", "train", "evaluate"])
def test_it_comes_out_again_bit_for_bit_and_the_store_stays_as_it_was(ran: World, kind: str) -> None:
    """With the threads of the first time, whatever is the default here; times of change included."""
    before = snapshot(ran.store.root)
    times = {path: path.stat().st_mtime_ns for path in ran.store.root.rglob("*")}
    found = again(ran, kind)
    assert (found.elsewhere, found.differences, found.is_unsound) == ([], [], False)
    assert list(found.lines())[-1].endswith("identical, every output byte for byte")
    assert snapshot(ran.store.root) == before
    assert {path: path.stat().st_mtime_ns for path in ran.store.root.rglob("*")} == times


def test_no_folder_stays_behind(ran: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where it went well nor where it did not."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    again(ran, "pixels")
    assert list(tmp_path.iterdir()) == []


def test_another_number_of_threads_explains_a_difference(ran: World) -> None:
    """It is said, whether or not anything came out otherwise."""
    found = again(ran, "evaluate", threads=2)
    assert found.elsewhere == ["job.threads: 1 -> 2"]
    assert not found.is_unsound


def test_a_value_that_does_not_come_out_again_is_unsound(world: World) -> None:
    """Somebody who can seal has changed it, or the machine errs."""
    folder = world.folder("train")
    result = folder.read_result()
    assert result is not None
    rewritten(folder, values=result["values"] | {"val_top1_error": 1.0})
    found = again(world, "train")
    assert found.is_unsound
    assert [difference.what for difference in found.differences] == ["val_top1_error"]


def test_a_value_that_its_predictions_deny_needs_no_second_run(world: World) -> None:
    """They say it themselves."""
    folder = world.folder("evaluate")
    result = folder.read_result()
    assert result is not None
    rewritten(folder, values=result["values"] | {"top1_error": 1.0})
    with pytest.raises(Unsound, match="says top1_error 1, and the predictions beside it"):
        again(world, "evaluate")


def test_weights_that_do_not_come_out_again_are_told_by_how_much(world: World) -> None:
    """The tensor and the largest difference."""
    import torch

    folder = world.folder("train")
    weights = torch.load(folder.weights, weights_only=True)
    name = next(iter(weights))
    weights[name].view(-1)[0] += 0.5
    torch.save(weights, folder.weights)
    rewritten(folder)
    found = again(world, "train")
    (difference,) = found.differences
    assert (difference.what, difference.largest) == (f"weights.pt: {name}", pytest.approx(0.5))
    assert found.is_unsound


def test_other_versions_and_marks_explain_a_difference(world: World) -> None:
    """As do other code, and other inputs than the result was made from."""
    folder = world.folder("evaluate")
    environment = folder.read_environment()
    environment["packages"]["torch"] = "1.0"
    write_json(folder.environment, environment)
    rewritten(
        folder, marks=["resumed elsewhere in epoch 1"], code="0" * 64, inputs={"network": {}, "pixel_statistics": {}}
    )
    found = again(world, "evaluate")
    said = " / ".join(found.elsewhere)
    assert "packages.torch: 1.0 -> " in said
    assert "the code of evaluate jobs has changed since" in said
    assert "the result is marked: resumed elsewhere in epoch 1" in said
    assert "its input network holds other files than it was made from" in said


def test_what_is_damaged_is_not_run(world: World) -> None:
    """Its files are named; those of its inputs too."""
    flip(world.folder("train").weights)
    for kind in ("train", "evaluate"):
        with pytest.raises(Unsound, match=r"weights\.pt: is damaged"):
            again(world, kind)


def test_an_input_whose_weights_stayed_behind_is_told(world: World) -> None:
    """The store has to hold what the job reads."""
    folder = world.folder("train")
    digest = (folder.read_result() or {})["outputs"]["weights.pt"]
    folder.weights.unlink()
    write_json(folder.left_out, seal({"files": {"weights.pt": digest}}))
    with pytest.raises(UsageError, match=r"came without weights\.pt, which this job needs"):
        again(world, "evaluate")


def test_an_unfinished_job_has_nothing_to_compare_with(world: World) -> None:
    """And is not run."""
    world.folder("evaluate").result.unlink()
    with pytest.raises(UsageError, match="has no result yet to compare with"):
        again(world, "evaluate")


def test_data_that_are_not_here_are_told(world: World, tmp_path: Path) -> None:
    """As of any command."""
    from harness.data.locate import Locations, Place

    nowhere = Locations(named={"digits": Place(tmp_path / "nowhere", "--data digits")})
    with pytest.raises(DataMissing, match="is not on disk"):
        again(world, "pixels", Runtime(locations=nowhere, device="cpu", threads=1))


def test_inputs_are_borrowed_where_links_are_not_to_be_had(ran: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another disk they are copied."""

    def refuse(*_: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    assert again(ran, "evaluate").differences == []


def test_findings_are_plain_data(ran: World) -> None:
    """For programs."""
    document = json.loads(json.dumps(again(ran, "pixels").document()))
    assert document == {
        "key": ran.folder("pixels").read_job()["key"],
        "label": "mean image and colour covariance of digits, 40 images of each of 10 classes",
        "identical": True,
        "elsewhere": [],
        "differences": [],
    }
