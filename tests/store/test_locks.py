"""Locks on folders: one process at a time, and checks that take no lock."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.store.locks import NAME, held, is_held

HOLD = """
import sys
from pathlib import Path
from harness.store.locks import held
with held(Path(sys.argv[1])) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start another process that holds a folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def test_a_held_folder_is_seen_to_be_held(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    """A check sees it, and a second holder is refused."""
    assert is_held(tmp_path)
    with held(tmp_path) as ours:
        assert not ours


def test_a_lock_dies_with_its_process(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    """The file stays without effect."""
    other.kill()
    other.wait()
    assert (tmp_path / NAME).exists()
    assert not is_held(tmp_path)


def test_a_folder_without_a_lock_is_free(tmp_path: Path) -> None:
    """The check leaves no file behind."""
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_looking_keeps_nobody_out(tmp_path: Path) -> None:
    """A process gets the lock however often others check it."""
    (tmp_path / NAME).touch()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            is_held(tmp_path)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(200):
            with held(tmp_path) as ours:
                assert ours
    finally:
        over.set()
        looking.join()


def test_a_folder_removed_before_its_lock_was_had_is_not_held(tmp_path: Path) -> None:
    """A process that waited for a removed folder must not work in it."""
    folder, got = tmp_path / "job", []

    def wait() -> None:
        with held(folder) as ours:
            got.append(ours)

    with held(folder) as ours:
        assert ours
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.05)  # it has opened the file by now, and is refused or finds it gone
        (folder / NAME).unlink()
    waiting.join()
    assert got == [False]
