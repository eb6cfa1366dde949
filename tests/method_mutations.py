"""Makes changes of method, one at a time, and shows that each is caught by the test or probe named for it.

    python tests/method_mutations.py                     all changes, two at a time; resumes an interrupted run
    python tests/method_mutations.py --only views seals  these categories, or changes with these words
    python tests/method_mutations.py --anew              without the outcomes of earlier runs

Outcomes are kept in `--folder`, and count until the program, a test, a suite or the change itself changes. The exit
code is 1 where a change survives or a test fails without any change; the table at the end names them.
`tests/support/method_changes.py` reads the changes.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import click

sys.path.insert(0, str(Path(__file__).parent / "support"))  # as pytest has it, also where this is run by itself

from method_changes import ROOT, Applying, Change, changes, code_digest, digest_of, table

LIBRARIES = (
    "numpy", "scipy.special", "torch", "torch.optim.sgd", "pydantic", "ruamel.yaml", "jinja2", "rich.progress",
    "PIL.Image", "pytest", "hypothesis", "sklearn.datasets", "pandas",
)  # fmt: skip
"""Libraries imported once before the processes fork; no module of the program is among them."""
LIMIT_S = 600
"""Seconds after which a change counts as one that makes its test hang."""
PASSED, FAILED, REGRESSION = 0, 1, 3
"""Exit statuses of pytest and `check`; any other status gives no outcome."""


@dataclass
class Found:
    """The outcome of one run: `caught`, `survived`, or the reason why there is none."""

    outcome: str
    seconds: float
    said: str = ""


@dataclass
class Memory:
    """Outcomes of earlier runs by digest, stored as one JSON object per line."""

    path: Path
    found: dict[str, Found] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path.exists():
            rows = map(json.loads, self.path.read_text(encoding="utf-8").splitlines())
            self.found = {row.pop("digest"): Found(**row) for row in rows}

    def keep(self, digest: str, found: Found) -> None:
        """Save one outcome at once."""
        self.found[digest] = found
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"digest": digest, **found.__dict__}) + "\n")


@dataclass(frozen=True)
class Running:
    """A running forked process."""

    started: float
    log: Path
    outcome: Callable[[int], str]
    digest: str
    label: str


def outcome_of(change: Change, status: int) -> str:
    """Return the outcome of a change for an exit status."""
    if status == -signal.SIGALRM:
        return f"no answer in {LIMIT_S} s"
    caught = REGRESSION if change.command[0] == "check" else FAILED
    answers = {PASSED: "survived", caught: "caught"}
    return answers.get(status, f"no answer: exit status {status}")


def begin(act: Callable[[], int], log: Path) -> int:
    """Fork a process that runs a function, writes its output to a file, and exits with the function's status."""
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LIMIT_S)
        _become(act, log)
    return pid


def _become(act: Callable[[], int], log: Path) -> NoReturn:
    status = 70
    try:
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.chdir(ROOT)
        status = act()
    except BaseException:  # noqa: BLE001 - nothing is above it
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def changed(change: Change, folder: Path) -> int:
    """Run a change's test or probe with the change applied."""
    sys.meta_path.insert(0, Applying(change))
    importlib.import_module(change.module)  # before pytest looks for modules in its own way
    return run(change.command, folder)


def run(command: list[str], folder: Path) -> int:
    """Run pytest or the program in this process; returns its exit status."""
    kind, *arguments = command
    if kind == "check":
        return _check(arguments)
    import pytest

    flags = [
        "-q",
        "-x",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-m",
        "not gpu",
        f"--basetemp={folder / 'temp'}",
    ]
    return int(pytest.main([*flags, *arguments]))


def _check(arguments: list[str]) -> int:
    from harness.__main__ import main

    suite, *globs = arguments
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp()
    store = f"--store={tempfile.mkdtemp()}"
    sys.argv = ["harness", "check", f"suites/{suite}.yaml", store, *(f"--only={glob}" for glob in globs)]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return PASSED


