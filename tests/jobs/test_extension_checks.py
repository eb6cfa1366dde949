"""The doctor lists packages that add something, and says which cannot be used."""

from __future__ import annotations

from pathlib import Path

from made_up_packages import install, net_package, place

from harness.jobs.extension_checks import extension_checks

__all__ = ["place"]


def test_a_package_is_listed_with_its_version_and_what_it_adds(place: Path) -> None:
    """One line a distribution."""
    net_package(place)
    (found,) = extension_checks()
    assert str(found) == "ok       package slim-nets: 1.2: models slim"


def test_one_that_cannot_be_imported_is_wrong(place: Path) -> None:
    """Beside the others, which are listed all the same."""
    net_package(place)
    install(place, "broken", {"broken.py": "1 / 0"}, {"measures": {"thing": "broken:THING"}})
    found = {check.name: check for check in extension_checks()}
    assert found["packages, measures"].level == "wrong"
    assert "ZeroDivisionError" in found["packages, measures"].says
    assert found["package slim-nets"].level == "ok"


def test_without_packages_nothing_is_said(place: Path) -> None:
    """No line."""
    assert list(extension_checks()) == []
