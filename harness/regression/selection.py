"""Selection of suites, and of experiments, cells and claims within a suite, for a check."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from harness.errors import UsageError
from harness.suite.file import Suite


@dataclass(frozen=True, slots=True)
class Selection:
    """The experiments, cells and claims of one suite in a check; all of them without globs."""

    globs: tuple[str, ...]
    experiments: frozenset[str]
    cells: frozenset[str]
    claims: frozenset[str]

    @classmethod
    def of(cls, suite: Suite, globs: Sequence[str] = ()) -> Selection:
        """Select by globs over names of experiments and cells.

        A chosen experiment brings its cells, and a chosen cell its experiment. A claim is chosen where all its operands
        are.
        """
        file, cells = suite.file, suite.cells()
        if not globs:
            return cls((), frozenset(file.experiments), frozenset(c.id for c in cells), frozenset(file.claims))
        own = {name for name in file.experiments if _matches(name, globs)}
        made_of = {c.id: {place[0] for place in c.places} for c in cells}
        chosen = {name: of for name, of in made_of.items() if _matches(name, globs) or of & own}
        experiments = own.union(*chosen.values())
        about = {*chosen, *experiments}
        claims = {
            name
            for name, claim in file.claims.items()
            if claim.operands and all(operand in about or operand.split(".")[0] in about for operand in claim.operands)
        }
        return cls(tuple(globs), frozenset(experiments), frozenset(chosen), frozenset(claims))

    def __bool__(self) -> bool:
        return not self.globs or bool(self.experiments or self.cells)

    def wants(self, kind: str, name: str) -> bool:
        """Check whether an item of a snapshot is selected; an item that the suite has lost is matched by name."""
        if not self.globs:
            return True
        known = {"cell": self.cells, "claim": self.claims}.get(kind, self.experiments)
        experiment = name.split(".", maxsplit=1)[0] if kind == "probe" else name
        return experiment in known or _matches(experiment, self.globs)


def _matches(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def changed_since(paths: Iterable[Path], revision: str) -> list[Path]:
    """Return the suite files that differ from a git revision, or whose paper's files do.

    Raises UsageError where git or the revision is missing.
    """
    return [path for path in paths if _changed(path, revision)]


def _changed(path: Path, revision: str) -> bool:
    from harness.suite.load import load_suite  # noqa: PLC0415 - pydantic and a YAML parser are slow to import

    paper = path.parent / "papers" / load_suite(path).file.paper
    names = [path.name, f"papers/{paper.name}"]
    commit = _git(path.parent, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    differing = _git(path.parent, "diff", "--name-only", commit, "--", *names)
    untracked = _git(path.parent, "ls-files", "--others", "--exclude-standard", "--", *names)
    return bool(differing.strip() or untracked.strip())


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)  # noqa: S603 - no shell
    except FileNotFoundError:
        raise UsageError("--suites-changed-since needs git, which is not installed") from None
    except subprocess.SubprocessError as error:
        said = str(getattr(error, "stderr", "") or "no such revision").strip().splitlines()[0]
        raise UsageError(f"--suites-changed-since: git {arguments[0]} in {folder}: {said}") from None
    return done.stdout
