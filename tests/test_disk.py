"""A full or read-only disk: one message, no work lost, and the same results once there is room."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from finished_worlds import SHORT
from programs import program, results
from tiny_suites import World, lasting, tiny_suite, tiny_world

from harness.errors import HarnessError

PART = SHORT["subset"]
RUN = ("run", "tiny.yaml", "--scale", "ci", "--device", "cpu", "--threads", "1", "--checkpoint-every", "0")


def mounted(folder: Path, options: str) -> bool:
    """Mount a file system in memory; False where that is not allowed, as for users other than root."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False)
    return done.returncode == 0


def remounted(folder: Path, options: str) -> None:
    """Change the size of a mounted disk, or make it read-only."""
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of some kilobytes."""
    folder = tmp_path / "small"
    try:
        if not mounted(folder, "size=80k"):
            pytest.skip("no file system can be mounted here; a full disk is tested by failing writes alone")
        yield folder
    finally:
        subprocess.run(["umount", folder], capture_output=True, check=False)


def test_a_full_disk_costs_one_message_and_no_work(small: Path, tmp_path: Path) -> None:
    """A real disk fills while checkpoints are written; with room, the same command ends as it should."""
    tiny_suite(tmp_path, subset=PART)
    done = program(tmp_path, *RUN, "--store", small)
    assert done.returncode in (1, 6)
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr
    remounted(small, "size=100m")
    assert program(tmp_path, *RUN, "--store", small).returncode == 0
    mended = results(tmp_path / "reports" / "tiny" / "ci")
    assert program(tmp_path, *RUN, "--store", "elsewhere").returncode == 0
    assert mended == results(tmp_path / "reports" / "tiny" / "ci")


def test_a_store_that_may_not_be_written_is_read(small: Path, tmp_path: Path) -> None:
    """`run` refuses before any work; `plan` and `report` work without writing to the store."""
    tiny_suite(tmp_path, subset=PART)
    remounted(small, "size=100m")
    assert program(tmp_path, *RUN, "--store", small).returncode == 0
    page = (tmp_path / "reports" / "tiny" / "ci" / "index.html").read_bytes()
    remounted(small, "ro")
    refused = program(tmp_path, *RUN, "--store", small)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert "cannot be written (Read-only file system); name another with --store DIR" in refused.stderr
    planned = program(tmp_path, "plan", "tiny.yaml", "--scale", "ci", "--store", small)
    assert (planned.returncode, planned.stderr) == (0, "")
    assert "3 done" in planned.stdout
    reported = program(tmp_path, "report", "tiny.yaml", "--scale", "ci", "--store", small, "--device", "cpu")
    assert (reported.returncode, reported.stderr) == (0, "")
    assert (tmp_path / "reports" / "tiny" / "ci" / "index.html").read_bytes() == page


@pytest.fixture(scope="module")
def undisturbed(finished: Callable[..., World]) -> World:
    """Return the finished suite for comparison."""
    return finished(**SHORT)


FULL, READ_ONLY, BROKEN = errno.ENOSPC, errno.EROFS, errno.EIO
NOW = [(FULL, 0), (READ_ONLY, 5), (BROKEN, 23)]
EVER = [(number, after) for number in (FULL, READ_ONLY, BROKEN) for after in (0, 1, 4, 5, 11, 19, 23, 30, 33)]


@pytest.mark.parametrize(
    ("number", "after"), [*NOW, *(pytest.param(*one, marks=pytest.mark.nightly) for one in EVER if one not in NOW)]
)
def test_a_write_that_fails_at_any_moment_costs_no_work(
    undisturbed: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int, number: int
) -> None:
    """From the first job's description to the last result, the run ends with a reason, and the next one ends alike."""
    world, sync, calls = tiny_world(tmp_path, **SHORT), os.fsync, []

    def failing(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > after:
            raise OSError(number, os.strerror(number))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    said = reasons(world)
    monkeypatch.setattr(os, "fsync", sync)
    assert len(calls) > after, "the moment never came"
    assert os.strerror(number) in said
    assert world.run(checkpoint_every_s=0).failed == {}
    for kind in ("pixels", "train", "evaluate"):
        assert lasting(world.result(kind)) == lasting(undisturbed.result(kind))


def reasons(world: World) -> str:
    """Return the reason of a failed run, from its failed jobs or from the error that ended it."""
    try:
        return "; ".join(world.run(checkpoint_every_s=0).failed.values())
    except (OSError, HarnessError) as error:
        return str(error)


def test_what_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    """A folder in the place of a store's file gives exit 1 or 2 and no traceback."""
    tiny_suite(tmp_path, subset=PART)
    (tmp_path / "runs" / "declarations" / "alexnet-tiny-ci.json").mkdir(parents=True)
    done: Any = program(tmp_path, *RUN)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "alexnet-tiny-ci.json" in done.stderr.splitlines()[-1]
