"""What a person says of something from elsewhere: one line, checked, and told again the same way everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.store.provenance import address, all_said, day, line, said, trained_elsewhere

ZOO = {"from": "A zoo", "url": "https://zoo.example", "licence": "MIT", "date": "2026-01-05", "sha256": "1" * 64}
OTHER = {"from": "Another", "sha256": "2" * 64}


def test_what_is_not_known_is_left_out() -> None:
    """Who says so always stands first."""
    assert said(ZOO) == "A zoo, https://zoo.example, licence MIT, 2026-01-05"
    assert said(OTHER | {"url": None, "licence": None}) == "Another"
    assert all_said([OTHER, ZOO, OTHER]) == f"Another; {said(ZOO)}"


def test_imports_are_found_however_far_below() -> None:
    """That of a training itself, and those that a result passes on; each file once."""
    direct, above = {"imported": ZOO}, {"trained_elsewhere": [OTHER, ZOO]}
    assert trained_elsewhere([direct, above, {}]) == [ZOO, OTHER]
    assert trained_elsewhere([{"values": {}}]) == []


@given(st.text())
def test_a_line_is_one_printable_line(text: str) -> None:
    """Or it is refused."""
    try:
        found = line("--from", text)
    except UsageError:
        return
    assert found == text.strip()
    assert len(found.splitlines()) == 1
    assert found.isprintable()


@pytest.mark.parametrize("url", ["http://a.example", "https://a.example/b?c=d#e"])
def test_addresses_of_the_web_are_kept(url: str) -> None:
    """As they were typed."""
    assert address("--url", url) == url


@pytest.mark.parametrize(
    "url", ["", "a.example", "ftp://a.example", "https://", "https://a b", "data:,x", "//a.example"]
)
def test_anything_else_is_no_address(url: str) -> None:
    """It would stand in a report."""
    with pytest.raises(UsageError, match="--url"):
        address("--url", url)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-1-5", "yesterday", "", "2026-W01-1", "20260105"])
def test_a_day_is_written_one_way(text: str) -> None:
    """YYYY-MM-DD, and one there was."""
    with pytest.raises(UsageError, match="not a day"):
        day("--date", text)


def test_a_day_has_to_have_been() -> None:
    """Today and before, not the day after tomorrow."""
    today = datetime.now(UTC).date()
    assert day("--date", today.isoformat()) == today.isoformat()
    with pytest.raises(UsageError, match="lies in the future"):
        day("--date", (today + timedelta(days=2)).isoformat())
