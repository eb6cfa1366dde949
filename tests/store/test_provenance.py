"""The provenance of foreign files: one line, checked, and formatted alike everywhere."""

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
    """The voucher always comes first."""
    assert said(ZOO) == "A zoo, https://zoo.example, licence MIT, 2026-01-05"
    assert said(OTHER | {"url": None, "licence": None}) == "Another"
    assert all_said([OTHER, ZOO, OTHER]) == f"Another; {said(ZOO)}"


def test_imports_are_found_however_far_below() -> None:
    """A training's own import and those passed on by results are found, each file once."""
    direct, above = {"imported": ZOO}, {"trained_elsewhere": [OTHER, ZOO]}
    assert trained_elsewhere([direct, above, {}]) == [ZOO, OTHER]
    assert trained_elsewhere([{"values": {}}]) == []


@given(st.text())
def test_a_line_is_one_printable_line(text: str) -> None:
    """Any other text is refused."""
    try:
        found = line("--from", text)
    except UsageError:
        return
    assert found == text.strip()
    assert len(found.splitlines()) == 1
    assert found.isprintable()


@pytest.mark.parametrize("url", ["http://a.example", "https://a.example/b?c=d#e"])
def test_addresses_of_the_web_are_kept(url: str) -> None:
    """They stay as typed."""
    assert address("--url", url) == url


@pytest.mark.parametrize(
    "url", ["", "a.example", "ftp://a.example", "https://", "https://a b", "data:,x", "//a.example"]
)
def test_anything_else_is_no_address(url: str) -> None:
    """Reports show these addresses."""
    with pytest.raises(UsageError, match="--url"):
        address("--url", url)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-1-5", "yesterday", "", "2026-W01-1", "20260105"])
def test_a_day_is_written_one_way(text: str) -> None:
    """Only existing days as YYYY-MM-DD are accepted."""
    with pytest.raises(UsageError, match="not a day"):
        day("--date", text)


def test_a_day_has_to_have_been() -> None:
    """Today is accepted, the day after tomorrow is not."""
    today = datetime.now(UTC).date()
    assert day("--date", today.isoformat()) == today.isoformat()
    with pytest.raises(UsageError, match="lies in the future"):
        day("--date", (today + timedelta(days=2)).isoformat())
