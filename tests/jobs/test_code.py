"""The code that decides a result: whose digest moves when which file changes, and what moves none."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path

import pytest

from harness.jobs import JOBS, code
from harness.jobs.code import EXCEPTED, PACKAGE, Package, code_digest, is_current, roots_of
from harness.jobs.inspections import INSPECTIONS
from harness.jobs.measures import MEASURES

KINDS = {kind: roots_of(kind) for kind in JOBS}
HERE = Package(PACKAGE)
SOURCES = {kind: HERE.sources(roots) for kind, roots in KINDS.items()}
ALL = sorted(set().union(*SOURCES.values()))

Texts = Mapping[str, str]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package's sources that may be changed."""
    folder = tmp_path / "harness"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__", "shipped_suites"))
    return folder


def digests(folder: Path, kinds: Mapping[str, tuple[str, ...]] = KINDS, **known: Path) -> dict[str, str]:
    """The digest of each kind in a copy."""
    package = Package(folder, **known)
    return {kind: package.digest(roots) for kind, roots in kinds.items()}


def test_a_change_of_any_source_moves_the_digest_of_every_kind_that_rests_on_it_and_of_no_other(copy: Path) -> None:
    """One file after another, by a statement that does nothing."""
    memory = copy.parent / "memory.json"
    before = digests(copy, memory=memory)
    for module in ALL:
        file = Package(copy).modules[module]
        text = file.read_text(encoding="utf-8")
        file.write_text(text + "CHANGED = True\n", encoding="utf-8")
        after = digests(copy, memory=memory)
        file.write_text(text, encoding="utf-8")
        moved = {kind for kind in KINDS if after[kind] != before[kind]}
        assert moved == {kind for kind in KINDS if module in SOURCES[kind]}, module
    assert digests(copy) == before


def test_what_the_list_by_hand_forgot_is_a_source() -> None:
    """The update rule decides what `measure` verifies it by; what fine-tuning takes over stands in `checkpoint`."""
    assert {"harness.jobs.training.sgd", "harness.jobs.training.optimiser", "harness.jobs.randomness"} <= set(
        SOURCES["measure"]
    )
    assert all("harness.jobs.checkpoint" in SOURCES[kind] for kind in ("train", "evaluate", "probe", "inspect"))


def test_every_function_that_a_registry_names_is_in_the_sources() -> None:
    """They are imported by their names, which no import statement shows."""
    assert {entry.runs.split(":")[0] for entry in MEASURES.values()} <= set(SOURCES["measure"])
    assert {entry.runs.split(":")[0] for entry in INSPECTIONS.values()} <= set(SOURCES["inspect"])
    assert all(root.split(":")[0] in SOURCES[kind] for kind, roots in KINDS.items() for root in roots)


def test_nobody_else_imports_by_a_name_that_is_made_up_as_it_runs() -> None:
    """And the registries, which do, write each name in full, so that it is found.

    A net that is said in torch names its module too, whose digest stands in the job's own spec.
    """
    registries = {"harness.jobs": JOBS, "harness.jobs.measures": MEASURES, "harness.jobs.inspections": INSPECTIONS}
    texts = {module: file.read_text(encoding="utf-8") for module, file in HERE.modules.items()}
    lazy = re.compile(r"import_module\(|__import__\(|run_module\(")
    assert {module for module, text in texts.items() if lazy.search(text)} == {
        *registries,
        "harness.models.layers.torch_module",
    }
    for registry, table in registries.items():
        assert all(f'"{entry.runs}"' in texts[registry] for entry in table.values())


def test_every_exception_is_of_a_module_that_would_be_a_source_and_has_a_reason() -> None:
    """None is left over from a module that is gone."""
    assert EXCEPTED.keys() <= HERE.modules.keys()
    assert all(len(reason.split()) > 4 for reason in EXCEPTED.values())
    without = Package(PACKAGE, excepted={})
    reached = set().union(*map(without.sources, KINDS.values()))
    assert EXCEPTED.keys() <= reached


