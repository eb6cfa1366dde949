"""What there is to name and to run: of the program, and of packages."""

from __future__ import annotations

from pathlib import Path

from made_up_packages import net_package, place

from harness.data import DATASETS
from harness.models import MODELS
from harness.suite.catalogue import catalogue
from harness.suite.shipped import shipped_names

__all__ = ["place"]


def test_everything_that_is_shipped_is_listed_with_a_line(place: Path) -> None:
    """Each by its name, none without a word."""
    found = catalogue()
    assert {one["name"] for one in found["suites"]} == set(shipped_names())
    assert {one["name"] for one in found["models"]} == set(MODELS)
    assert {one["name"] for one in found["datasets"]} == set(DATASETS)
    assert [(group, one) for group, records in found.items() for one in records if not one["says"].strip()] == []


def test_a_suite_is_listed_with_its_paper_and_title(place: Path) -> None:
    """Read from its head."""
    says = {one["name"]: one["says"] for one in catalogue()["suites"]}
    assert says["table1"] == "alexnet: Error rates on the ILSVRC-2010 test set"


def test_what_a_package_adds_is_listed_as_its(place: Path) -> None:
    """With distribution and version."""
    net_package(place)
    (found,) = [one for one in catalogue()["models"] if one["name"] == "slim"]
    assert (found["says"], found["from"]) == ("One layer.", "slim-nets 1.2")
