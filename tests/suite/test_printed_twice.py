"""Numbers that are written down twice, in a paper's references and in the suites that cover them: the two agree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import pytest

from harness.suite.cells import Cell
from harness.suite.file import Suite
from harness.suite.load import load_suites
from harness.suite.references import References, known_references
from harness.suite.shipped import shipped_suites

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
KERNEL = re.compile(r"\d+x\d+,")
PAPERS = known_references()

SAID_ELSEWHERE = {
    "A42": {8.9},  # millions of images of Fall 2009, a condition of the experiment
    "P02": {5.7},  # the introduction's 5.71, rounded
    "P09": {0.01},  # the slope, which the net has
    "P28": {5.9, 4.2, 2.9, 2.1},  # the factors of a product, which the measurement works out
}
"""Numbers of a claim that no suite repeats, by its reference."""

OF_ONE_NUMBER = {"conv3.top1", "conv4.top1", "conv5.top1"}
"""Cells of three nets, each of which may be the one that the printed number of any middle layer is about."""


@pytest.fixture(scope="module")
def suites() -> list[Suite]:
    """Every shipped one."""
    found, faults = load_suites(shipped_suites().glob("*.yaml"))
    assert faults == []
    return list(found)


def numbers(texts: Iterable[str | None]) -> Counter[float]:
    """The first number of each text that has one, without sign."""
    found = (NUMBER.search(text or "") for text in texts)
    return Counter(float(one[0].replace(",", "")) for one in found if one)


def decimals(text: str) -> set[float]:
    """Every number with a decimal point."""
    return {float(one.replace(",", "")) for one in NUMBER.findall(text) if "." in one}


def printed(suites: Iterable[Suite], paper: str, table: str) -> Counter[float]:
    """The numbers of a table as the suites have them: once, though the authors' released nets aim at some of them too.

    Rows that say how a net is built are told by their kernels.
    """
    own = [suite for suite in suites if suite.file.paper == paper]
    cells = [cell for suite in own for cell in suite.cells() if not of_a_release(suite, cell)]
    of_table = [cell for cell in cells if cell.ref.startswith(f"{paper}:{table}.") and cell.id not in OF_ONE_NUMBER]
    printed = [cell.printed for cell in of_table]
    return numbers(text for text in printed if not KERNEL.match(text))


def of_a_release(suite: Suite, cell: Cell) -> bool:
    """Whether the net that is to come to a cell is one that its authors released later."""
    experiment = suite.file.experiments.get(cell.place[0]) if cell.place is not None else None
    train = None if experiment is None else experiment.train
    return train is not None and train.model.name == "alexnet_released"


TABLES = [(paper, name) for paper, references in PAPERS.items() for name in references.tables]


@pytest.mark.parametrize(("paper", "table"), TABLES, ids=[f"{paper}:{table}" for paper, table in TABLES])
def test_every_number_of_a_printed_table_stands_in_its_suites(suites: list[Suite], paper: str, table: str) -> None:
    """As often as it is printed, and none besides; rows that say how a net is built have no numbers of their own."""
    rows = [row for row in PAPERS[paper].tables[table].rows if row.kind != "setup"]
    assert printed(suites, paper, table) == numbers(value for row in rows for value in row.values)


@pytest.mark.parametrize("paper", PAPERS)
def test_every_decimal_of_a_claim_is_said_by_a_suite(suites: list[Suite], paper: str) -> None:
    """By a claim or cell with that reference, or by a table of the paper."""
    own = [suite for suite in suites if suite.file.paper == paper]
    by_ref: dict[str, set[float]] = {}
    for suite in own:
        for claim in suite.file.claims.values():
            by_ref.setdefault(claim.ref, set()).update(decimals(claim.says))
        for cell in suite.cells():
            by_ref.setdefault(cell.ref.removeprefix(f"{paper}:").split(".")[0], set()).update(decimals(cell.printed))
    references: References = PAPERS[paper]
    in_tables = {number for table in references.tables for number in printed(own, paper, table)}
    unsaid = {
        ref: decimals(claim.says) - by_ref.get(ref, set()) - in_tables for ref, claim in references.claims.items()
    }
    assert {ref: left for ref, left in unsaid.items() if left} == {
        ref: left for ref, left in SAID_ELSEWHERE.items() if ref in references.claims
    }
