"""The wheel: it holds everything that a run needs, and works in any folder."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

from harness import __version__

ROOT = Path(__file__).parent.parent
SAMPLES = Path(__file__).parent / "samples"
NOT_TO_BE_HAD = ("No matching distribution found for hatchling", "Failed to establish a new connection", "timed out")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel from this tree in pip's own environment; skip only where no build backend can be downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet", "--wheel-dir", str(folder)],
        capture_output=True, text=True, env={**os.environ, "PIP_CONSTRAINT": "", "PIP_RETRIES": "1"}, check=False,
    )  # fmt: skip
    if any(reason in done.stderr for reason in NOT_TO_BE_HAD):
        pytest.skip("hatchling, which builds the wheel, cannot be fetched here")
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def installed(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    wheel.extractall(folder)
    return folder


def harness(installed: Path, folder: Path, *arguments: str) -> str:
    """Run the unpacked program in a folder that is no clone, and return its output."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        capture_output=True, text=True, cwd=folder, env={**os.environ, "PYTHONPATH": str(installed)}, check=True,
    )  # fmt: skip
    return done.stdout


def files(folder: Path, pattern: str = "*") -> set[str]:
    """Return the files below a folder, by path."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob(pattern) if path.is_file()}


def test_every_suite_and_paper_is_inside(installed: Path) -> None:
    """Suites and papers are the same bytes as in the clone."""
    shipped = installed / "harness" / "shipped_suites"
    assert files(shipped) == files(ROOT / "suites")
    for name in files(ROOT / "suites"):
        assert (shipped / name).read_bytes() == (ROOT / "suites" / name).read_bytes()


def test_every_module_and_template_is_inside(installed: Path) -> None:
    """The mark for typed packages is included."""
    inside = files(installed / "harness") - {
        f"shipped_suites/{name}" for name in files(installed / "harness" / "shipped_suites")
    }
    assert inside == {name for name in files(ROOT / "harness") if "__pycache__" not in name}
    assert {"report/page/templates/page.html", "report/page/templates/style.css", "py.typed"} <= inside


def test_nothing_else_is_inside(wheel: zipfile.ZipFile) -> None:
    """The wheel holds no tests, no reports and nothing of this machine."""
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert top == {"harness", f"paper_harness-{__version__}.dist-info"}


def test_its_metadata_are_the_packages(wheel: zipfile.ZipFile) -> None:
    """Name, version and licence are the package's."""
    text = wheel.read(f"paper_harness-{__version__}.dist-info/METADATA").decode()
    about = message_from_string(text)
    assert (about["Name"], about["Version"], about["License-Expression"]) == (
        "paper-harness",
        __version__,
        "Apache-2.0",
    )


def test_a_shipped_suite_is_found_by_its_name(installed: Path, tmp_path: Path) -> None:
    """The suite in the wheel is found, not one of a nearby clone."""
    expected = installed / "harness" / "shipped_suites" / "table1.yaml"
    assert harness(installed, tmp_path, "validate", "table1").startswith(f"{expected}: sound (")


def test_a_plan_has_the_same_keys_as_in_a_clone(installed: Path, tmp_path: Path) -> None:
    """Results of the wheel and of a clone are therefore interchangeable."""
    arguments = ("plan", "table1", "--scale", "ci", "--json")
    assert harness(installed, tmp_path, *arguments) == harness(ROOT, tmp_path, *arguments)


def test_a_report_is_rebuilt(installed: Path, tmp_path: Path) -> None:
    """The wheel finds its templates."""
    for kind in ("results", "curves"):
        (tmp_path / f"{kind}.json").write_bytes((SAMPLES / f"small_{kind}.json").read_bytes())
    harness(installed, tmp_path, "report", ".")
    assert (tmp_path / "index.html").is_file()


def test_it_knows_no_commit(installed: Path, tmp_path: Path) -> None:
    """A wheel is no clone."""
    assert '"commit": null' in harness(installed, tmp_path, "env", "--json")


@pytest.mark.nightly
def test_a_new_paper_has_its_page_within_two_minutes(installed: Path, tmp_path: Path) -> None:
    """In a fresh environment that has the wheel, from an empty folder; the libraries are those of this environment.

    By the clock, or in time of the processor where others share it.
    """
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "wheel_and_libraries.pth").write_text("\n".join([str(installed), *libraries]))
    folder = tmp_path / "folder"
    folder.mkdir()
    hidden = ("PYTHONPATH", "VIRTUAL_ENV")
    variables = {name: value for name, value in os.environ.items() if name not in hidden}
    started, used = time.monotonic(), processor_seconds()
    for arguments in (("new", "paper", "mine"), ("run", "suites/mine_table1.yaml", "--scale", "ci")):
        command = [str(environment / "bin" / "python"), "-m", "harness", *arguments]
        subprocess.run(command, cwd=folder, env=variables, capture_output=True, check=True)
    assert min(time.monotonic() - started, processor_seconds() - used) < 120
    assert (folder / "reports" / "mine_table1" / "ci" / "index.html").is_file()


def processor_seconds() -> float:
    """Return the processor's time that finished child processes took."""
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return of_children.ru_utime + of_children.ru_stime
