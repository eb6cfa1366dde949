"""Claims of shipped suites under random measurements: each can be confirmed, and each can fail."""

from __future__ import annotations

import pytest
from random_measurements import Chance, RandomNets, one_sided
from suite_files import shipped

from harness.suite.shipped import shipped_names


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> RandomNets:
    """Inspect the random nets once for all suites."""
    return RandomNets(tmp_path_factory.mktemp("nets"))


@pytest.mark.parametrize("name", shipped_names())
def test_every_claim_can_fail_and_can_hold(name: str, nets: RandomNets) -> None:
    """Except those that are said to hold by construction, which are never confirmed, and times, which never compare.

    None is contradicted whatever is measured either: what a suite states of itself it states so that it holds.
    """
    assert one_sided(shipped(name), nets) == ({}, {})


@pytest.mark.parametrize(("suite", "claim"), [("figure4", "far_in_pixels"), ("figure1", "a_month_instead")])
def test_what_cannot_fail_is_found_where_nobody_says_so(suite: str, claim: str, nets: RandomNets) -> None:
    """Without their declaration, two claims by construction are confirmed by any features and any nets."""
    loaded = shipped(suite)
    bare = loaded.file.claims[claim].model_copy(update={"by_construction": None})
    chance = Chance(loaded, nets)
    chance.stated = False
    assert chance.outcomes(claim, bare) == {"CONFIRMED"}
    assert chance.outcomes(claim, loaded.file.claims[claim]) == {"BY CONSTRUCTION"}
