"""Two programs on one store at once: each does its part or explains why not, and the results equal those of one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import warm
from finished_worlds import CUT
from programs import PACKAGE, environment, nothing, program, results
from tiny_suites import World, tiny_suite

RUN = ("run", "tiny.yaml", "--scale", "ci", "--device", "cpu", "--threads", "1", "--store", "runs")
SUITE = {**CUT, "seeds": 2}


def prepared(folder: Path) -> Path:
    """Return a folder with the suite in it."""
    folder.mkdir()
    tiny_suite(folder, **SUITE)
    return folder


def test_two_at_once_end_as_one_would(finished: Callable[..., World], tmp_path: Path) -> None:
    """One of them always continues; a program that meets the other's work exits with 2, and can be started again."""
    assert PACKAGE.is_dir()
    one, both = prepared(tmp_path / "one"), prepared(tmp_path / "both")
    finished(**SUITE).copied(one)
    assert program(one, *RUN).returncode == 0
    with nothing() as null, (both / "said1").open("w+") as said1, (both / "said2").open("w+") as said2:
        streams = [[null.fileno(), null.fileno(), file.fileno()] for file in (said1, said2)]
        started = [
            warm.start([*RUN, "--out", f"report{number}"], both, environment(), streams[number - 1])
            for number in (1, 2)
        ]
        ended = [process.wait() for process in started]
    said = [(both / f"said{number}").read_text() for number in (1, 2)]
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
