"""Whether a suite and all files of its paper agree: ids, references and printed numbers; and tells what departs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import SuiteError
from harness.strict import Strict
from harness.suite.claims import Claim
from harness.suite.departures import check_departures
from harness.suite.file import Citation, Figure, RecipesFile, Suite
from harness.suite.load import paper_folder
from harness.suite.printed_checks import check_printed
from harness.suite.printed_table import FreeCell
from harness.suite.references import References
from harness.suite.released import Released
from harness.suite.typed_yaml import load_document
from harness.suite.yaml_places import KeyPath, Places, read_yaml
from harness.vocabulary import nearest

FILES: dict[str, type[Strict]] = {
    "paper.yaml": Citation,
    "recipes.yaml": RecipesFile,
    "references.yaml": References,
    "released.yaml": Released,
}
"""What a paper's folder may hold; the last two need not be there."""


def paper_faults(suite: Suite) -> list[str]:
    """What is wrong with the files of a suite's paper, or with what the suite says of them, one line each."""
    folder = paper_folder(suite.path, suite.file.paper)
    if folder is None:  # it was there a moment ago
        return [f"{suite.path}:1:1: its paper's files cannot be used"]
    read: dict[str, Any] = {}
    faults: list[str] = []
    for name, kind in FILES.items():
        if (folder / name).is_file():
            try:
                read[name] = load_document(folder / name, kind)
            except SuiteError as error:
                faults += error.faults
    faults += [line for name, document in read.items() for line in _of_another_paper(folder / name, document)]
    released: Released | None = read.get("released.yaml")
    references: References | None = read.get("references.yaml")
    places = read_yaml(suite.path)
    if references is not None:
        _check_references(suite, references, released.questions if released else (), places)
        check_printed(suite.file, references, folder / "references.yaml", places)
    check_departures(suite.file, places)
    return faults + places.lines()


def _of_another_paper(file: Path, document: Any) -> list[str]:
    """The line that faults a file whose id is not that of its folder."""
    paper = getattr(document, "paper", file.parent.name)
    if paper == file.parent.name:
        return []
    located = read_yaml(file)
    located.fault(("paper",), f"{paper!r} lies in the folder {file.parent.name}; name both alike")
    return located.lines()


def _check_references(suite: Suite, references: References, questions: Iterable[str], places: Places) -> None:
    """Note a fault for each `ref` that the paper's list lacks, and, of a claim, the questions of its release too."""
    file = suite.file
    tables, figures, claims = references.tables, references.figures, references.claims
    _check(places, _refs("claims", file.written_claims()), [*claims, *questions], "claim")
    _check(places, _refs("figures", file.figures), figures, "figure")
    _check(places, _refs("cells", file.cells), [*claims, *tables, *figures], "claim, table or figure")
    if file.table is not None:
        _check(places, [(("table", "ref"), file.table.ref)], [*tables, *figures], "table or figure")


def _refs(group: str, said: Mapping[str, Claim | Figure | FreeCell]) -> list[tuple[KeyPath, str]]:
    return [((group, name, "ref"), one.ref) for name, one in said.items()]


def _check(places: Places, refs: Iterable[tuple[KeyPath, str]], known: Iterable[str], what: str) -> None:
    names = list(known)
    for place, ref in refs:
        if ref not in names:
            places.fault(place, f"no {what} {ref!r} in the paper's references.yaml{nearest(ref, names)}")
