"""Runs the program as a user does: in a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import warm

import harness

PACKAGE = Path(harness.__file__).parents[1]


def environment(**more: str) -> dict[str, str]:
    """The variables of this process without those that name data or hide a buffer, and with the package on the path.

    Threads of torch that wait for each other spin for long by default; where others use the cores too, tests that use
    two threads would take ten times as long.
    """
    hidden = ("HARNESS_DATA_", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    ours = {"PYTHONPATH": str(PACKAGE), "NO_COLOR": "1", "COLUMNS": "120", "GOMP_SPINCOUNT": "1000"}
    return kept | ours | more


def command(*arguments: str | Path) -> list[str]:
    """The command line."""
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
"""Runs the program of another place, with the libraries that are imported already."""


def program(
    folder: Path,
    *arguments: str | Path,
    anew: bool = False,
    code: str = "",
    package: Path | None = None,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run it, or Python code with these arguments, or the program that lies in the folder `package`, to its end.

    It finds its modules imported already, unless it is to begin `anew` or has a variable that speaks to Python; of
    another package, those of the libraries.
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


def signalled(folder: Path, number: int, after: str | float, *arguments: str | Path) -> tuple[int | None, str]:
    """Run it and send a signal after a word on standard error, or after so many seconds; (exit status, all it said).

    The status is None when it ended before the moment came.
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
    """What has nothing to read and keeps nothing that is written."""
    return Path(os.devnull).open("r+")


def results(folder: Path) -> dict[str, Any]:
    """A report's results without what may change from run to run: where it ran, how long it took."""
    document: dict[str, Any] = json.loads((folder / "results.json").read_text())
    document["digest"].pop("document")  # which is of them too
    return {name: value for name, value in document.items() if name not in ("environment", "cost", "costs")}
