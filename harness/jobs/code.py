"""The source code behind each kind of job: which modules belong to it, and one digest over them.

A result is stale when the digest of its kind has changed. The sources of a kind are the closure of its imports, read
from syntax trees without importing anything. The closure starts at the module that does the work. It follows every
import, at module level or inside functions; the `__init__` of each package on the way; and every string that names a
module of the package, as registries do. Modules in `EXCEPTED` are left out.

The digest of a file covers its syntax (`harness.jobs.syntax`). Each path of a module of this package is replaced by the
digest of that module's syntax. So comments, docstrings and moved files do not change the digest. Importing a name from
a different module does change it. Circular imports do no harm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import harness
from harness.errors import UsageError
from harness.jobs import JOBS
from harness.jobs.same_code import earliest, same_code
from harness.jobs.syntax import Import, Syntax, syntax_of
from harness.jobs.syntax_memory import Memory
from harness.machine.cache import cache_folder
from harness.machine.entry_points import Entry, in_use

PACKAGE = Path(harness.__file__).parent

SHORTENED = 12
"""Number of leading letters of a digest that a checkpoint keeps."""

EXCEPTED: dict[str, str] = {
    "harness": "holds the version of the program; a release is no other code",
    "harness.jobs.code": "says which results count as current, and makes none",
    "harness.store.documents": "writes JSON, and reads back what was written or nothing, by its seal",
    "harness.machine.environment": "describes a machine for the record; a timing compares its name",
    "harness.data.locate": "finds the folder of a data set; other data than a result is from have another fingerprint",
    "harness.errors": "names the errors; a job that raises one has no result",
    "harness.machine.instructions": "names the instruction sets of a processor for the record",
    "harness.jobs": "lists the kinds; the digest has a kind's own modules, its key has the version",
    "harness.store.locks": "keeps two processes out of one folder",
    "harness.progress": "tells people how far a job is",
    "harness.machine.relay": "tells people how far a job is that several processes share",
    "harness.machine.runtime": "holds what is asked of the machine; what of it moves a number stands in the result",
    "harness.stop_signal": "remembers a signal; a job that is stopped has no result",
    "harness.store.store": "names the files of a job and writes them whole; a result holds their digests",
}
"""Modules that change no number of a result, each with the reason; modules that only these import are left out too."""


@dataclass(frozen=True)
class Package:
    """The source files of a Python package, in a folder that has its name, or the file of a module by itself."""

    folder: Path
    excepted: Mapping[str, str] = field(default_factory=lambda: EXCEPTED)
    memory: Path | None = None
    """Path of a file that caches the syntax of source files by content; None caches nothing on disk."""
    _syntax: dict[str, Syntax] = field(default_factory=dict, init=False, repr=False, compare=False)
    _nexts: dict[str, set[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _digests: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def modules(self) -> dict[str, Path]:
        """Files of all modules of the package, by dotted path."""
        if self.folder.is_file():
            return {self.folder.stem: self.folder}
        return {_dotted(file, self.folder): file for file in sorted(self.folder.rglob("*.py"))}

    @cached_property
    def _known(self) -> Memory:
        return Memory(self.memory)

    def sources(self, roots: Iterable[str]) -> list[str]:
        """Return the sorted modules that the code of the `module:function` strings `roots` depends on.

        Raises KeyError if one of them does not exist.
        """
        found: set[str] = set()
        waiting = [root.partition(":")[0] for root in roots]
        while waiting:
            module = waiting.pop()
            if module in found or module in self.excepted:
                continue
            found.add(module)
            waiting += self._next(module)
        return sorted(found)

    def digest(self, roots: Iterable[str]) -> str:
        """Return the sha256, in hexadecimal, of the code that the `module:function` strings `roots` depend on."""
        roots = list(roots)
        files = {self._digest(module) for module in self.sources(roots) if not self.syntax(module).empty}
        begun = sorted(f"{self._digest(module)}:{name}" for module, name in (root.split(":") for root in roots))
        self._known.save()
        return _sha256([*begun, *sorted(files)])

    def taken_of(self, other: Package, roots: Iterable[str]) -> list[str]:
        """The modules of another package that the code of such strings rests on."""
        found: set[str] = set()
        for module in self.sources(roots):
            file = self.modules[module]
            is_package = file.name == "__init__.py"
            seen = syntax_of(file.read_bytes(), module, is_package=is_package, towards=other.folder.name)
            found |= other.meant(seen)
        return other.sources(found)

    def of_modules(self, modules: Iterable[str]) -> list[str]:
        """The digest of each of these files, in order of the digests."""
        return sorted(self._digest(module) for module in modules)

    def meant(self, found: Syntax) -> set[str]:
        """The modules here that the paths left blank in a file lead to, the packages on the way included."""
        named = {one.module for one in found.imports} | {f"{one.module}.{one.name}" for one in found.imports}
        return {above for path in {*found.strings, *named} for above in _on_the_way(path)} & self.modules.keys()

    def syntax(self, module: str) -> Syntax:
        """Return the syntax of a module's file. Raises SyntaxError if it is not valid Python."""
        if module not in self._syntax:
            file = self.modules[module]
            self._syntax[module] = self._known.syntax(file.read_bytes(), module, is_package=file.name == "__init__.py")
        return self._syntax[module]

    def _digest(self, module: str) -> str:
        """Return the digest of one file, in which the syntax of other modules stands in place of their paths."""
        if module not in self._digests:
            found = self.syntax(module)
            imports = sorted(f"{one.block} {self._label(one)}" for one in found.imports)
            strings = [self._label_of(path) for path in found.strings]
            self._digests[module] = _sha256([found.shape, *imports, "strings", *strings])
        return self._digests[module]

    def _next(self, module: str) -> set[str]:
        """Return the modules that importing `module` loads, inside its functions or at once."""
        if module not in self._nexts:
            above = self.modules.keys() & set(_on_the_way(module))
            self._nexts[module] = above | self.meant(self.syntax(module))
        return self._nexts[module]

    def _label(self, one: Import) -> str:
        """Return a label for an imported name: the digest of its module in place of the path, and the name.

        For an imported module, the label is its digest and the name that it is bound to.
        """
        if (path := f"{one.module}.{one.name}") in self.modules:
            return f"{self._label_of(path)}  {one.bound}"
        return f"{self._label_of(one.module)} {one.name} {one.bound}"

    def _label_of(self, path: str) -> str:
        """Return the digest of a module's syntax instead of its path; a path that is no module stays as written."""
        if path in self.excepted:
            return "excepted"
        return self.syntax(path).shape if path in self.modules else f"path {path}"


