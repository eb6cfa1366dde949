"""False alarms of the committed baseline: none on any machine whose probes were observed."""

from __future__ import annotations

from pathlib import Path

import pytest
from probe_observations import FOLDER, alarms, read, table

OBSERVED = sorted(FOLDER.glob("*.json.gz"))


@pytest.mark.parametrize("path", OBSERVED, ids=[path.name.removesuffix(".json.gz") for path in OBSERVED])
def test_no_machine_that_was_seen_gives_an_alarm(path: Path) -> None:
    """The rounding of another processor, torch or instruction set raises no alarm."""
    compared, found = alarms(read(path))
    assert compared > 0
    assert found == {}


def test_a_loss_that_no_rounding_makes_is_an_alarm() -> None:
    """A loss changed by a thousandth raises an alarm."""
    observed = read(OBSERVED[0])
    probe = observed["probes"]["table1"]["cnn"]["found"]
    probe["losses"] = " ".join(str(1.001 * float(loss)) for loss in probe["losses"].split())
    assert alarms(observed)[1].keys() == {"table1 cnn"}


@pytest.fixture(scope="module")
def printed() -> tuple[str, bool]:
    """The table of all committed observations, and whether it shows no alarm."""
    return table()


def test_the_table_names_every_machine(printed: tuple[str, bool]) -> None:
    """With its torch and what it was limited to."""
    text, quiet = printed
    assert quiet
    assert len([line for line in text.splitlines() if "torch 2" in line and "not tried" not in line]) == len(OBSERVED)


def test_the_table_names_what_nobody_could_try(printed: tuple[str, bool]) -> None:
    """It blocks nothing."""
    text, _ = printed
    assert "not tried: torch 2.11.0, AVX2 (GenuineIntel)" in text
    assert "not tried: torch 2.11.0, AVX2 (AuthenticAMD)" not in text
