"""Tests of the list of equal code: pairs of digests are followed through chains."""

from __future__ import annotations

import re

import pytest

from harness.jobs import JOBS
from harness.jobs import same_code as module
from harness.jobs.same_code import earliest, pairs, same_code

A, B, C, D = (letter * 64 for letter in "abcd")


def test_a_chain_of_pairs_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain of pairs is followed."""
    monkeypatch.setattr(module, "pairs", lambda: {"train": [[A, B], [B, C]], "evaluate": [[A, D]]})
    for one in (A, B, C):
        assert same_code("train", one) == {A, B, C}
    assert same_code("train", D) == {D}
    assert same_code("evaluate", D) == {A, D}
    assert same_code("measure", A) == {A}


def test_the_earliest_digest_stays_while_results_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The earliest digest is the same for a chain of any length and order."""
    for found in ([], [[C, B]], [[B, A], [C, B]], [[C, B], [B, A]]):
        monkeypatch.setattr(module, "pairs", lambda found=found: {"train": found})
        newest = A if len(found) == 2 else B if found else C
        assert earliest("train", newest) == C
    assert earliest("train", D) == D


def test_code_that_is_the_same_again_ends_no_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that was reverted does not break a chain."""
    monkeypatch.setattr(module, "pairs", lambda: {"train": [[B, A], [A, B]]})
    assert earliest("train", A) == earliest("train", B) == A


def test_the_committed_pairs_are_pairs_of_digests() -> None:
    """The committed list holds pairs of different digests of known kinds, each once."""
    assert pairs().keys() <= JOBS.keys()
    for found in pairs().values():
        assert all(re.fullmatch("[0-9a-f]{64}", one) for pair in found for one in pair)
        assert all(len(set(pair)) == 2 for pair in found)
        assert len({tuple(pair) for pair in found}) == len(found)
