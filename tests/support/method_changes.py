"""Changes of method, one a time: what each replaces in the source, and the test or probe that has to notice.

They stand in `tests/method_changes/`, a file a category. A change is applied while its module is imported, in a process
of its own; no file is touched.
"""

from __future__ import annotations

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
    """What a change replaces is not in its file, or is there more than once."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of method."""

    says: str
    category: str
    file: str
    """Below the package."""
    old: str
    new: str
    caught_by: str
    """A test, as pytest names it, below `tests`; or `check SUITE GLOB`, a probe of the committed baseline."""

    @property
    def module(self) -> str:
        """The name that its module is imported by."""
        parts = [PACKAGE, *Path(self.file).with_suffix("").parts]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def command(self) -> list[str]:
        """What runs the test or the probe: the arguments of pytest, or of the program after `check`."""
        kind, *rest = self.caught_by.split(" ")
        return ["check", *rest] if kind == "check" else ["pytest", f"tests/{self.caught_by}"]

    def applied(self) -> str:
        """The source of its module with the change in it; raises NotFound unless that is clear."""
        source = (ROOT / PACKAGE / self.file).read_text(encoding="utf-8")
        if (times := source.count(self.old)) != 1:
            raise NotFound(f"{self.says}: {times} places in {PACKAGE}/{self.file} read {self.old!r}")
        return source.replace(self.old, self.new)


def changes() -> list[Change]:
    """All of them, in the order of the files."""
    return [change for path in sorted(FOLDER.glob("*.yaml")) for change in changes_in(path)]


def changes_in(path: Path) -> Iterator[Change]:
    """Those of one file; its entries are grouped by the file that they change."""
    groups: dict[str, list[dict[str, str]]] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    for file, entries in groups.items():
        for entry in entries:
            yield Change(category=path.stem, file=file, **entry)


class Applying(importlib.abc.MetaPathFinder):
    """Imports one module with a change in it."""

    def __init__(self, change: Change) -> None:
        assert change.module not in sys.modules, "imported already, without the change"
        self.change, self.source = change, change.applied()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's place with a loader of our own; None for every other module."""
        if fullname != self.change.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.origin is not None
        assert Path(spec.origin).samefile(ROOT / PACKAGE / self.change.file), spec.origin
        spec.loader = _Changed(fullname, spec.origin, self)
        return spec


class _Changed(importlib.machinery.SourceFileLoader):
    """Compiles the changed source, and reads no bytecode of the unchanged one."""

    def __init__(self, name: str, path: str, applying: Applying) -> None:
        super().__init__(name, path)
        self._applying = applying

    def get_code(self, _fullname: str) -> CodeType:
        """The code of the module."""
        return compile(self._applying.source, self.path, "exec", dont_inherit=True)


def digest_of(change: Change) -> str:
    """A digest of all that decides whether a change is caught: itself, the program, the tests and the suites."""
    whole = hashlib.sha256(repr(change).encode())
    whole.update(code_digest().encode())
    return whole.hexdigest()


_digests: list[str] = []


def code_digest() -> str:
    """Of every file of the program, its suites, its baselines and its tests, but the changes themselves."""
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
    """A line a change: category, what it is, what came of it and what it was caught by."""
    widths = [max((len(str(row[place])) for row in rows), default=0) for place in range(3)]
    return "\n".join(
        "  ".join([*(str(cell).ljust(width) for cell, width in zip(row, widths, strict=False)), str(row[3])])
        for row in rows
    )
