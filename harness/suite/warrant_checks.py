"""Refuses claims that cannot fail or cannot be decided, and cells that cannot match, by their declaration alone."""

from __future__ import annotations

from collections.abc import Iterator

from harness.suite.cells import Cell
from harness.suite.claims import Claim, Exact
from harness.suite.file import SuiteFile
from harness.suite.known_metrics import metric_of
from harness.suite.printed import half_last_digit
from harness.suite.yaml_places import KeyPath, Places

REMEDY = "give `by_construction` with why, or measure something that can come out otherwise"


def check_warrants(file: SuiteFile, places: Places) -> None:
    """Note a fault for each claim that cannot fail or cannot be decided, and each cell that cannot match."""
    for cell in file.every_cell():
        if cell.margin is not None and isinstance(cell.target, str) and _samples(file, cell):
            rounding = half_last_digit(cell.target)
            if cell.margin <= rounding:
                why = f"cannot match: the margin {cell.margin:g} is no wider than the rounding of {cell.printed}"
                places.fault(cell.key_path, f"{why}, {rounding:g}; give a wider one")
    for name, claim in file.written_claims().items():
        for path, fault in _faults(file, claim):
            places.fault(("claims", name, *path), fault)


def _samples(file: SuiteFile, cell: Cell) -> bool:
    """Say whether seeds decide the cell, so that its interval has to fit within the margin."""
    return cell.place is not None and file.experiments[cell.place[0]].measure is None


def _faults(file: SuiteFile, claim: Claim) -> Iterator[tuple[KeyPath, str]]:
    if claim.less is not None and claim.by_construction is None and _ordered(file, *claim.less):
        yield ("less",), f"cannot fail: {claim.less[0]} is never larger than {claim.less[1]} by definition; {REMEDY}"
    if claim.exact is not None:
        yield from ((("exact", *path), fault) for path, fault in _of_bound(file, claim.exact))
        if claim.by_construction is None and _always(claim.exact):
            yield ("exact",), f"cannot fail: an error in percent lies between 0 and 100; {REMEDY}"


def _ordered(file: SuiteFile, low: str, high: str) -> bool:
    """Say whether one number of an inspection is below another by how they are defined."""
    first, second = low.split("."), high.split(".")
    if len(first) != 3 or first[:2] != second[:2]:
        return False
    inspection = file.experiments[first[0]].inspect.get(first[1])
    return inspection is not None and (first[2], second[2]) in inspection.ordered()


def _of_bound(file: SuiteFile, said: Exact) -> Iterator[tuple[KeyPath, str]]:
    """Give the faults of a claim that uses a mere bound as a value, or asks a bound for an equality."""
    experiment, _, quantity = said.value.partition(".")
    measure = file.experiments[experiment].measure if experiment in file.experiments else None
    bound = None if measure is None else measure.bounds().get(quantity)
    if bound is not None and said.bound != bound:
        yield (), f"{said.value} is only a {bound} bound on what it stands for; give `bound: {bound}`"
    if said.bound == "lower" and said.at_least is None and said.at_most is None:
        yield ("bound",), "a bound tells nothing of an equality; give `at_least` or `at_most`"


def _always(said: Exact) -> bool:
    """Say whether every error in percent satisfies the claim."""
    metric = metric_of(said.value.rpartition(".")[2])
    if metric is None or metric.unit != "%":
        return False
    low, high = said.at_least, said.at_most
    return said.equals is None and said.printed is None and (low is None or low <= 0) and (high is None or high >= 100)
