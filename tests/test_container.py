"""The main job in a container: any user id, no user entry, no home, no variables, a disk without locks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from no_locks import shim
from programs import PACKAGE
from tiny_suites import tiny_suite

NOBODY = ["setpriv", "--reuid", "60002", "--regid", "60000", "--clear-groups"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Create a folder that every user can reach, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="container-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def started(folder: Path, *arguments: str | Path, shims: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command as such a user in a folder of somebody else; skip where no Python can be run so."""
    words = [*NOBODY, python(), *map(str, arguments)]
    variables = {"PATH": "/usr/bin:/bin", "PYTHONPATH": modules(*([folder / "shim"] if shims else []))}
    return subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def modules(*first: Path) -> str:
    """Return the paths of this package and of everything installed."""
    installed = [place for place in sys.path if place.endswith("-packages")]
    return os.pathsep.join([*map(str, first), str(PACKAGE), *installed])


@cache
def python() -> str:
    """Return a Python of this version that any user may run with the packages installed here."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv, to become another user")
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for place in (sys.executable, f"/usr/bin/{own}", f"/usr/local/bin/{own}"):
        probe = [*NOBODY, place, "-c", "import sys, numpy, harness; assert sys.executable"]
        done = subprocess.run(probe, env={"PYTHONPATH": modules()}, cwd="/", capture_output=True, check=False)
        if done.returncode == 0:
            return place
    pytest.skip("no Python here that another user may run")


def test_the_main_job_runs(folder: Path) -> None:
    """The job runs to its end, and a second time with nothing to do; what is missing is printed once."""
    shim(folder / "shim")
    tiny_suite(folder, seeds=1, epochs=1, drops_after=[], subset={"classes": 10, "per_class": 40})
    (folder / "own").mkdir()
    os.chown(folder / "own", 60002, 60000)
    run = ["-m", "harness", "run", folder / "tiny.yaml", "--scale", "ci", "--device", "cpu", "--threads", "1"]
    run += ["--store", folder / "own" / "runs", "--out", folder / "own" / "reports"]
    done = started(folder, *run)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("this disk has no file locks") == 1
    assert (folder / "own" / "reports" / "index.html").exists()
    again = started(folder, *run)
    assert again.returncode == 0, again.stderr
    assert not list((folder / "own").rglob("*.lease"))


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "tiny.yaml", "--scale", "ci"),
        pytest.param(("env",), marks=pytest.mark.nightly),
        pytest.param(("validate", "tiny.yaml"), marks=pytest.mark.nightly),
    ],
)
def test_other_commands_need_no_home(folder: Path, command: tuple[str, ...]) -> None:
    """Other commands need neither a home nor a folder of their own."""
    tiny_suite(folder)
    done = started(folder, "-m", "harness", *command, shims=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_a_tilde_without_a_home_is_told_the_variable(folder: Path) -> None:
    """The message names the variable that a `~` without a home needs."""
    done = started(folder, "-m", "harness", "plan", "table1", "--scale", "ci", "--data", "ilsvrc2010=~/x", shims=False)
    assert done.returncode == 2
    assert "--data ilsvrc2010: ~/x: this user has no home folder; set HOME, or name it in full" in done.stderr


def test_a_home_that_is_closed_is_no_home(folder: Path) -> None:
    """A home that the user may not enter, such as root's in a container, counts as none."""
    (folder / "home").mkdir(mode=0o700)
    tiny_suite(folder)
    done = started(folder, "-c", HOME.format(folder / "home"), shims=False)
    assert (done.returncode, done.stderr) == (0, "")


HOME = """
import os, sys
os.environ["HOME"] = "{}"
from harness.data.locate import Locations
Locations.gather()
"""
