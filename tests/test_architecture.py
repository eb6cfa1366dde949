"""The shape of the package, read from its syntax trees: who may import whom, and how large a piece may grow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from harness.cli.main import command

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "harness"
FILES = sorted(PACKAGE.rglob("*.py"))

LAYERS = (
    (
        "words",
        "errors strict scale_names metric_names progress located faults cache entries shipped stop_signal statistics",
    ),
    ("kinds of jobs", "jobs jobs.optimiser_spec job"),
    ("files", "documents locks store provenance relay syntax syntax_memory same_code code"),
    ("parts", "models data metrics recipe sliding runtime environment visible measures inspections ingest"),
    ("gauges", "nvml gpu_summary telemetry rates footprint"),
    ("suites", "cells claims said suite scales_of_tests defined names loading resolve schema references coverage"),
    (
        "plans",
        "plan anonymous detectable outline status declarations estimate verdict measured submission recorded recording",
    ),
    ("stores", "differences soundness inventory verification wanted garbage archive merge terminal_store doctor"),
    ("claims", "claim_evidence claim_operators claim_verdict"),
    ("work", "execute executors scales sharing calibrating planned importing rerun"),
    ("documents", "places judgements net_pairs results_by_seed copied costs"),
    ("reports", "results figures markdown report terminal terminal_plan compare regression published"),
    ("program", "running"),
    ("commands", "cli_options cli_outputs cli_check cli_compare cli_data cli_doctor cli_publish cli_results cli_store"),
    ("command line", "cli __main__"),
    ("pytest", "reproduction pytest_plugin"),
)
"""From the ground up: a module imports from its own layer and those before it. Jobs stand beside suites and plans and
know nothing of them: all they are given is a spec."""

JOBS_MAY_IMPORT = ["words", "kinds of jobs", "files", "parts", "gauges"]
TORCH = ("jobs", "metrics", "measures.on_device", "models.modules", "models.response_norm", "models.network",
         "models.initialisers", "data.augment", "data.images", "data.jitter", "data.splits",
         "data.statistics", "data.transfer", "data.views")  # fmt: skip
"""Where torch may be imported with the module; nowhere else, and nothing else may bring it along."""


def named(file: Path) -> str:
    """The name of a module below the package; the package itself is the empty one."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {named(file): file for file in FILES}


@cache
def tree(name: str) -> ast.Module:
    """The syntax of a module."""
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """What import statements bring, in full: `harness.x.y` for a module or for a name out of `harness.x`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(name: str) -> str | None:
    """The module of the package that an import leads to."""
    if name != "harness" and not name.startswith("harness."):
        return None
    name = name.removeprefix("harness").removeprefix(".")
    while name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def imports(name: str, *, lazy: bool) -> set[str]:
    """The modules of the package that one imports when it is loaded, or ever."""
    nodes = ast.walk(tree(name)) if lazy else iter(tree(name).body)
    return {found for one in imported(nodes) if (found := ours(one)) is not None}


def layer(name: str) -> int:
    """The number of a module's layer, by its longest prefix that has one."""
    while name:
        for number, (_, names) in enumerate(LAYERS):
            if name in names.split():
                return number
        name = name.rpartition(".")[0]
    return 0


def is_job(name: str) -> bool:
    """Whether a module does the work of jobs."""
    return name.startswith(("jobs.", "measures.on_device")) and name != "jobs.optimiser_spec"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_nobody_imports_upwards(name: str) -> None:
    """Neither with the module nor later, within a function."""
    if is_job(name):
        allowed = {number for number, (title, _) in enumerate(LAYERS) if title in JOBS_MAY_IMPORT}
        wrong = [other for other in imports(name, lazy=True) if not is_job(other) and layer(other) not in allowed]
    else:
        wrong = [other for other in imports(name, lazy=True) if layer(other) > layer(name)]
    assert wrong == []


def test_only_what_runs_jobs_knows_their_work() -> None:
    """Suites, plans and reports know their names; the executor hands them their work, imports stand in for it.

    And calibrations time it.
    """
    users = {name for name in MODULES if not is_job(name) and any(map(is_job, imports(name, lazy=True)))}
    assert users <= {"executors.local", "executors.shared", "importing", "calibrating"}


@pytest.mark.parametrize("name", [name for name in sorted(MODULES) if name])
def test_every_module_has_a_layer(name: str) -> None:
    """A new one has to be put somewhere."""
    top = {one.split(".")[0] for _, names in LAYERS for one in names.split()}
    assert name.split(".", maxsplit=1)[0] in top


def test_no_two_modules_need_each_other() -> None:
    """Loading any of them never comes back to it."""
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join([*above, name])
        if name not in done:
            for other in imports(name, lazy=False) - {name, ""}:
                if not name.startswith(f"{other}.") and not other.startswith(f"{name}."):
                    visit(other, (*above, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())


def brings_torch(name: str) -> bool:
    """Whether torch is imported with a module itself."""
    return any(one.split(".")[0] in ("torch", "torchvision") for one in imported(iter(tree(name).body)))


def may_import_torch(name: str) -> bool:
    """Whether a module is one of those that compute."""
    return any(name == part or name.startswith(f"{part}.") for part in TORCH)


@pytest.mark.parametrize("name", [name for name in sorted(MODULES) if not may_import_torch(name)])
def test_what_does_not_compute_brings_no_torch(name: str) -> None:
    """Neither itself nor by what it imports with it, the packages on the way included."""
    reached, waiting = set(), {name}
    while waiting:
        one = waiting.pop()
        reached.add(one)
        above = {one.rsplit(".", depth)[0] for depth in range(1, one.count(".") + 1)}
        waiting |= (imports(one, lazy=False) | above) - reached
    assert [one for one in sorted(reached) if brings_torch(one)] == []


def test_torchvision_is_never_imported_with_a_module() -> None:
    """It takes seconds, and few need it."""
    assert [
        name for name in MODULES if any(one.startswith("torchvision") for one in imported(iter(tree(name).body)))
    ] == []


def test_commands_are_those_that_the_readme_tells_of() -> None:
    """Every command stands in it, and every one that stands in it is there."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"python -m harness ([a-z][a-z-]*)", text)) == set(command.commands)


def test_every_shipped_module_has_a_docstring_of_one_sentence() -> None:
    """That says what it is for."""
    first = {name: (ast.get_docstring(tree(name)) or "").split("\n\n")[0] for name in MODULES}
    assert [name for name, text in first.items() if not text.endswith((".", ":"))] == []


def test_no_module_is_above_300_lines() -> None:
    """Where one grows, it is two things."""
    assert [name for name, file in MODULES.items() if len(file.read_text(encoding="utf-8").splitlines()) > 300] == []


def functions(name: str) -> Iterator[tuple[str, int]]:
    """The functions of a module with their lengths in lines."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def test_no_function_is_above_60_lines() -> None:
    """The training loop included."""
    assert [(name, *one) for name in MODULES for one in functions(name) if one[1] > 60] == []


def test_no_module_is_named_for_nothing() -> None:
    """Such a name is where things go that nobody placed."""
    empty = re.compile(r"util|common|manager|helper|\bbase\b|misc")
    assert [name for name in MODULES if empty.search(name)] == []
