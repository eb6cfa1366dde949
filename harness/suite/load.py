"""The walk of a suite file: read, typed, its names checked, resolved; each stage reports all of its faults at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from harness.errors import SuiteError
from harness.strict import NAME_PATTERN
from harness.suite.check_names import check_names
from harness.suite.file import Citation, RecipesFile, Suite
from harness.suite.released import Released, released_file
from harness.suite.resolve_scales import resolve_scales
from harness.suite.shipped import paper_folders
from harness.suite.typed_yaml import Document, load_document, named_paper, typed_suite
from harness.suite.warrant_checks import check_warrants
from harness.suite.yaml_places import Located, read_yaml
from harness.vocabulary import nearest


def load_suite(path: Path) -> Suite:
    """Read one suite with its paper's files, for whatever needs more of it than its jobs.

    Raises SuiteError with one line for each fault of the first stage that finds any: faults of YAML and of types, in
    the suite and in its paper's files; then names that mean nothing; then what cannot be resolved at a scale, claims
    that cannot fail and cells that cannot match.
    """
    located = read_yaml(path)
    paper, elsewhere = _paper(_paper_folder(located))
    file = typed_suite(located, None if paper is None else paper.shared.recipes)
    if located.faults or elsewhere:
        raise SuiteError([*located.lines(), *elsewhere])
    assert file is not None
    assert paper is not None
    check_names(file, paper.shared, located)
    located.require_sound()
    resolved = resolve_scales(file, paper.shared, located)
    check_warrants(file, located)
    located.require_sound()
    return Suite(path, located.text, file, *paper, resolved)


def load_suites(paths: Iterable[Path]) -> tuple[list[Suite], list[str]]:
    """Read several suites; gives every one that is sound, and the fault lines of those that are not."""
    suites, faults = [], []
    for path in paths:
        try:
            suites.append(load_suite(path))
        except SuiteError as error:
            faults.extend(error.faults)
    return suites, faults


class _Paper(NamedTuple):
    """The files of a suite's paper."""

    citation: Citation
    shared: RecipesFile
    released: Released | None


def _paper_folder(located: Located) -> Path | None:
    """Find the folder of a suite's paper, beside the suite or among the shipped ones; notes a fault where none is."""
    paper = named_paper(located)
    if not isinstance(paper, str) or not re.fullmatch(NAME_PATTERN, paper):
        return None  # a fault of its type; no path is made of it
    if (found := paper_folder(located.path, paper)) is not None:
        return found
    known = sorted({file.parent.name for home in paper_folders(located.path) for file in home.glob("*/paper.yaml")})
    where = f"{located.path.parent / 'papers'}, among the shipped ones or in an installed package"
    located.fault(("paper",), f"no paper {paper!r} in {where}{nearest(paper, known)}")
    return None


def paper_folder(suite: Path, paper: str) -> Path | None:
    """Find the folder of a suite's paper: beside the suite, otherwise among all that are known."""
    found = (home / paper for home in paper_folders(suite))
    return next((folder for folder in found if (folder / "paper.yaml").is_file()), None)


def _paper(folder: Path | None) -> tuple[_Paper | None, list[str]]:
    """Read the files of a paper; gives the lines of all their faults in the place of files that have some."""
    if folder is None:
        return None, []
    faults: list[str] = []

    def read(file: Path, kind: type[Document]) -> Document | None:
        try:
            return load_document(file, kind)
        except SuiteError as error:
            faults.extend(error.faults)
            return None

    citation, shared = read(folder / "paper.yaml", Citation), read(folder / "recipes.yaml", RecipesFile)
    file = released_file(folder)
    released = None if file is None else read(file, Released)
    if faults or citation is None or shared is None:
        return None, faults
    return _Paper(citation, shared, released), []
