"""Where suites lie that have a name alone: those of this program, of installed packages, and of the folder here.

The program's own lie beside the package in a clone, inside it in an installed wheel, and so do those of a package whose
`paper_harness.papers` entry point names it. The folder `suites` here counts where it holds a paper.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from harness.errors import UsageError
from harness.machine.entry_points import Entry, entries
from harness.vocabulary import nearest

_PACKAGE = Path(__file__).parent.parent

LARGEST_FILE = 200_000
"""Bytes of a suite file; one is some kilobytes, and a parser should not be fed what nobody wrote."""


def shipped_suites() -> Path:
    """The folder of the shipped suites, which holds `papers/` too."""
    inside = _PACKAGE / "shipped_suites"
    return inside if inside.is_dir() else _PACKAGE.parent / "suites"


def suite_homes() -> Iterator[Path]:
    """Every folder of suites with a folder `papers` that is known, each once, the program's own first.

    Raises UsageError for an entry point of a paper that leads to none.
    """
    seen: set[Path] = set()
    for home in (shipped_suites(), *map(_home_of, _papers()), *_here()):
        if home.resolve() not in seen:
            seen.add(home.resolve())
            yield home


def paper_folders(suite: Path) -> Iterator[Path]:
    """The folders of papers that a suite file can be of: that beside it, then all others."""
    yield suite.parent / "papers"
    yield from (home / "papers" for home in suite_homes())


def _papers() -> list[Entry]:
    return [entry for entry in entries() if entry.group == "papers"]


def _home_of(entry: Entry) -> Path:
    source = entry.source()
    for home in (source / "suites", source.parent / "suites"):
        if (home / "papers" / entry.name / "paper.yaml").is_file():
            return home
    raise UsageError(f"the entry point {entry} has no suites/papers/{entry.name}/paper.yaml inside or beside {source}")


def _here() -> Iterator[Path]:
    """The folder `suites` here, where it holds a paper that the program has not: a clone of it adds nothing."""
    own = {file.parent.name for file in shipped_suites().glob("papers/*/paper.yaml")}
    if {file.parent.name for file in Path("suites").glob("papers/*/paper.yaml")} - own:
        yield Path("suites")


def suite_path(argument: str) -> Path:
    """The file an argument means: a path, or the bare name of a known suite.

    Raises UsageError when there is none, and for a name that two folders have.
    """
    path = Path(argument)
    if _is(Path.is_file, path):
        return path
    if argument in {path.stem, f"suites/{path.stem}.yaml", f"{path.stem}.yaml"}:
        found = [file for file in suite_files() if file.stem == path.stem]
        if len(found) > 1:
            raise UsageError(f"two suites are named {path.stem}: {found[0]} and {found[1]}; name one by its path")
        if found:
            return found[0]
    if _is(Path.is_dir, path):
        raise UsageError(f"{argument!r} is a folder; name a suite file")
    known = sorted({file.stem for file in suite_files()})
    close = difflib.get_close_matches(path.stem, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known) or 'none'}"
    raise UsageError(f"no suite file at {argument!r}{hint}")


def _is(kind: Callable[[Path], bool], path: Path) -> bool:
    """Whether a file or folder is there; a name that nothing can have, or a forbidden folder, holds none."""
    try:
        return kind(path)
    except OSError:
        return False


def suite_files(home: Path | None = None) -> list[Path]:
    """The files of the suites in one home, or in every one that is known, by name."""
    homes = suite_homes() if home is None else [home]
    return [file for folder in homes for file in sorted(folder.glob("*.yaml"))]


def paper_homes() -> dict[str, Path]:
    """The folder of each paper that is known, by its id; raises UsageError for an id that two folders have."""
    found: dict[str, Path] = {}
    for home in suite_homes():
        for folder in sorted(file.parent for file in home.glob("papers/*/paper.yaml")):
            if folder.name in found:
                raise UsageError(f"two papers are named {folder.name}: {found[folder.name]} and {folder}; rename one")
            found[folder.name] = folder
    return found


def papers_named(names: Collection[str]) -> dict[str, Path]:
    """The folders of these papers, or of all where none is named; raises UsageError with the nearest name there is."""
    known = paper_homes()
    for name in names:
        if name not in known:
            raise UsageError(f"no paper {name!r}{nearest(name, known)}")
    return {name: folder for name, folder in known.items() if not names or name in names}


def files_of(paper: str, folder: Path) -> list[Path]:
    """The suite files beside a paper's folder that say they are of it, by name."""
    says = re.compile(rf"""^paper: *['"]?{re.escape(paper)}['"]? *(#.*)?$""", re.MULTILINE)
    return [file for file in suite_files(folder.parent.parent) if says.search(file.read_text("utf-8", "replace"))]


def suite_names() -> set[str]:
    """The names of all suites that are known."""
    return {file.stem for file in suite_files()}


def shipped_names() -> list[str]:
    """The names of the shipped suites, in order."""
    return [path.stem for path in suite_files(shipped_suites())]


def suite_texts() -> dict[str, str]:
    """The file of each suite that is known, by the suite's name."""
    return {file.stem: file.read_text("utf-8") for file in suite_files()}
