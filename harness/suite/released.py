"""What the authors of a paper released later: the runs of its printed numbers, and the choices that it settles."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from pydantic import Field

from harness.strict import Name, Strict
from harness.suite.shipped import papers_named
from harness.suite.typed_yaml import load_document

Status = Literal["confirmed", "contradicted", "open", "no bearing"]
"""Of a choice of ours: the release does what we do; does something else; does not say; or no source of the authors
could settle it, for it is of our scales or measurements."""


class ReleaseSource(Strict):
    """Which release."""

    repository: str
    commit: str
    released: str
    licence: str
    says: str
    """How far it can be believed."""


class PrintedSource(Strict):
    """Which run of the authors one or two printed numbers round from."""

    label: str
    printed: list[str] = Field(min_length=1)
    run: str | None = None
    """None where no run is known."""
    logged: list[str] = Field(default_factory=list)
    """With the digits of the notes: fractions of images, percentage points of a difference, or counts."""
    how: str | None = None
    at: list[str] = Field(default_factory=list)
    confidence: str


class Settled(Strict):
    """What the release says of a choice or a deviation; `at` are FILE:LINE of it."""

    status: Status
    fact: str
    at: list[str] = Field(default_factory=list)
    inferred: str | None = None
    suites: list[Name] | None = None
    """The suites that it is said of; all that have such a deviation when left out."""


class NotDeclared(Strict):
    """Something in which the release differs from print and from our printed form, and that no suite declares."""

    fact: str
    at: list[str]
    touches: list[str]


class Released(Strict):
    """`papers/<paper>/released.yaml`."""

    paper: Name
    source: ReleaseSource
    printed: dict[str, PrintedSource]
    choices: dict[str, Settled]
    deviations: dict[Name, list[Settled]]
    not_declared: dict[Name, NotDeclared]
    not_done: dict[str, str]
    """What of the release no net and no recipe here has, and why."""
    questions: dict[str, str] = Field(default_factory=dict)
    """What suites ask of the release that the paper does not claim, by the `ref` of their claims."""

    def of_deviation(self, suite: str, name: str) -> Settled | None:
        """What it says of a deviation of a suite."""
        found = self.deviations.get(name, [])
        return next((one for one in found if one.suites is None or suite in one.suites), None)


def known_releases(papers: Collection[str] = ()) -> dict[str, Released]:
    """What the authors of these papers released, or of every one that is known, by the paper's id."""
    folders = papers_named(papers).values()
    files = {folder.name: file for folder in folders if (file := released_file(folder)) is not None}
    return {name: load_document(file, Released) for name, file in files.items()}


def released_file(folder: Path) -> Path | None:
    """The file of a paper's folder, where it has one."""
    file = folder / "released.yaml"
    return file if file.is_file() else None
