"""Tests of the digests of code: which change of a file moves the digest of which kind."""

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
    """Return a copy of the package's sources to change."""
    folder = tmp_path / "harness"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__", "shipped_suites"))
    return folder


def digests(folder: Path, kinds: Mapping[str, tuple[str, ...]] = KINDS, **known: Path) -> dict[str, str]:
    """Return the digest of each kind in a copy."""
    package = Package(folder, **known)
    return {kind: package.digest(roots) for kind, roots in kinds.items()}


SHARES = [pytest.param(share, marks=pytest.mark.nightly if share else ()) for share in range(10)]


@pytest.mark.parametrize("share", SHARES)
def test_a_change_of_any_source_moves_the_digest_of_every_kind_that_rests_on_it_and_of_no_other(
    copy: Path, share: int
) -> None:
    """Adding a statement to any source moves the digests of exactly the kinds that depend on it.

    The quick run changes every tenth source, the nightly run the others.
    """
    memory = copy.parent / "memory.json"
    before = digests(copy, memory=memory)
    for module in ALL[share::10]:
        file = Package(copy).modules[module]
        text = file.read_text(encoding="utf-8")
        file.write_text(text + "CHANGED = True\n", encoding="utf-8")
        after = digests(copy, memory=memory)
        file.write_text(text, encoding="utf-8")
        moved = {kind for kind in KINDS if after[kind] != before[kind]}
        assert moved == {kind for kind in KINDS if module in SOURCES[kind]}, module
    assert digests(copy) == before


def test_what_the_list_by_hand_forgot_is_a_source() -> None:
    """The update rule is a source of `measure`, and `checkpoint` of `train`."""
    assert {"harness.jobs.training.sgd", "harness.jobs.training.optimiser", "harness.jobs.randomness"} <= set(
        SOURCES["measure"]
    )
    assert all("harness.jobs.checkpoint" in SOURCES[kind] for kind in ("train", "evaluate", "probe", "inspect"))


def test_every_function_that_a_registry_names_is_in_the_sources() -> None:
    """Functions that registries name as strings are sources too."""
    assert {entry.runs.split(":")[0] for entry in MEASURES.values()} <= set(SOURCES["measure"])
    assert {entry.runs.split(":")[0] for entry in INSPECTIONS.values()} <= set(SOURCES["inspect"])
    assert all(root.split(":")[0] in SOURCES[kind] for kind, roots in KINDS.items() for root in roots)


def test_nobody_else_imports_by_a_name_that_is_made_up_as_it_runs() -> None:
    """No module imports by a name built at run time, which the closure could not see.

    Registries import by name, but write each name in full. A `TorchModule` names a module whose digest is part of the
    job's spec.
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
    """Every excepted module exists, would otherwise be a source, and has a reason."""
    assert EXCEPTED.keys() <= HERE.modules.keys()
    assert all(len(reason.split()) > 4 for reason in EXCEPTED.values())
    without = Package(PACKAGE, excepted={})
    reached = set().union(*map(without.sources, KINDS.values()))
    assert EXCEPTED.keys() <= reached


def test_a_change_of_another_file_moves_no_digest(copy: Path) -> None:
    """Changing a page's colour or a progress message moves no digest."""
    before = digests(copy)
    for module, file in Package(copy).modules.items():
        if module not in ALL:
            file.write_text(file.read_text(encoding="utf-8") + "CHANGED = True\n", encoding="utf-8")
    assert digests(copy) == before


def test_comments_and_docstrings_move_no_digest(copy: Path) -> None:
    """Comments and docstrings, in any function of any file, move no digest."""
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
"""Moves that include the module of a kind's function, one imported by a package's file, and two excepted ones."""


def moved(folder: Path, moves: Mapping[str, str]) -> Callable[[str], str]:
    """Move modules of a copy and write their new paths everywhere; return the function that rewrites a text."""
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
    """Sort the consecutive one-line imports of the package in a text by path."""
    lines = text.splitlines(keepends=True)
    groups = groupby(lines, lambda line: re.match(r" *from harness\.[\w.]+ import [^(]+$", line) is not None)
    return "".join(line for own, group in groups for line in (sorted(group) if own else group))


def test_a_move_of_files_moves_no_digest(copy: Path) -> None:
    """Moving and renaming modules moves no digest, nor does the new order of imports."""
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
    """Write a package of a few files."""
    for name, text in texts.items():
        path = folder / "tiny" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Package(folder / "tiny", excepted={})


