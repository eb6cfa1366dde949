"""Tests of sparing modules the collector."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from harness.machine.collector import MANY, modules_spared


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def imported(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Import so many empty modules."""
    for number in range(count):
        monkeypatch.setitem(sys.modules, f"empty_{number}", ModuleType(f"empty_{number}"))


def test_nothing_is_collected_while_modules_are_imported() -> None:
    """The collector rests within the block and works after it, even after one that fails."""
    resting = list[bool]()

    def fails() -> None:
        with modules_spared():
            resting.append(not gc.isenabled())
            raise ImportError

    with pytest.raises(ImportError):
        fails()
    assert resting == [True]
    assert gc.isenabled()


@pytest.mark.parametrize(("count", "spares"), [(MANY - 1, False), (MANY, True)])
def test_many_modules_are_spared(monkeypatch: pytest.MonkeyPatch, count: int, *, spares: bool) -> None:
    """What many new modules hold is set aside for good; a few are not worth it."""
    before = gc.get_freeze_count()
    with modules_spared():
        imported(monkeypatch, count)
    assert (gc.get_freeze_count() > before) is spares