def _sha256(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _dotted(file: Path, folder: Path) -> str:
    """Return the dotted path of a source file."""
    parts = file.with_suffix("").parts[len(folder.parts) - 1 :]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _on_the_way(path: str) -> Iterator[str]:
    """Yield a dotted path and every package above it. Python imports all of them."""
    parts = path.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def roots_of(kind: str) -> tuple[str, ...]:
    """Return the `module:function` strings at which the work of a kind begins."""
    return (JOBS[kind].runs, *JOBS[kind].through)


@cache
def package() -> Package:
    """Return this package as it is on disk."""
    try:
        memory = cache_folder() / "syntax.json"
    except RuntimeError:  # the user has no home folder
        memory = None
    return Package(PACKAGE, memory=memory)


@cache
def _own_digest(kind: str) -> str:
    return package().digest(roots_of(kind))


@cache
def extension_digest(kind: str, entry: Entry) -> str:
    """sha256, hexadecimal, of the code that an entry point adds to that of a job kind.

    Raises UsageError where there is no Python source of it.
    """
    theirs, root = Package(entry.source(), excepted={}), entry.value
    try:
        beyond = set(theirs.taken_of(package(), [root])) - set(package().sources(roots_of(kind)))
        return _sha256([theirs.digest([root]), *package().of_modules(beyond)])
    except (KeyError, SyntaxError, ValueError) as error:
        raise UsageError(f"the code of the entry point {entry} cannot be read ({error}); mend the package") from None


def _extended(kind: str, digest: str) -> str:
    """The digest of the code of the job at hand, where its kind's own has this one."""
    used = in_use()
    return digest if not used else _sha256([digest, *sorted(extension_digest(kind, entry) for entry in used)])


def code_digest(kind: str) -> str:
    """sha256, hexadecimal, of the code that decides the results of a job kind.

    Within `entry_points.using`, of a job that uses these.
    """
    return _extended(kind, _own_digest(kind))


def lasting_digest(kind: str) -> str:
    """Return the digest of the earliest code that gives the same results as today's; it changes only if results may."""
    return _extended(kind, earliest(kind, _own_digest(kind)))


def is_current(kind: str, digest: str) -> bool:
    """Return whether results made by code with this digest count as made by today's code.

    They do if the digest is today's, or if `same_code.json` lists it as giving the same bits. `digest` may be shortened
    to `SHORTENED` letters or more.
    """
    if len(digest) < SHORTENED:
        return False
    return any(_extended(kind, one).startswith(digest) for one in same_code(kind, _own_digest(kind)))