def waiting(chosen: list[Change], memory: Memory, folder: Path) -> Iterator[tuple[Callable[[], int], Running]]:
    """Return the runs still to be done: every named test without a change first, then each change."""
    tests = sorted({change.caught_by for change in chosen})
    for name in tests:
        command = next(change.command for change in chosen if change.caught_by == name)
        digest = f"{code_digest()} {name}"
        if digest not in memory.found:
            yield _unchanged(command, folder, digest, name)
    for change in chosen:
        if (digest := digest_of(change)) not in memory.found:
            own = folder / digest[:16]
            about = Running(
                0.0, own / "log.txt", lambda status, one=change: outcome_of(one, status), digest, change.says
            )
            yield (lambda one=change, place=own: changed(one, place)), about


def _unchanged(command: list[str], folder: Path, digest: str, name: str) -> tuple[Callable[[], int], Running]:
    own = folder / f"unchanged-{abs(hash(name))}"
    said = {PASSED: "passes"}
    about = Running(0.0, own / "log.txt", lambda status: said.get(status, f"fails: exit status {status}"), digest, name)
    return (lambda: run(command, own)), about


def work_off(todo: Iterable[tuple[Callable[[], int], Running]], memory: Memory, jobs: int) -> None:
    """Run them all, `jobs` at a time."""
    running: dict[int, Running] = {}
    for act, about in todo:
        while len(running) >= jobs:
            _one_ends(running, memory)
        about.log.parent.mkdir(parents=True, exist_ok=True)
        pid = begin(act, about.log)
        running[pid] = Running(time.monotonic(), about.log, about.outcome, about.digest, about.label)
    while running:
        _one_ends(running, memory)


def _one_ends(running: dict[int, Running], memory: Memory) -> None:
    pid, status = os.wait()
    one = running.pop(pid)
    log = one.log.read_text(errors="replace") if one.log.exists() else ""
    outcome = one.outcome(os.waitstatus_to_exitcode(status))
    said = "" if outcome in ("caught", "passes") else "\n".join(log.splitlines()[-25:])
    seconds = time.monotonic() - one.started
    memory.keep(one.digest, Found(outcome, round(seconds, 1), said))
    click.echo(f"{outcome:10} {seconds:6.1f} s  {one.label}", err=True)


def chosen_by(words: tuple[str, ...]) -> list[Change]:
    """Return all changes, or those of these categories or with these words."""
    found = [
        one
        for one in changes()
        if not words or any(word in (one.category, one.says) or word in one.says for word in words)
    ]
    if not found:
        raise click.UsageError(f"no change is called {' or '.join(words)}")
    return found


def summary(chosen: list[Change], memory: Memory) -> tuple[str, bool]:
    """Return the table of changes with the faults below it, and whether there are none."""
    rows: list[Any] = []
    wrong: list[str] = []
    for change in chosen:
        found, alone = memory.found[digest_of(change)], memory.found[f"{code_digest()} {change.caught_by}"]
        rows.append((change.category, change.says, found.outcome, change.caught_by))
        if alone.outcome != "passes":
            wrong.append(f"{change.caught_by} {alone.outcome}, without any change\n{alone.said}")
        elif found.outcome != "caught":
            wrong.append(f"{change.says} ({change.caught_by}): {found.outcome}\n{found.said}")
    caught = sum(row[2] == "caught" for row in rows)
    counts = f"{caught} of {len(rows)} changes of method caught, in {len({row[0] for row in rows})} categories"
    return "\n\n".join([table(rows), *dict.fromkeys(wrong), counts]), not wrong


@click.command()
@click.option("--only", "words", multiple=True, help="A category, or words of a change; may be given again.")
@click.option("--jobs", default=2, show_default=True, help="Processes at a time.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path(tempfile.gettempdir()) / "method-mutations")
@click.option("--anew", is_flag=True, help="Forget what earlier runs found.")
def main(words: tuple[str, ...], jobs: int, folder: Path, *, anew: bool) -> None:
    """Make every change of method and show what catches it."""
    chosen = chosen_by(words)
    folder.mkdir(parents=True, exist_ok=True)
    if anew:
        (folder / "found.jsonl").unlink(missing_ok=True)
    import_libraries()
    memory = Memory(folder / "found.jsonl")
    work_off(waiting(chosen, memory, folder), memory, jobs)
    said, well = summary(chosen, memory)
    click.echo(said)
    sys.exit(0 if well else 1)


def import_libraries() -> None:
    """Import slow libraries in one thread, so that the process can be forked."""
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in LIBRARIES:
        __import__(name)
    assert not any(name.partition(".")[0] == "harness" for name in sys.modules)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
