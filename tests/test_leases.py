"""Leases, which keep two processes apart on disks without locks. The tests refuse flock on an ordinary disk."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from no_locks import shim

from harness.store import locks
from harness.store.locks import NAME, NO_LOCKS, held, is_held, lease_file

HOLD = """
import sys
from pathlib import Path
from harness.store.locks import held
with held(Path(sys.argv[1])) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse flock in this process, and shorten leases."""

    def flock(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(locks, "RENEWED_EVERY_S", 0.2)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start another process that holds a folder by a lease."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "job")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=shim(tmp_path / "shim"),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


@pytest.mark.parametrize("code", sorted(errno.errorcode[number] for number in NO_LOCKS))
def test_a_disk_without_locks_is_worked_on_all_the_same(tmp_path: Path, code: str) -> None:
    """Work goes on for every such error, with one warning."""
    program = (
        "import sys; from pathlib import Path; from harness.store.locks import held\n"
        "for name in 'ab':\n"
        "    with held(Path(sys.argv[1]) / name) as ours: print(ours)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True, text=True, check=True, env=shim(tmp_path / "shim", code),
    )  # fmt: skip
    assert done.stdout == "True\nTrue\n"
    assert done.stderr.count("this disk has no file locks") == done.stderr.count("\n") == 1


def test_a_leased_folder_is_held(tmp_path: Path, refused: None, other: subprocess.Popen[str]) -> None:
    """A second process sees the folder as held and cannot take it, however often it tries."""
    assert is_held(tmp_path / "job")
    for _ in range(2):
        with held(tmp_path / "job") as ours:
            assert not ours


def test_a_lease_of_a_process_that_is_gone_is_free(tmp_path: Path, refused: None, other: subprocess.Popen[str]) -> None:
    """On the same machine it is free at once."""
    other.kill()
    other.wait()
    started = time.monotonic()
    with held(tmp_path / "job") as ours:
        assert ours
    assert time.monotonic() - started < locks.LEASE_S / 3


def test_a_lease_of_another_machine_is_free_when_its_time_is_over(
    tmp_path: Path, refused: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is free once it has not been renewed for its length."""
    monkeypatch.setattr(locks, "LEASE_S", 1.0)
    folder = tmp_path / "job"
    with held(folder) as ours:
        assert ours
        record = lease_file(folder).read_text()
    elsewhere = "".join(
        "host=elsewhere\n" if line.startswith("host=") else line for line in record.splitlines(keepends=True)
    )
    lease_file(folder).write_text(elsewhere)
    started = time.monotonic()
    with held(folder) as ours:
        assert ours
    assert time.monotonic() - started > 0.8


def test_a_process_keeps_itself_out_too(tmp_path: Path, refused: None) -> None:
    """As with locks, two parts of one program cannot hold one folder."""
    with held(tmp_path) as first, held(tmp_path) as second:
        assert (first, second) == (True, False)
    with held(tmp_path) as again:
        assert again
    assert not is_held(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {NAME}


def test_who_waits_gets_it(tmp_path: Path, refused: None, other: subprocess.Popen[str]) -> None:
    """A waiting process gets the lease once the other releases it."""
    assert other.stdin is not None
    other.stdin.close()
    with held(tmp_path / "job", wait=True) as ours:
        assert ours


def test_another_error_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing disk is not mistaken for one without locks."""

    def flock(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="Input/output error"), held(tmp_path):
        pass


def test_a_lease_ends_with_its_block(tmp_path: Path) -> None:
    """It ends also where the block raises."""
    path = tmp_path / "x.lease"

    def fail() -> None:
        with locks.leased(path) as ours:
            assert ours
            assert path.exists()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not path.exists()


def test_removing_the_folder_removes_the_lease(tmp_path: Path, refused: None) -> None:
    """Cleaning a store removes folders while it holds them."""
    folder = tmp_path / "job"
    with held(folder) as ours:
        assert ours
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    assert not folder.exists()