A, B = "def f():\n    return 1\n", "def f():\n    return 2\n"
TINY = {"__init__.py": "", "job.py": "from tiny.a import f\ndef run():\n    return f()\n", "a.py": A, "b.py": B}


def digest(folder: Path, root: str = "tiny.job:run", **texts: str) -> str:
    """Return the digest of a tiny package with some files replaced."""
    changed = {f"{name.replace('__', '/')}.py": text for name, text in texts.items()}
    return written(folder, TINY | changed).digest([root])


def test_the_same_name_from_another_module_moves_the_digest(tmp_path: Path) -> None:
    """Importing the same name from another module moves the digest."""
    job = "from tiny.{} import f\nfrom tiny.{} import f as g\ndef run():\n    return f()\n"
    one = digest(tmp_path / "one", job=job.format("a", "b"))
    assert digest(tmp_path / "other", job=job.format("b", "a")) != one


def test_a_module_that_is_imported_as_a_whole_is_a_source(tmp_path: Path) -> None:
    """A module imported as a whole is a source, by any statement in any function."""
    for number, statement in enumerate(
        ("from tiny import a", "import tiny.a", "import tiny.a as a", "from . import a")
    ):
        job = f"def run():\n    {statement}\n    return a.f()\n"
        assert "tiny.a" in written(tmp_path / str(number), TINY | {"job.py": job}).sources(["tiny.job:run"])


def test_a_package_on_the_way_is_a_source(tmp_path: Path) -> None:
    """A package above an imported module is a source, because Python runs it first."""
    texts = TINY | {"job.py": "from tiny.room.a import f\n", "room/__init__.py": "X = 1\n", "room/a.py": A}
    package = written(tmp_path, texts)
    assert package.sources(["tiny.job:run"]) == ["tiny", "tiny.job", "tiny.room", "tiny.room.a"]


def test_circles_end(tmp_path: Path) -> None:
    """Circular imports end, and a change of either file moves the digest."""
    circle = {"a": "from tiny.b import g\nf = 1\n", "b": "def g():\n    from tiny.a import f\n    return f\n"}
    one = digest(tmp_path / "one", **circle)
    assert digest(tmp_path / "two", **circle) == one
    assert digest(tmp_path / "three", **circle | {"b": circle["b"] + "x = 1\n"}) != one


def test_another_function_of_the_same_module_has_another_digest(tmp_path: Path) -> None:
    """Another function of the same module has another digest."""
    assert digest(tmp_path, "tiny.job:run") != digest(tmp_path, "tiny.job:rerun")


def test_a_string_that_leads_to_no_module_counts_as_it_is(tmp_path: Path) -> None:
    """A string such as `harness.toml` that names no module counts as it is."""
    job = "FILE = 'tiny.{}'\n"
    assert digest(tmp_path / "one", job=job.format("toml")) != digest(tmp_path / "two", job=job.format("json"))


def test_kinds_with_other_sources_have_other_digests() -> None:
    """Training and testing have different digests."""
    assert len({code_digest(kind) for kind in JOBS}) == len(JOBS)


def test_the_digest_is_the_same_wherever_the_package_lies(copy: Path) -> None:
    """The digest does not depend on the package's folder or on compiled files."""
    (copy / "models" / "__pycache__").mkdir()
    (copy / "models" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert digests(copy) == {kind: code_digest(kind) for kind in JOBS}


def test_reading_code_imports_none_of_it() -> None:
    """Computing digests imports neither torch nor any job."""
    said = "import sys; from harness.jobs.code import code_digest; code_digest('train'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert not {"torch", "numpy", "harness.jobs.training.train", "harness.models"} & set(done.stdout.split())


def test_code_of_today_and_code_that_gives_the_same_bits_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digests of today's code and of equal code are current; others and too short ones are not."""
    today = code_digest("train")
    monkeypatch.setattr(code, "same_code", lambda kind, one: {one, "a" * 64} if kind == "train" else {one})
    assert is_current("train", today)
    assert is_current("train", today[:12])
    assert is_current("train", "a" * 64)
    assert not is_current("evaluate", "a" * 64)
    assert not is_current("train", "b" * 64)
    assert not is_current("train", today[:11])
    assert not is_current("train", "")
