"""The outcome of all checks of a machine."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from harness.data import DATASETS
from harness.data.locate import Locations
from harness.errors import DataMissing, DeviceMissing, Unsound
from harness.machine.doctor import Check, at_least, examine, verdict

OK = Check("clock", "ok", "today")
WARNING = Check("disk", "warning", "little")
DEVICE = Check("device", "wrong", "none", "buy one", 5)
DATA = Check("data x", "wrong", "gone", "get it", 4)
DISK = Check("disk", "wrong", "full", "free some")


def test_nothing_wrong_is_no_error() -> None:
    """Warnings are no errors either."""
    assert verdict([OK, WARNING]) is None


@pytest.mark.parametrize(
    ("checks", "kind"),
    [
        ([DISK], Unsound),
        ([DEVICE, DISK], DeviceMissing),
        ([DEVICE, DATA, DISK], DataMissing),
        ([OK, DATA], DataMissing),
    ],
)
def test_data_come_before_the_device_and_that_before_all_else(checks: list[Check], kind: type[Exception]) -> None:
    """The order is that of the exit codes of a run."""
    error = verdict(checks)
    assert type(error) is kind
    assert all(check.name in str(error) for check in checks if check.level == "wrong")


def test_a_line_says_what_is_wrong_and_how_to_mend_it() -> None:
    """The level comes first, so that it can be searched for."""
    assert str(DEVICE) == "wrong    device: none; buy one"
    assert str(OK) == "ok       clock: today"
    assert DEVICE.document() == {"name": "device", "level": "wrong", "says": "none", "remedy": "buy one"}


@pytest.mark.parametrize(("amount", "level"), [(10, "ok"), (5, "ok"), (4, "warning"), (2, "warning"), (1, "wrong")])
def test_too_little_has_two_limits(amount: float, level: str) -> None:
    """A sufficient amount needs no remedy."""
    check = at_least("disk", amount, 5, 2, "so much", "free some")
    assert (check.level, check.remedy) == (level, "" if level == "ok" else "free some")


def test_a_machine_is_looked_at_from_every_side(tmp_path: Path) -> None:
    """No check creates or leaves a file."""
    checks = list(examine(tmp_path / "runs", tmp_path / "reports", Locations(), {"digits"}, "cpu", 1, 120.0))
    names = [check.name for check in checks]
    assert names[:6] == ["versions", "memory", "disk", "store", "reports", "clock"]
    assert names[6:-3] == [f"data {name}" for name in DATASETS]
    assert names[-3:] == ["device", "torch", "determinism"]
    assert {dataclasses.asdict(check)["level"] for check in checks if check.name in ("data digits", "torch")} == {"ok"}
    assert list(tmp_path.iterdir()) == []
