"""Runs the program as a user does: in a separate process and folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import IO, Any

import warm

import harness

PACKAGE = Path(harness.__file__).parents[1]


def environment(**more: str) -> dict[str, str]:
    """Return this process's variables without those for data or buffering, and with the package on the path.

    By default torch's threads spin for long while they wait for each other. Where other programs use the cores too,
    tests with two threads would take ten times as long, so the spinning is limited.
    """
    hidden = ("HARNESS_DATA_", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    ours = {"PYTHONPATH": str(PACKAGE), "NO_COLOR": "1", "COLUMNS": "120", "GOMP_SPINCOUNT": "1000"}
    return kept | ours | more


def command(*arguments: str | Path) -> list[str]:
    """Return the command line."""
    return [sys.executable, "-m", "harness", *map(str, arguments)]


OTHER_PACKAGE = """
import sys
for name in [name for name in sys.modules if name.partition(".")[0] == "harness"]:
    del sys.modules[name]
sys.path.insert(0, sys.argv.pop(1))
from harness.__main__ import main
sys.argv[0] = "harness"
main()
"""
"""Runs the program of another folder with the libraries that are already imported."""


def program(
    folder: Path,
    *arguments: str | Path,
    anew: bool = False,
    code: str = "",
    package: Path | None = None,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run the program, Python code with these arguments, or the program in the folder `package`, to its end.

    The process starts with the program's modules imported, unless `anew` is set or a variable configures Python. With
    `package`, only the libraries are imported.
    """
    words, its = [*map(str, arguments)], environment(**variables)
    if package is not None:
        words, its, code = [str(package), *words], its | {"PYTHONPATH": str(package)}, OTHER_PACKAGE
    if anew or any(name.startswith("PYTHON") for name in variables):
        return subprocess.run(command(*words), cwd=folder, env=its, capture_output=True, text=True, check=False)
    with nothing() as stdin, TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        status = warm.start(words, folder, its, [stdin.fileno(), out.fileno(), err.fileno()], code).wait()
        for said in (out, err):
            said.seek(0)
        return subprocess.CompletedProcess(words, status, out.read(), err.read())


@contextmanager
def forked(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], **_: object) -> Iterator[warm.Started]:
    """Run a command line of the program in place of `subprocess.Popen`, with its standard error to be read as text."""
    words = command[command.index("harness") + 1 :]
    reading, writing = os.pipe()
    with nothing() as null, os.fdopen(reading) as stderr:
        process = warm.start(words, Path(cwd), env, [null.fileno(), null.fileno(), writing])
        os.close(writing)
        process.stderr = stderr
        yield process
        process.wait()


@contextmanager
def forked_here(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], **_: object) -> Iterator[SimpleNamespace]:
    """Run a command line of the program as `forked` does, but fork it from this process, itself one that was forked."""
    words = command[command.index("harness") + 1 :]
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        request = {"folder": str(cwd), "variables": dict(env), "arguments": words, "code": ""}
        try:
            os.close(reading)
            sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__  # pytest has others
            null = os.open(os.devnull, os.O_RDWR)
            warm.become(request, [null, null, writing])
        finally:
            os._exit(70)
    os.close(writing)
    with os.fdopen(reading) as stderr:
        process = SimpleNamespace(stderr=stderr, returncode=None)
        yield process
    process.returncode = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def signalled(folder: Path, number: int, after: str | float, *arguments: str | Path) -> tuple[int | None, str]:
    """Run the program and send a signal after a word on standard error or after some seconds.

    Returns (exit status, output). The status is None where the program ended before that moment.
    """
    reading, writing = os.pipe()
    with nothing() as null, os.fdopen(reading) as stderr:
        streams = [null.fileno(), null.fileno(), writing]
        process = warm.start([*map(str, arguments)], folder, environment(), streams)
        os.close(writing)
        said = []
        if isinstance(after, str):
            for line in stderr:
                said.append(line)
                if after in line:
                    break
        else:
            time.sleep(after)
        ended = process.poll() is not None
        process.send_signal(number)
        said += stderr.readlines()
        status = process.wait()
    return (None if ended else status), "".join(said)


def nothing() -> IO[str]:
    """Return an empty file to read from, which discards writes."""
    return Path(os.devnull).open("r+")


def results(folder: Path) -> dict[str, Any]:
    """Return a report's results without entries that change between runs, such as environment and cost."""
    document: dict[str, Any] = json.loads((folder / "results.json").read_text())
    document["digest"].pop("document")  # which is of them too
    return {name: value for name, value in document.items() if name not in ("environment", "cost", "costs")}
