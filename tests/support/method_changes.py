"""Changes of method, one at a time: the source text that each replaces, and the test or probe that must notice.

They stand in `tests/method_changes/`, one file for each category. A change is applied while its module is imported, in
a separate process; no file is changed.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "method_changes"
PACKAGE = "harness"


class NotFound(Exception):
    """The text that a change replaces is missing from its file, or occurs more than once."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of method."""

    says: str
    category: str
    file: str
    """Path below the package."""
    old: str
    new: str
    caught_by: str
    """A test, as pytest names it, below `tests`; or `check SUITE GLOB`, a probe of the committed baseline."""

    @property
    def module(self) -> str:
        """The dotted name of its module."""
        parts = [PACKAGE, *Path(self.file).with_suffix("").parts]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def command(self) -> list[str]:
        """Return the arguments that run the test or probe: those of pytest, or those of the program after `check`."""
        kind, *rest = self.caught_by.split(" ")
        return ["check", *rest] if kind == "check" else ["pytest", f"tests/{self.caught_by}"]

    def applied(self) -> str:
        """Return the changed source of its module; raises NotFound where the replaced text is not unique."""
        source = (ROOT / PACKAGE / self.file).read_text(encoding="utf-8")
        if (times := source.count(self.old)) != 1:
            raise NotFound(f"{self.says}: {times} places in {PACKAGE}/{self.file} read {self.old!r}")
        return source.replace(self.old, self.new)


@functools.cache
def changes() -> list[Change]:
    """Return all changes, in the order of the files."""
    return [change for path in sorted(FOLDER.glob("*.yaml")) for change in changes_in(path)]


def changes_in(path: Path) -> Iterator[Change]:
    """Yield the changes of one file, whose entries are grouped by the source file."""
    groups: dict[str, list[dict[str, str]]] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    for file, entries in groups.items():
        for entry in entries:
            yield Change(category=path.stem, file=file, **entry)


class Applying(importlib.abc.MetaPathFinder):
    """Imports one module with a change."""

    def __init__(self, change: Change) -> None:
        assert change.module not in sys.modules, "imported already, without the change"
        self.change, self.source = change, change.applied()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the module's spec with the changing loader; None for every other module."""
        if fullname != self.change.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.origin is not None
        assert Path(spec.origin).samefile(ROOT / PACKAGE / self.change.file), spec.origin
        spec.loader = _Changed(fullname, spec.origin, self)
        return spec


class _Changed(importlib.machinery.SourceFileLoader):
    """Compiles the changed source and ignores the bytecode of the unchanged one."""

    def __init__(self, name: str, path: str, applying: Applying) -> None:
        super().__init__(name, path)
        self._applying = applying

    def get_code(self, _fullname: str) -> CodeType:
        """Return the code of the changed module."""
        return compile(self._applying.source, self.path, "exec", dont_inherit=True)


def digest_of(change: Change) -> str:
    """Return a digest of everything that decides whether a change is caught: change, program, tests and suites."""
    whole = hashlib.sha256(repr(change).encode())
    whole.update(code_digest().encode())
    return whole.hexdigest()


_digests: list[str] = []


def code_digest() -> str:
    """Return a digest of the program, its suites, baselines and tests, without the changes themselves."""
    if not _digests:
        whole = hashlib.sha256()
        for path in sorted(_files()):
            whole.update(f"{path.relative_to(ROOT)} ".encode() + path.read_bytes())
        _digests.append(whole.hexdigest())
    return _digests[0]


def _files() -> Iterator[Path]:
    for folder, pattern in ((PACKAGE, "*.py"), ("tests", "*.py"), ("suites", "*.yaml"), ("reports/baselines", "*")):
        yield from (path for path in (ROOT / folder).rglob(pattern) if path.is_file())


def table(rows: Sequence[Any]) -> str:
    """Format one line per change: category, description, outcome, and the test that caught it."""
    widths = [max((len(str(row[place])) for row in rows), default=0) for place in range(3)]
    return "\n".join(
        "  ".join([*(str(cell).ljust(width) for cell, width in zip(row, widths, strict=False)), str(row[3])])
        for row in rows
    )
