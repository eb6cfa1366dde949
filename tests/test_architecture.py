"""The shape of the package, read from its syntax trees: imports between modules, and sizes of files and functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from harness.cli.main import command

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "harness"
FILES = sorted(PACKAGE.rglob("*.py"))

FLOORS = (
    ("cli",),
    ("regression",),
    ("run",),
    ("report",),
    ("plan",),
    ("judge",),
    ("suite",),
    ("jobs",),
    ("machine", "ingest"),
    ("data",),
    ("models", "store"),
)
"""The rooms from top to bottom. A module imports from its own room and from those on lower floors. A module outside the
rooms belongs to the cellar if any room imports it, and then imports no room; otherwise it is part of the program's face
and is imported by none."""
COMPUTING = ("jobs", "data", "models")
"""Rooms whose modules may import torch; importing any other module does not import it."""

IN_TWO_ROOMS = {
    "cells": "the suite declares cells, the judge judges them",
    "claims": "the suite declares claims, the judge judges them",
    "check": "the commands `check` and `data check`, and the work of each",
    "job": "a job is planned; those that measure and inspect are done by several functions of their room",
    "network": "the net, and the measurement of that name which counts it",
    "store": "the command family, and the store",
    "report": "the command, and the room that it shows",
    "differences": "of two results of a job that ran again, and of two nets that a cell is judged by",
}
"""Names of files that occur in more than one room, each with its reason; every other name occurs once."""


def named(file: Path) -> str:
    """Return the name of a module below the package; that of the package itself is empty."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {named(file): file for file in FILES}
ROOMS = frozenset(file.parent.name for file in PACKAGE.glob("*/__init__.py"))


@cache
def tree(name: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Yield the imported names in full: `harness.x.y` for a module or for a name out of `harness.x`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(name: str) -> str | None:
    """Return the package's module that an import leads to."""
    if name != "harness" and not name.startswith("harness."):
        return None
    name = name.removeprefix("harness").removeprefix(".")
    while name not in MODULES:
        name = name.rpartition(".")[0]
    return name


@cache
def imports(name: str, *, lazy: bool) -> frozenset[str]:
    """Return the package's modules that a module imports when it is loaded, or ever."""
    nodes = ast.walk(tree(name)) if lazy else iter(tree(name).body)
    return frozenset(found for one in imported(nodes) if (found := ours(one)) is not None)


def run_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a syntax tree without imports for annotations only."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"):
            yield from run_nodes(child)


@cache
def needed(name: str) -> frozenset[str]:
    """Return the modules that a module imports at run time, also within functions, but not for annotations only."""
    return frozenset(found for one in imported(run_nodes(tree(name))) if (found := ours(one)) is not None)


def room(name: str) -> str:
    """Return the room of a module; empty for the package and its flat modules."""
    first = name.split(".", maxsplit=1)[0]
    return first if first in ROOMS else ""


def floor(name: str) -> int:
    """Return the number of a module's floor, counted from the top."""
    return next(number for number, rooms in enumerate(FLOORS) if room(name) in rooms)


def in_rooms() -> list[str]:
    """Return the modules in rooms."""
    return [name for name in sorted(MODULES) if room(name)]


def flat() -> list[str]:
    """Return the flat modules of the package."""
    return [name for name in sorted(MODULES) if not room(name)]


def test_floors_are_the_folders_of_the_package() -> None:
    """Every folder is on one floor, and every floor has its folders."""
    assert sorted(name for rooms in FLOORS for name in rooms) == sorted(ROOMS)


def test_the_drawing_of_the_house_has_the_same_floors() -> None:
    """The drawing in ARCHITECTURE.md lists the floors from top to bottom."""
    drawn = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## The house")[1].split("----")[0]
    lines = [line.strip() for line in drawn.splitlines() if line.startswith("    ")]
    begun = [re.match(r"(\w+)(?: \| (\w+))?", line) for line in lines]
    assert [tuple(filter(None, line.groups())) for line in begun if line] == list(FLOORS)


def test_architecture_fits_on_two_screens() -> None:
    """ARCHITECTURE.md is short; details belong in the docstrings of the rooms."""
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 100


def test_nobody_imports_upwards() -> None:
    """No module imports from its floor's other room or from a higher floor, not even within a function."""
    pairs = [(name, other) for name in in_rooms() for other in imports(name, lazy=True)]
    foreign = [(name, other) for name, other in pairs if room(other) not in ("", room(name))]
    assert [(name, other) for name, other in foreign if floor(other) <= floor(name)] == []


def test_the_cellar_imports_no_room() -> None:
    """A flat module that a room imports does not import any room."""
    used = frozenset().union(*(imports(name, lazy=True) for name in in_rooms())) - {""}
    upwards = {name: [other for other in imports(name, lazy=True) if room(other)] for name in used & set(flat())}
    assert {name: others for name, others in upwards.items() if others} == {}


