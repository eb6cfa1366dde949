"""The nightly command: both tables, and an exit status that says whether an alarm or a surviving change stands."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from method_changes import ROOT, Change, changes, code_digest, digest_of
from probe_observations import FOLDER, read

from tests import trust_tables


def change() -> Change:
    """The first change."""
    return changes()[0]


@pytest.fixture
def observations(tmp_path: Path) -> Path:
    """One of the committed observations."""
    folder = tmp_path / "observations"
    folder.mkdir()
    shutil.copy(min(FOLDER.glob("*.json.gz")), folder)
    return folder


def found(tmp_path: Path, outcome: str) -> Path:
    """A folder in which the first change came out so before, and its test passes without it."""
    rows = [(f"{code_digest()} {change().caught_by}", "passes"), (digest_of(change()), outcome)]
    text = "".join(json.dumps({"digest": digest, "outcome": one, "seconds": 1.0}) + "\n" for digest, one in rows)
    (tmp_path / "found.jsonl").write_text(text)
    return tmp_path


def command(folder: Path, observations: Path) -> subprocess.CompletedProcess[str]:
    """Both tables, of the second the first change alone."""
    program = [sys.executable, str(ROOT / "tests" / "trust_tables.py"), "--only", change().says]
    flags = ["--folder", str(folder), "--observations", str(observations)]
    return subprocess.run([*program, *flags], capture_output=True, text=True, check=False)


@pytest.mark.nightly
def test_both_tables_are_printed(tmp_path: Path, observations: Path) -> None:
    """Each below its title, in one output; exit 0 where nothing stands."""
    done = command(found(tmp_path, "caught"), observations)
    assert done.returncode == 0, done.stderr
    alarms, caught = done.stdout.split("Changes of method, and what caught each\n")
    assert alarms.strip().startswith("Alarms of the committed baseline, by processor, torch and instruction set\n")
    assert "(vendor_id AuthenticAMD, cpu family 25, model 1, stepping 1)" in alarms
    assert f"{change().category}  {change().says}  caught  {change().caught_by}" in caught


@pytest.mark.parametrize(("quiet", "caught", "status"), [(True, True, 0), (False, True, 1), (True, False, 1)])
def test_either_table_alone_ends_it_with_1(
    monkeypatch: pytest.MonkeyPatch, *, quiet: bool, caught: bool, status: int
) -> None:
    """Whatever the other says; the nightly run sees both commands end so."""
    monkeypatch.setattr(trust_tables, "printed", lambda title, *_: quiet if title.startswith("Alarms") else caught)
    assert CliRunner().invoke(trust_tables.main, []).exit_code == status


@pytest.mark.nightly
def test_a_surviving_change_ends_it_with_1(tmp_path: Path, observations: Path) -> None:
    """Named below the table; what was found before is not run again."""
    done = command(found(tmp_path, "survived"), observations)
    assert (done.returncode, f"{change().says} ({change().caught_by}): survived" in done.stdout) == (1, True)


@pytest.mark.nightly
def test_an_alarm_ends_it_with_1(tmp_path: Path, observations: Path) -> None:
    """A loss that no rounding makes, seen somewhere; the second table is printed all the same."""
    (path,) = observations.iterdir()
    observed = read(path)
    probe = observed["probes"]["table1"]["cnn"]["found"]
    probe["losses"] = " ".join(str(1.001 * float(loss)) for loss in probe["losses"].split())
    path.write_bytes(gzip.compress(json.dumps(observed).encode()))
    done = command(found(tmp_path, "caught"), observations)
    assert done.returncode == 1
    assert "table1 cnn: " in done.stdout
    assert "1 of 1 changes of method caught" in done.stdout
