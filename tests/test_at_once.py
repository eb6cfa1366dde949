"""Two programs on one store at once: each does its part or says why not, and the results are those of one."""

from __future__ import annotations

import subprocess
from pathlib import Path

from programs import PACKAGE, command, environment, program, results
from tiny_suites import tiny_suite

RUN = ("run", "tiny.yaml", "--scale", "ci", "--device", "cpu", "--threads", "1", "--store", "runs")


def prepared(folder: Path) -> Path:
    """A folder with the suite in it."""
    folder.mkdir()
    tiny_suite(folder, seeds=2, subset={"classes": 10, "per_class": 67})
    return folder


def test_two_at_once_end_as_one_would(tmp_path: Path) -> None:
    """One of them always goes on; one that meets the other's work says so with exit 2, and can be started again."""
    assert PACKAGE.is_dir()
    one, both = prepared(tmp_path / "one"), prepared(tmp_path / "both")
    assert program(one, *RUN).returncode == 0
    started = [
        subprocess.Popen(
            command(*RUN, "--out", f"report{number}"), cwd=both, env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for number in (1, 2)
    ]  # fmt: skip
    said = [process.communicate(timeout=300)[1] for process in started]
    ended = [process.returncode for process in started]
    assert 0 in ended
    assert set(ended) <= {0, 2}, said
    for code, text in zip(ended, said, strict=True):
        assert "Traceback" not in text
        assert code == 0 or "another process is working on this job; wait for it or stop it" in text
    again = program(both, *RUN)
    assert again.returncode == 0
    assert "nothing to do" in again.stderr
    assert results(both / "reports" / "tiny" / "ci") == results(one / "reports" / "tiny" / "ci")
    assert not list((both / "runs").glob("*/.*"))
