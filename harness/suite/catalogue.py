"""What a suite may name and what there is to run: papers, suites, nets, data sets, measurements, inspections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.data import Dataset
from harness.errors import SuiteError
from harness.jobs.extensions import REGISTRIES, add_all
from harness.machine.entry_points import Group, find
from harness.suite.file import Citation
from harness.suite.shipped import files_of, paper_homes
from harness.suite.typed_yaml import load_document
from harness.suite.yaml_places import yaml_data

OWN = "paper-harness"
"""Where everything is from that no other package adds."""

Record = dict[str, Any]


def catalogue() -> dict[str, list[Record]]:
    """By group, each thing with its `name`, a line that `says` what it is, and where it is `from`.

    All that packages add is imported. Raises UsageError for an entry point that cannot be used, SuiteError for a paper
    that cannot be read.
    """
    papers = paper_homes()
    registered: dict[str, list[Record]] = {group: list(_registered(group)) for group in REGISTRIES}
    return {
        "papers": [_paper(name, folder) for name, folder in papers.items()],
        "suites": [_suite(name, file) for name, folder in papers.items() for file in files_of(name, folder)],
        **registered,
    }


def _paper(name: str, folder: Path) -> Record:
    citation = load_document(folder / "paper.yaml", Citation)
    return {"name": name, "says": f"{citation.title} ({citation.year})", "from": str(folder)}


def _suite(paper: str, file: Path) -> Record:
    says = f"{paper}: {_head(file).get('title', '')}"
    return {"name": file.stem, "says": says, "from": str(file), "paper": paper}


def _head(file: Path) -> Record:
    """What stands in a suite before its first part; the whole of it would take long to read."""
    text = file.read_text(encoding="utf-8")
    head = re.split(r"^(?:table|cells|figures|experiments|claims|scales):", text, maxsplit=1, flags=re.MULTILINE)[0]
    try:
        found = yaml_data(head)
    except ValueError as error:
        raise SuiteError([f"{file}:1:1: {error}"]) from error
    return found if isinstance(found, dict) else {}


def _registered(group: Group) -> Iterator[Record]:
    add_all(group)
    for name, one in sorted(REGISTRIES[group].items()):
        entry = find(group, name)
        where = OWN if entry is None else f"{entry.distribution} {entry.version}"
        yield {"name": name, "says": _says(one), "from": where}


def _says(one: Any) -> str:
    if isinstance(one, Dataset):
        return one.title
    record = one if isinstance(one, type) else one.spec
    return " ".join((record.__doc__ or "").strip().split("\n\n")[0].split())
