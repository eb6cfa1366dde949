"""What installed packages add to this program: the entry points that they declare, looked up by name.

A package declares its nets, data sets, measurements, inspections and papers in its `pyproject.toml`, one group each:

    [project.entry-points."paper_harness.models"]
    mine = "mine_paper.nets:Mine"

Looking up reads what is declared and imports nothing; `Entry.load` imports the one module that is asked for. The
project in whose folder the program is started counts as installed, by its `pyproject.toml`: who writes it tries it so.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from harness.errors import UsageError

Group = Literal["models", "datasets", "measures", "inspections", "papers"]
GROUPS: tuple[Group, ...] = get_args(Group)

PREFIX = "paper_harness."
"""Of every group, in a package's own declarations."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a package adds, as it is declared."""

    group: Group
    name: str
    value: str
    """`module:object`; of a paper, the package beside or inside of which its suites lie."""
    distribution: str
    version: str
    project: Path | None = field(default=None, compare=False)
    """The folder of the project where it is not installed."""

    @property
    def package(self) -> str:
        """The package at the top of its module's path."""
        return self.value.partition(":")[0].partition(".")[0]

    def __str__(self) -> str:
        return f"{self.group} {self.name} = {self.value!r} of {self.distribution} {self.version}"

    def load(self) -> Any:
        """The object itself; raises UsageError where it cannot be imported."""
        from importlib.metadata import EntryPoint  # noqa: PLC0415 - who names nothing does without it

        self._reach()
        try:
            return EntryPoint(self.name, self.value, PREFIX + self.group).load()
        except Exception as error:  # an import runs whatever the package does, and may fail in any way
            why = f"{type(error).__name__}: {error}"
            raise UsageError(f"the entry point {self} cannot be imported ({why}); mend the package") from error

    def source(self) -> Path:
        """The folder of its package, or the file of its single module; raises UsageError where there is none."""
        self._reach()
        found = importlib.util.find_spec(self.package)
        if found is None or not (found.submodule_search_locations or found.origin):
            raise UsageError(f"the entry point {self} leads to no module {self.package!r}; mend the package")
        places = list(found.submodule_search_locations or ())
        return Path(places[0] if places else str(found.origin))

    def _reach(self) -> None:
        """Let a project that is not installed be imported from its folder."""
        if self.project is not None and str(self.project) not in sys.path:
            sys.path.insert(0, str(self.project))


def entries() -> tuple[Entry, ...]:
    """Everything that is declared here and now, by group and name."""
    try:
        here = Path.cwd()
    except OSError:  # a folder that is gone declares nothing
        here = None
    return _entries(here, tuple(sys.path))


def find(group: Group, name: str) -> Entry | None:
    """What adds this name to a group, if anything does; raises UsageError where two packages do."""
    found = [entry for entry in entries() if (entry.group, entry.name) == (group, name)]
    if len(found) > 1:
        raise UsageError(f"two packages add {name!r} to the {group}: {found[0]}, and {found[1]}; uninstall one of them")
    return found[0] if found else None


def names(group: Group) -> list[str]:
    """The names that packages add to a group."""
    return sorted({entry.name for entry in entries() if entry.group == group})


def named_in(data: Any, key: str = "") -> Iterator[tuple[Group, str]]:
    """Every name in a suite, or in the spec of a job, that may be of a registry; `key` is what the data stand under."""
    if isinstance(data, list):
        for one in data:
            yield from named_in(one, key)
    elif isinstance(data, dict):
        for below, value in data.items():
            yield from _named(below, value, key)
            yield from named_in(value, below)


def _named(key: object, value: object, above: str) -> Iterator[tuple[Group, str]]:
    match key, value:
        case "name", str():
            yield ("datasets" if above == "data" else "models"), value
        case "data", str():
            yield "datasets", value
        case "what", str():
            yield "measures", value
            yield "inspections", value


def sources() -> list[Path]:
    """The folder or file of every package that adds something, but for those that are not there."""
    found: set[Path] = set()
    for entry in entries():
        with suppress(UsageError):  # which is told to who names what it adds
            found.add(entry.source())
    return sorted(found)


def versions(used: Iterable[Entry]) -> dict[str, str]:
    """The distributions that some of these come from, with their versions."""
    return {entry.distribution: entry.version for entry in sorted(used, key=lambda entry: entry.distribution)}


_IN_USE: ContextVar[frozenset[Entry]] = ContextVar("entry points of the job at hand", default=frozenset())


@contextmanager
def using(used: Iterable[Entry]) -> Iterator[None]:
    """Within it, code is that of a job that uses these."""
    before = _IN_USE.set(frozenset(used))
    try:
        yield
    finally:
        _IN_USE.reset(before)


def in_use() -> frozenset[Entry]:
    """What the job at hand uses of other packages."""
    return _IN_USE.get()


def reread() -> None:
    """Forget what is declared, where files that declare it were written just now."""
    _entries.cache_clear()
    importlib.invalidate_caches()


@cache
def _entries(here: Path | None, path: tuple[str, ...]) -> tuple[Entry, ...]:
    own = [] if here is None else list(_of_project(here))
    projects = {_normalised(entry.distribution) for entry in own}
    declared = _of_distributions() if any(map(_declares_any, path)) else ()
    installed = (entry for entry in declared if _normalised(entry.distribution) not in projects)
    return tuple(sorted((*own, *installed), key=lambda entry: (entry.group, entry.name, entry.distribution)))


def _normalised(distribution: str) -> str:
    return distribution.lower().replace("-", "_").replace(".", "_")


def _declares_any(place: str) -> bool:
    """Whether a distribution installed in a folder of the path may add anything; `importlib.metadata` takes 30 ms."""
    files = Path(place or ".").glob("*.*-info/entry_points.txt")
    return any(PREFIX.encode() in _content(file) for file in files)


def _content(file: Path) -> bytes:
    """What stands in a file, nothing where it may not be read."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _of_distributions() -> Iterator[Entry]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - where nothing is declared it is spared

    for group in GROUPS:
        for one in entry_points(group=PREFIX + group):
            name, version = (one.dist.name, one.dist.version) if one.dist is not None else ("unknown", "")
            yield Entry(group, one.name, one.value, name, version)


def _of_project(here: Path) -> Iterator[Entry]:
    """What the project of this folder declares; raises UsageError for a file that cannot be read."""
    file = here / "pyproject.toml"
    if PREFIX.encode() not in _content(file):
        return
    import tomllib  # noqa: PLC0415 - few folders declare anything

    try:
        project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: cannot be read ({error})") from None
    declared = project.get("entry-points", {}) if isinstance(project, dict) else None
    if not isinstance(declared, dict) or not all(
        isinstance(declared.get(PREFIX + group, {}), dict) for group in GROUPS
    ):
        raise UsageError(f'{file}: entry points are tables, such as [project.entry-points."{PREFIX}models"]')
    name, version = str(project.get("name", here.name)), str(project.get("version", "not installed"))
    folder = here / "src" if (here / "src").is_dir() else here
    for group in GROUPS:
        for key, value in declared.get(PREFIX + group, {}).items():
            yield Entry(group, key, str(value), name, version, folder)
