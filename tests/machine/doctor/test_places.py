"""Disk, store, reports, data and clock: in order on this machine, and reported where they are not."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from filled_store import filled, flip, folder_of, snapshot, table1

from harness.data.locate import Locations, Place
from harness.machine.doctor import places
from harness.machine.doctor.checks import Check
from harness.machine.doctor.places import clock, data, disk, jobs, reports, store_folder
from harness.store.store import Store


class Usage(NamedTuple):
    """The result of `shutil.disk_usage`."""

    total: int
    used: int
    free: int


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return Table 1 on the digits, finished."""
    return filled(tmp_path / "runs", table1())


def by_name(checks: object) -> dict[str, Check]:
    """Return checks by their names."""
    return {check.name: check for check in checks}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("free_gb", "level"), [(50, "ok"), (5, "warning"), (1, "wrong")])
def test_a_disk_may_have_too_little_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_gb: int, level: str
) -> None:
    """The nearest existing folder is measured."""
    asked = []

    def usage(path: Path) -> Usage:
        asked.append(path)
        return Usage(0, 0, free_gb * 10**9)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert disk(tmp_path / "not" / "there").level == level
    assert asked == [tmp_path]


def test_a_store_that_can_be_written_is_in_order(store: Store, tmp_path: Path) -> None:
    """It need not exist, and nothing is left behind."""
    before = snapshot(store.root)
    assert store_folder(store.root).level == store_folder(tmp_path / "new").level == "ok"
    assert snapshot(store.root) == before
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("look", [store_folder, reports])
def test_a_folder_that_cannot_be_written_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look) -> None:
    """A file, and a folder below a file, are wrong too; the remedy names the option for another folder."""
    (tmp_path / "file").touch()
    assert "is a file" in look(tmp_path / "file").says
    assert "is below a file" in look(tmp_path / "file" / "below").says

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    check = look(tmp_path)
    assert (check.level, check.says) == ("wrong", f"{tmp_path} cannot be written (Permission denied)")
    assert "--store DIR" in check.remedy or "--out DIR" in check.remedy


def test_a_disk_without_locks_is_wrong(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes might work on one job."""

    def refuse(_: Path) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(places, "held", refuse)
    check = store_folder(store.root)
    assert (check.level, check.says) == ("wrong", f"{store.root} is on a disk that has no locks")


def test_jobs_are_counted_and_those_at_work_named(store: Store) -> None:
    """Left-over files of stopped processes are counted too."""
    plan = table1()
    assert by_name(jobs(store.root))["jobs"].says == "7 done"
    folder = folder_of(store, plan, "train")
    (folder_of(store, plan, "evaluate").path / ".result.json.x").touch()
    folder.result.unlink()
    with folder.locked():
        found = by_name(jobs(store.root))
    assert found["jobs"].says == "6 done, 1 running"
    assert found["locks"].says == "held by running processes: train cnn, seed 0"
    assert (found["leftovers"].level, found["leftovers"].says) == ("warning", "1 left by stopped processes")


def test_a_damaged_job_is_wrong(store: Store) -> None:
    """The remedy names `verify`."""
    folder = folder_of(store, table1(), "train")
    flip(folder.result)
    check = by_name(jobs(store.root))["jobs"]
    assert (check.level, folder.path.name in check.says) == ("wrong", True)
    assert "harness verify" in check.remedy


def test_no_store_has_no_jobs(tmp_path: Path) -> None:
    """There is no check of jobs then."""
    assert list(jobs(tmp_path / "none")) == []


def test_a_clock_in_order_is_told(store: Store, tmp_path: Path) -> None:
    """The store may be missing, and nothing is left behind."""
    before = snapshot(store.root)
    assert clock(store.root).level == clock(tmp_path / "none").level == "ok"
    assert snapshot(store.root) == before


def test_a_clock_before_this_program_was_installed_is_wrong(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an empty battery has such a clock."""
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert clock(store.root).level == "wrong"


def test_a_disk_with_another_clock_is_a_warning(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another machine may serve the disk."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    check = clock(store.root)
    assert (check.level, "-3600 s off" in check.says) == ("warning", True)


def test_files_from_the_future_are_a_warning(store: Store) -> None:
    """One of the two clocks was wrong."""
    later = time.time() + 86400
    os.utime(store.root / "declarations", (later, later))
    assert clock(store.root).level == "warning"


def test_data_are_found_or_told_how_to_get(tmp_path: Path) -> None:
    """Missing data are wrong only where they are needed or were named."""
    nowhere = Locations((), {"cifar10": Place(tmp_path / "gone", "--data cifar10")})
    found = by_name(data(nowhere, {"ilsvrc2010"}))
    assert (found["data digits"].level, found["data ilsvrc2012"].level) == ("ok", "warning")
    assert found["data ilsvrc2012"].remedy.startswith("ask for access")
    assert (found["data ilsvrc2010"].level, found["data ilsvrc2010"].exit_code) == ("wrong", 4)
    check = found["data cifar10"]
    assert (check.level, check.exit_code) == ("wrong", 4)
    assert check.says == f"not at {tmp_path / 'gone'}, where --data cifar10 says it is"
