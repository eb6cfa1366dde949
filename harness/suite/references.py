"""Everything a paper asserts, as a list to be covered: its claims, tables, figures and the choices it leaves open."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from harness.strict import Name, Strict
from harness.suite.shipped import papers_named
from harness.suite.typed_yaml import load_document


class ClaimReference(Strict):
    """One assertion of the paper, in the text or in a table."""

    says: str
    section: str
    kind: str
    """own: measured by the authors; cited: by others; analytic: can be derived; qualitative; setup: a condition."""
    small_scale: Literal["yes", "partly", "no", "exact"]
    """Whether a run on small data can test its direction; exact: it can be tested without training at all."""
    how: str | None = None
    needs: dict[str, str]
    source: str | None = None
    note: str | None = None


class TableRowReference(Strict):
    """One row of a printed table; None where it has no number."""

    label: str
    kind: str
    values: list[str | None]


class TableReference(Strict):
    """One printed table, or a set of numbers of the text that belong together."""

    caption: str
    dataset: str | None = None
    columns: list[str]
    in_text: bool
    rows: list[TableRowReference]


class FigureReference(Strict):
    """One figure."""

    shows: str
    reproduce: str


class Choice(Strict):
    """A question that the paper leaves open, and what is recommended."""

    question: str
    options: list[str]
    recommendation: str
    why: str


class References(Strict):
    """`papers/<paper>/references.yaml`."""

    paper: Name
    claims: dict[str, ClaimReference]
    tables: dict[str, TableReference]
    figures: dict[str, FigureReference]
    choices: dict[str, Choice]


def known_references(papers: Collection[str] = ()) -> dict[str, References]:
    """The references of these papers, or of every one that is known, by the paper's id; a paper may have none."""
    files = {name: folder / "references.yaml" for name, folder in papers_named(papers).items()}
    return {name: load_document(file, References) for name, file in files.items() if file.is_file()}
