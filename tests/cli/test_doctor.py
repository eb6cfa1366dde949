"""The command that looks at a machine: one line a check, and the exit code of what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from programs import program


def test_a_machine_in_order_ends_in_exit_0(tmp_path: Path) -> None:
    """A line for every check on standard output, nothing else said, nothing made."""
    done = program(tmp_path, "doctor", "--device", "cpu", "--threads", "1", "--data", "digits")
    assert (done.returncode, done.stderr) == (0, "")
    assert {line.split()[0] for line in done.stdout.splitlines()} <= {"ok", "warning"}
    assert "determinism: deterministic algorithms on, TF32 off" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("--data", "ilsvrc2010"), 4, "data ilsvrc2010"),
        (("--data", "ilsvrc2010=nowhere"), 4, "data ilsvrc2010"),
        (("--device", "cpu", "--store", "file"), 1, "store"),
        (("--device", "cpu", "--wait", "0.01"), 1, "torch"),
    ],
)
def test_what_is_wrong_decides_the_exit_code(tmp_path: Path, arguments: tuple[str, ...], code: int, name: str) -> None:
    """4 for data that are needed, 1 for the rest; the last line says what."""
    (tmp_path / "file").touch()
    done = program(tmp_path, "doctor", *arguments)
    assert done.returncode == code
    assert name in done.stderr
    assert any(line.startswith(f"wrong    {name}: ") for line in done.stdout.splitlines())
    assert "Traceback" not in done.stderr


def test_a_missing_gpu_is_exit_5(tmp_path: Path) -> None:
    """When it is asked for; after the data, as everywhere."""
    done = program(tmp_path, "doctor", "--device", "cuda", "--json", CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 5
    wrong = [check for check in json.loads(done.stdout) if check["level"] == "wrong"]
    assert {check["name"] for check in wrong} <= {"device", "torch"}
    assert all(check["remedy"] for check in wrong)
    assert program(tmp_path, "doctor", "--device", "cuda", "--data", "ilsvrc2012").returncode == 4


def test_an_unknown_data_set_has_a_nearest(tmp_path: Path) -> None:
    """Exit 2."""
    done = program(tmp_path, "doctor", "--data", "digit")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "unknown data set 'digit'; did you mean digits?\n"
