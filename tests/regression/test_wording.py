"""Wording of findings: the gravest first, counted, in full, and with nothing hidden."""

from __future__ import annotations

from findings import ADVISORY, ERROR, EVERY, HOSTILE, NOT_JUDGED, OK, REGRESSION, many
from harness.regression.wording import counted, gravest_first, in_full, without_controls


def test_the_gravest_is_first() -> None:
    """The order of discovery does not matter; equal severities keep theirs."""
    other = many("regression", 1)[0]
    assert gravest_first([OK, NOT_JUDGED, other, ADVISORY, ERROR, REGRESSION]) == [
        other, REGRESSION, ERROR, ADVISORY, NOT_JUDGED, OK,
    ]  # fmt: skip


def test_counts_are_words() -> None:
    """Severities that occur are counted, in the plural where they have one."""
    assert counted(EVERY) == "1 regression, 1 error, 1 advisory, 1 not judged, 1 ok"
    assert counted([*many("advisory", 2), *many("ok", 2000)]) == "2 advisories, 2,000 ok"
    assert counted(EVERY, ["error"]) == "1 error"
    assert counted([]) == ""


def test_a_finding_in_full_leaves_out_what_is_not_known() -> None:
    """Each line has one entry."""
    assert in_full(ERROR) == "train cnn, seed 1, ended without a result\nbefore: 0.37"


def test_what_would_hide_text_stands_as_its_number() -> None:
    """Escape sequences, changes of direction and lone surrogates are replaced; only line ends stay."""
    assert without_controls("a\x1b[2K\r\nb\u202ec\ud800") == "a#x1B[2K\nb#x202Ec#xD800"
    assert without_controls("Größe, ± ≤ √") == "Größe, ± ≤ √"
    assert all(letter.isprintable() or letter == "\n" for letter in without_controls(HOSTILE))
