"""Numbers as papers print them."""

from __future__ import annotations

import pytest

from harness.suite.printed import OverRuns, half_last_digit, has_magnitude, is_printed, over_runs, printed_number


@pytest.mark.parametrize(
    ("text", "value", "half"),
    [
        ("0.27M", 270_000, 5_000),
        ("1.7M", 1_700_000, 50_000),
        ("64k", 64_000, 500),
        ("15.3 M", 15_300_000, 50_000),
        ("1.2B", 1_200_000_000, 50_000_000),
        ("3.6G", 3_600_000_000, 50_000_000),
        ("253,440", 253_440, 0.5),
        ("24.20", 24.2, 0.005),
    ],
)
def test_a_magnitude_scales_the_number_and_its_last_digit(text: str, value: float, half: float) -> None:
    """0.27M is 270,000 to half of 0.01M."""
    assert float(printed_number(text)) == value
    assert half_last_digit(text) == half
    assert has_magnitude(text) == (text[-1] in "MkBG")


@pytest.mark.parametrize("text", ["M", "0.27m", "0.27MM", "60 million", "1e3e4", "", "6.61 ± 0.16", "½M"])
def test_other_texts_are_no_single_number(text: str) -> None:
    """Words and small letters belong elsewhere."""
    assert not is_printed(text)
    with pytest.raises(ValueError, match="not a printed number"):
        printed_number(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("6.43 (6.61 ± 0.16)", OverRuns("6.61", 0.16, 6.43)),
        ("6.43 (6.61 +- 0.16)", OverRuns("6.61", 0.16, 6.43)),
        ("6.43 (6.61+/-0.16)", OverRuns("6.61", 0.16, 6.43)),
        ("93.57 ± 0.10", OverRuns("93.57", 0.1)),
        ("6.43 (6.61 ± 0.16", None),
        ("6.61 ± 0.16)", None),
        ("6.43 (6.61)", None),
        ("6.61", None),
    ],
)
def test_a_mean_over_runs_is_told_with_its_spread(text: str, said: OverRuns | None) -> None:
    """And the best of them where it stands before the brackets, which have to be closed."""
    assert over_runs(text) == said