def test_at_most_nine_modules_lie_flat() -> None:
    """The package holds at most nine flat modules, its own file included."""
    assert len(flat()) <= 9


def test_names_of_files_stand_in_one_room() -> None:
    """With few exceptions, a file name occurs in one room, so that it leads to one module."""
    rooms: dict[str, set[str]] = {}
    for name, file in MODULES.items():
        if file.name != "__init__.py":
            rooms.setdefault(name.rpartition(".")[2], set()).add(room(name))
    assert {name for name, found in rooms.items() if len(found) > 1} == set(IN_TWO_ROOMS)


def test_only_what_runs_jobs_knows_their_work() -> None:
    """Suites, plans and reports know jobs by name; executors, imports of weights and calibration use their work."""
    work = {name for name in MODULES if room(name) == "jobs" and reaches_torch(name)}
    users = {name for name in MODULES if room(name) != "jobs" and imports(name, lazy=True) & work}
    assert {name for name in users if room(name) != "run"} == {"plan.calibrate"}


def test_no_two_modules_need_each_other() -> None:
    """Imports, also within functions, form no circle; those for annotations only do not count."""
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join([*above, name])
        if name not in done:
            for other in needed(name) - {name, ""}:
                visit(other, (*above, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())


@cache
def brings_torch(name: str) -> bool:
    """Check whether importing a module imports torch."""
    return any(one.split(".")[0] in ("torch", "torchvision") for one in imported(iter(tree(name).body)))


def reaches_torch(name: str) -> list[str]:
    """Return the modules that import torch and are imported with this one, packages on the way included."""
    reached, waiting = set(), {name}
    while waiting:
        one = waiting.pop()
        reached.add(one)
        above = {one.rsplit(".", depth)[0] for depth in range(1, one.count(".") + 1)}
        waiting |= (imports(one, lazy=False) | above) - reached
    return [one for one in sorted(reached) if brings_torch(one)]


def test_what_does_not_compute_brings_no_torch() -> None:
    """Importing a module outside the computing rooms, with all that it imports, does not import torch."""
    reached = {name: reaches_torch(name) for name in MODULES if room(name) not in COMPUTING}
    assert {name: bringing for name, bringing in reached.items() if bringing} == {}


def test_torchvision_is_never_imported_with_a_module() -> None:
    """Importing torchvision takes seconds, so only functions import it."""
    assert [
        name for name in MODULES if any(one.startswith("torchvision") for one in imported(iter(tree(name).body)))
    ] == []


def test_commands_are_those_that_the_documentation_tells_of() -> None:
    """docs/running.md names every command, and no other."""
    text = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    assert set(re.findall(r"python -m harness ([a-z][a-z-]*)", text)) == set(command.commands)


def test_every_shipped_module_has_a_docstring_of_one_sentence() -> None:
    """Every module's docstring begins with a sentence about its purpose."""
    first = {name: (ast.get_docstring(tree(name)) or "").split("\n\n")[0] for name in MODULES}
    assert [name for name, text in first.items() if not text.endswith((".", ":"))] == []


def test_no_module_is_above_300_lines() -> None:
    """A module with more lines holds two things."""
    assert [name for name, file in MODULES.items() if len(file.read_text(encoding="utf-8").splitlines()) > 300] == []


def functions(name: str) -> Iterator[tuple[str, int]]:
    """Yield the functions of a module with their lengths in lines."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def test_no_function_is_above_60_lines() -> None:
    """No function is longer, the training loop included."""
    assert [(name, *one) for name in MODULES for one in functions(name) if one[1] > 60] == []


def test_no_module_is_named_for_nothing() -> None:
    """No module has a name that fits any content."""
    empty = re.compile(r"util|common|manager|helper|\bbase\b|misc")
    assert [name for name in MODULES if empty.search(name)] == []


TESTS = ROOT / "tests"
SHARED = ("benchmarks", "golden", "samples", "suites", "support")
"""Folders of tests that belong to no room."""


def test_tests_of_a_room_are_named_for_their_modules() -> None:
    """`tests/a/test_b.py` tests `harness/a/b.py`, or the package `a` itself; more words may follow the name."""
    lost = []
    for file in TESTS.rglob("*/test_*.py"):
        *folders, name = file.relative_to(TESTS).with_suffix("").parts
        if folders[0] not in SHARED:
            package, words = ".".join(folders), name.removeprefix("test_").split("_")
            begins = {"_".join(words[:end]) for end in range(1, len(words) + 1)}
            mirrored = {f"{package}.{begin}" for begin in begins} & MODULES.keys()
            lost += [] if mirrored or folders[-1] in begins else [str(file.relative_to(TESTS))]
    assert lost == []