def test_a_change_of_another_file_moves_no_digest(copy: Path) -> None:
    """A page's colour makes no result stale, nor does how far a job is told to be."""
    before = digests(copy)
    for module, file in Package(copy).modules.items():
        if module not in ALL:
            file.write_text(file.read_text(encoding="utf-8") + "CHANGED = True\n", encoding="utf-8")
    assert digests(copy) == before


def test_comments_and_docstrings_move_no_digest(copy: Path) -> None:
    """Of any file, in any of its functions."""
    before = digests(copy)
    for file in copy.rglob("*.py"):
        said = r'\1# A comment.\n\1"""In other words: '
        text = re.sub(r'^( *)"""(?=\w)', said, file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        file.write_text(text + "\n# The end.\n", encoding="utf-8")
    train = HERE.modules[KINDS["train"][0].partition(":")[0]].relative_to(PACKAGE)
    assert "In other words" in (copy / train).read_text(encoding="utf-8")
    assert digests(copy) == before


MOVES = {
    "harness.jobs.metrics": "harness.jobs.scores",
    "harness.jobs.recipe": "harness.jobs.training.recipe",
    "harness.jobs.training.train": "harness.jobs.training.loop",
    "harness.jobs.measures.job": "harness.jobs.quantities",
    "harness.models.rectifier": "harness.models.units",
    "harness.data.sets.digits": "harness.data.handwritten",
    "harness.errors": "harness.store.errors",
    "harness.store.store": "harness.store.folders",
}
"""Among them the module of a kind's own function, one that a package's file imports, and two that are excepted."""


def moved(folder: Path, moves: Mapping[str, str]) -> Callable[[str], str]:
    """Move modules of a copy, and write their new paths wherever the old ones stood; gives what does so in a text."""
    paths = "|".join(re.escape(path) for path in sorted(moves, key=len, reverse=True))
    pattern = re.compile(rf"\b(?:{paths})\b(?!\.\w)")
    for old, new in moves.items():
        (folder.parent / f"{old.replace('.', '/')}.py").rename(folder / "moving")
        target = folder.parent / f"{new.replace('.', '/')}.py"
        target.parent.mkdir(exist_ok=True)
        for above in target.relative_to(folder).parents[:-1]:
            if not (folder / above / "__init__.py").exists():
                (folder / above / "__init__.py").write_text('"""A new room."""\n')
        (folder / "moving").rename(target)

    def rewritten(text: str) -> str:
        return pattern.sub(lambda found: moves[found[0]], text)

    for file in folder.rglob("*.py"):
        file.write_text(rewritten(file.read_text(encoding="utf-8")), encoding="utf-8")
    return rewritten


def sorted_imports(text: str) -> str:
    """A text with the imports of the package that stand together on lines of their own sorted by their paths."""
    lines = text.splitlines(keepends=True)
    groups = groupby(lines, lambda line: re.match(r" *from harness\.[\w.]+ import [^(]+$", line) is not None)
    return "".join(line for own, group in groups for line in (sorted(group) if own else group))


def test_a_move_of_files_moves_no_digest(copy: Path) -> None:
    """Nor does another name of a module, a new folder, or the order of imports that a linter makes of it."""
    before = digests(copy)
    rewritten = moved(copy, MOVES)
    for file in copy.rglob("*.py"):
        file.write_text(sorted_imports(file.read_text(encoding="utf-8")), encoding="utf-8")
    kinds = {kind: tuple(map(rewritten, roots)) for kind, roots in KINDS.items()}
    assert kinds["train"] != KINDS["train"]
    package = Package(copy, {rewritten(path): reason for path, reason in EXCEPTED.items()})
    assert {kind: package.digest(roots) for kind, roots in kinds.items()} == before
    assert "harness.jobs.training.loop" in package.sources(kinds["train"])


def written(folder: Path, texts: Texts) -> Package:
    """A package of a few files."""
    for name, text in texts.items():
        path = folder / "tiny" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Package(folder / "tiny", excepted={})


A, B = "def f():\n    return 1\n", "def f():\n    return 2\n"
TINY = {"__init__.py": "", "job.py": "from tiny.a import f\ndef run():\n    return f()\n", "a.py": A, "b.py": B}


def digest(folder: Path, root: str = "tiny.job:run", **texts: str) -> str:
    """The digest of a tiny package, some of its files otherwise."""
    changed = {f"{name.replace('__', '/')}.py": text for name, text in texts.items()}
    return written(folder, TINY | changed).digest([root])


def test_the_same_name_from_another_module_moves_the_digest(tmp_path: Path) -> None:
    """Although the file differs in nothing but a path."""
    job = "from tiny.{} import f\nfrom tiny.{} import f as g\ndef run():\n    return f()\n"
    one = digest(tmp_path / "one", job=job.format("a", "b"))
    assert digest(tmp_path / "other", job=job.format("b", "a")) != one


def test_a_module_that_is_imported_as_a_whole_is_a_source(tmp_path: Path) -> None:
    """By whatever statement, in whatever function."""
    for number, statement in enumerate(
        ("from tiny import a", "import tiny.a", "import tiny.a as a", "from . import a")
    ):
        job = f"def run():\n    {statement}\n    return a.f()\n"
        assert "tiny.a" in written(tmp_path / str(number), TINY | {"job.py": job}).sources(["tiny.job:run"])


def test_a_package_on_the_way_is_a_source(tmp_path: Path) -> None:
    """It is run before the module that is asked for."""
    texts = TINY | {"job.py": "from tiny.room.a import f\n", "room/__init__.py": "X = 1\n", "room/a.py": A}
    package = written(tmp_path, texts)
    assert package.sources(["tiny.job:run"]) == ["tiny", "tiny.job", "tiny.room", "tiny.room.a"]


def test_circles_end(tmp_path: Path) -> None:
    """Two files that import each other are both sources, and a change of either shows."""
    circle = {"a": "from tiny.b import g\nf = 1\n", "b": "def g():\n    from tiny.a import f\n    return f\n"}
    one = digest(tmp_path / "one", **circle)
    assert digest(tmp_path / "two", **circle) == one
    assert digest(tmp_path / "three", **circle | {"b": circle["b"] + "x = 1\n"}) != one


def test_another_function_of_the_same_module_has_another_digest(tmp_path: Path) -> None:
    """It does other work."""
    assert digest(tmp_path, "tiny.job:run") != digest(tmp_path, "tiny.job:rerun")


def test_a_string_that_leads_to_no_module_counts_as_it_is(tmp_path: Path) -> None:
    """`harness.toml` is a file."""
    job = "FILE = 'tiny.{}'\n"
    assert digest(tmp_path / "one", job=job.format("toml")) != digest(tmp_path / "two", job=job.format("json"))


def test_kinds_with_other_sources_have_other_digests() -> None:
    """Training's code is more than that of testing."""
    assert len({code_digest(kind) for kind in JOBS}) == len(JOBS)


def test_the_digest_is_the_same_wherever_the_package_lies(copy: Path) -> None:
    """No path of the machine is in it, and compiled files do not count."""
    (copy / "models" / "__pycache__").mkdir()
    (copy / "models" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert digests(copy) == {kind: code_digest(kind) for kind in JOBS}


def test_reading_code_imports_none_of_it() -> None:
    """Neither torch nor any job."""
    said = "import sys; from harness.jobs.code import code_digest; code_digest('train'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert not {"torch", "numpy", "harness.jobs.training.train", "harness.models"} & set(done.stdout.split())


def test_code_of_today_and_code_that_gives_the_same_bits_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is, and a digest cut too short is nobody's."""
    today = code_digest("train")
    monkeypatch.setattr(code, "same_code", lambda kind, one: {one, "a" * 64} if kind == "train" else {one})
    assert is_current("train", today)
    assert is_current("train", today[:12])
    assert is_current("train", "a" * 64)
    assert not is_current("evaluate", "a" * 64)
    assert not is_current("train", "b" * 64)
    assert not is_current("train", today[:11])
    assert not is_current("train", "")
