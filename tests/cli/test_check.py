"""The commands `check` and `baseline update` in separate processes: their output and exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from baselines import FEW
from programs import environment, program
from tiny_suites import tiny_suite


def harness(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder, without a terminal."""
    done = program(folder, *arguments, COLUMNS="200")
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def made(with_baseline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a tiny suite and its baseline in the default place."""
    return shutil.copytree(with_baseline, tmp_path_factory.mktemp("made") / "made")


def test_a_baseline_is_made_where_it_is_looked_for(tmp_path: Path) -> None:
    """Its path is the last line of the output."""
    done = harness(tmp_path, "baseline", "update", "architecture", "--yes")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "reports/baselines/ci.json")
    assert harness(tmp_path, "check", "architecture").returncode == 0


def test_a_sound_suite_is_summed_up(made: Path) -> None:
    """The exit code is 0, and progress goes to standard error."""
    done = harness(made, "check", "tiny.yaml")
    assert done.returncode == 0
    assert "0 regression, 0 error, 0 advisory" in done.stdout
    assert done.stderr.startswith("[1/1] tiny: ")
    assert sorted(path.name for path in made.iterdir()) == ["prelu_few.yaml", "reports", "tiny.yaml"]


def test_a_regression_is_3_and_named(made: Path, tmp_path: Path) -> None:
    """Both values are given."""
    file = tiny_suite(tmp_path, **FEW, rate=0.01)
    done = harness(made, "check", file, "--json")
    document = json.loads(done.stdout)
    found = {one["subject"]: one for one in document["findings"] if one["severity"] == "regression"}
    assert done.returncode == 3
    assert (found["experiment cnn"]["before"], found["experiment cnn"]["now"]) == ("0.02", "0.01")
    assert "loss of step 2 and " in found["probe cnn"]["said"]
    assert document["scale"] == "ci"
    assert document["seconds"].keys() == {"tiny"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["check", "tiny.yaml", "--baseline", "no.json"], 7, "there is no baseline no.json; make it with: python -m"),
        (["check", "table1"], 7, "ci.json holds nothing of table1; make it with: python -m harness baseline update"),
        (["check", "tiny.yaml", "--only", "zzz"], 2, "no experiment or cell of these suites matches zzz"),
        (["check", "tiny.yaml", "--scale", "small"], 7, "there is no baseline reports/baselines/small.json"),
        (["check", "nosuch.yaml"], 2, "no suite file at 'nosuch.yaml'"),
        (["check", "tiny.yaml", "--suites-changed-since", "HEAD"], 2, "--suites-changed-since: git "),
    ],
)
def test_what_cannot_be_checked_is_one_line(made: Path, arguments: list[str], code: int, message: str) -> None:
    """The line is on standard error, and nothing has run."""
    done = harness(made, *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert message in done.stderr


def test_an_edited_baseline_is_refused(made: Path, tmp_path: Path) -> None:
    """The exit code is 2, with one line."""
    text = (made / "reports" / "baselines" / "ci.json").read_text()
    (tmp_path / "edited.json").write_text(text.replace('"seeds": 1', '"seeds": 2'))
    done = harness(made, "check", "tiny.yaml", "--baseline", tmp_path / "edited.json")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "is damaged or was edited" in done.stderr


def test_an_update_shows_what_it_changes_and_writes_nothing_unasked(made: Path, tmp_path: Path) -> None:
    """Without a terminal nobody can confirm."""
    file, before = tiny_suite(tmp_path, **FEW, rate=0.01), (made / "reports" / "baselines" / "ci.json").read_bytes()
    done = harness(made, "baseline", "update", file)
    assert done.returncode == 2
    assert "recipe.rate 0.02 -> 0.01" in done.stdout
    assert done.stderr.splitlines()[-1].endswith("pass --yes to write")
    assert (made / "reports" / "baselines" / "ci.json").read_bytes() == before


def test_an_update_of_nothing_writes_the_same_bytes(made: Path) -> None:
    """The output says that nothing changes."""
    file = made / "reports" / "baselines" / "ci.json"
    before = file.read_bytes()
    done = harness(made, "baseline", "update", "tiny.yaml", "--yes")
    assert (done.returncode, file.read_bytes()) == (0, before)
    assert "nothing would change" in done.stdout


def test_help_imports_nothing_heavy() -> None:
    """This holds for both commands."""
    code = """
import sys
from harness.__main__ import main
sys.argv[0] = "harness"
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
assert not {"torch", "numpy", "pydantic", "rich"} & sys.modules.keys(), "imported"
"""
    for arguments in (["check", "--help"], ["baseline", "update", "--help"]):
        command = [sys.executable, "-c", code, *arguments]
        subprocess.run(command, check=True, capture_output=True, env=environment())
