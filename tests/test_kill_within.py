"""Kills within a write (a checkpoint, a rename, a result, a declaration, a page): the next run ends alike.

The moments are counted: the program dies, as by SIGKILL, before or after its n-th sync or rename.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from finished_worlds import SHORT
from programs import program, results
from tiny_suites import tiny_suite

RUN = ("run", "tiny.yaml", "--scale", "ci", "--device", "cpu", "--threads", "1", "--checkpoint-every", "0")

DYING = """
import os, signal, sys
from pathlib import Path
what, last, log = sys.argv.pop(1), int(sys.argv.pop(1)), sys.argv.pop(1)
calls = 0

def counted(name, act):
    def instead(*arguments, **named):
        global calls
        calls += name == what
        if name == what and calls == last:
            os.kill(os.getpid(), signal.SIGKILL)
        if log != "-":
            with open(log, "a") as file:
                file.write(f"{name} {arguments[-1]}\\n")
        return act(*arguments, **named)
    return instead

os.fsync = counted("sync", os.fsync)
Path.replace = counted("rename", Path.replace)
from harness.__main__ import main
sys.argv[0] = "harness"
main()
"""
"""Runs the program, and dies at the moment given by its arguments."""


def dying(folder: Path, what: str, last: int, log: str = "-") -> int:
    """Run the suite in this way; return the exit status."""
    return program(folder, what, str(last), log, *RUN, code=DYING).returncode


def prepared(folder: Path) -> Path:
    """Return a folder with the suite in it."""
    folder.mkdir(exist_ok=True)
    tiny_suite(folder, **SHORT)
    return folder


def outcome(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Run the command to its end; return (results without environment and cost, predictions)."""
    done = program(folder, *RUN)
    assert done.returncode == 0, done.stderr
    stored = {path.parent.name: path.read_bytes() for path in (folder / "runs").glob("*/predictions.npz")}
    return results(folder / "reports" / "tiny" / "ci"), stored


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, list[str]]:
    """Return the outcome of an undisturbed run, and everything it renamed, in order."""
    folder = prepared(tmp_path_factory.mktemp("undisturbed"))
    assert dying(folder, "never", 0, "moments.txt") == 0
    moments = (folder / "moments.txt").read_text().splitlines()
    return outcome(folder), [line.split()[1] for line in moments if line.startswith("rename")]


NAMES = (
    "checkpoint.pt", "checkpoint.earlier.pt", "weights.pt", "metrics.jsonl", "pixels.npz", "predictions.npz",
    "environment.json", "result.json", "job.json", "log.txt", "alexnet-tiny-ci.json", "rates.json", "results.json",
    "curves.json", "index.html",
)  # fmt: skip
"""Every file that a run writes; each is tested at its last rename."""


def test_these_are_all_the_files_that_a_run_renames(undisturbed: tuple[Any, list[str]]) -> None:
    """The exceptions are the caches of fingerprints and of drawn pages, whose loss costs time only."""
    kept = [Path(name) for name in undisturbed[1] if Path(name).parent.name != "pages"]
    assert {name.name for name in kept} - {"fingerprints.json"} == set(NAMES)


def later(all_of_them: list[Any], now: list[Any]) -> list[Any]:
    """Mark all but some of the moments as nightly."""
    return [one if one in now else pytest.param(one, marks=pytest.mark.nightly) for one in all_of_them]


@pytest.mark.parametrize("name", later(list(NAMES), ["result.json"]))
def test_killed_before_a_file_has_its_name_it_ends_alike(
    undisturbed: tuple[Any, list[str]], tmp_path: Path, name: str
) -> None:
    """The file is written and synced but not renamed: the earlier file counts, and no temporary file is left."""
    whole, renamed = undisturbed
    last = max(number for number, path in enumerate(renamed, start=1) if Path(path).name == name)
    folder = prepared(tmp_path)
    assert dying(folder, "rename", last) == -signal.SIGKILL
    assert outcome(folder) == whole
    left = [path.name for path in (folder / "runs").glob("*-*/.*")]
    assert not [one for one in left if not one.startswith((".job.json", ".log.txt"))]  # the log of a finished job
    json.loads((folder / "reports" / "tiny" / "ci" / "results.json").read_bytes())


@pytest.mark.parametrize("share", later([0.02, 0.2, 0.45, 0.7, 0.9, 0.97], []))
def test_killed_before_a_sync_it_ends_alike(undisturbed: tuple[Any, list[str]], tmp_path: Path, share: float) -> None:
    """The sync is of a file or of its folder, early or late in a run."""
    whole, renamed = undisturbed
    folder = prepared(tmp_path)
    assert dying(folder, "sync", max(1, int(share * 2 * len(renamed)))) in (-signal.SIGKILL, 0)
    assert outcome(folder) == whole
