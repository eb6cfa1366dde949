"""The command `doctor`: one line for each check, and the exit code of what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from programs import program

from harness.cli.main import command
from harness.errors import HarnessError
from harness.machine import doctor
from harness.machine.doctor.checks import Check


def test_a_machine_in_order_ends_in_exit_0(tmp_path: Path) -> None:
    """Standard output has a line for every check and nothing else, and no file is created."""
    done = program(tmp_path, "doctor", "--device", "cpu", "--threads", "1", "--data", "digits")
    assert (done.returncode, done.stderr) == (0, "")
    assert {line.split()[0] for line in done.stdout.splitlines()} <= {"ok", "warning"}
    assert "determinism: deterministic algorithms on, TF32 off" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_torch_that_does_not_answer_is_exit_1(tmp_path: Path) -> None:
    """The last line names the fault."""
    done = program(tmp_path, "doctor", "--device", "cpu", "--wait", "0.01")
    assert done.returncode == 1
    assert "torch" in done.stderr
    assert any(line.startswith("wrong    torch: ") for line in done.stdout.splitlines())
    assert "Traceback" not in done.stderr


@pytest.fixture
def in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Replace torch's process by one in order, and hide this machine's data."""
    monkeypatch.setattr(doctor, "arithmetic", lambda *_: iter([Check("torch", "ok", "computes")]))
    monkeypatch.chdir(tmp_path)
    for name in ("HARNESS_DATA_ROOT", "HARNESS_DATA_ILSVRC2010", "HARNESS_DATA_ILSVRC2012"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("--data", "ilsvrc2010"), 4, "data ilsvrc2010"),
        (("--data", "ilsvrc2010=nowhere"), 4, "data ilsvrc2010"),
        (("--device", "cpu", "--store", "file"), 1, "store"),
        (("--device", "cuda", "--data", "ilsvrc2012"), 4, "data ilsvrc2012"),
    ],
)
def test_what_is_wrong_decides_the_exit_code(
    tmp_path: Path, in_order: None, arguments: tuple[str, ...], code: int, name: str
) -> None:
    """4 for required data comes before 5 for a missing device and 1 for the rest."""
    (tmp_path / "file").touch()
    done = CliRunner().invoke(command, ["doctor", *arguments])
    assert isinstance(done.exception, HarnessError)
    assert done.exception.exit_code == code
    assert name in str(done.exception)
    assert any(line.startswith(f"wrong    {name}: ") for line in done.stdout.splitlines())


def test_a_missing_gpu_is_exit_5(tmp_path: Path) -> None:
    """The GPU was requested."""
    done = program(tmp_path, "doctor", "--device", "cuda", "--json", CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 5
    wrong = [check for check in json.loads(done.stdout) if check["level"] == "wrong"]
    assert {check["name"] for check in wrong} <= {"device", "torch"}
    assert all(check["remedy"] for check in wrong)


def test_an_unknown_data_set_has_a_nearest(tmp_path: Path) -> None:
    """The exit code is 2."""
    done = program(tmp_path, "doctor", "--data", "digit")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "unknown data set 'digit'; did you mean digits?\n"
