"""Claims of shipped suites under random measurements: each can be confirmed, and each can fail."""

from __future__ import annotations

import numpy as np
import pytest
from random_measurements import Chance, RandomNets, one_sided
from suite_files import shipped

from harness.jobs.inspections.on_device.kernels import orientation_selectivity
from harness.judge.cells import Measured
from harness.judge.claims import judge_claims
from harness.judge.evidence import Evidence
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


@pytest.mark.parametrize(("width", "outcome"), [((1.5, 1.5), "CONTRADICTED"), ((1.0, 4.0), "CONFIRMED")])
def test_the_shape_of_kernels_decides_whether_they_are_oriented(width: tuple[float, float], outcome: str) -> None:
    """Round blobs contradict that kernels are more oriented than random ones, and long ones confirm it.

    Random nets alone show little of this: their kernels are as oriented as those they are compared with.
    """
    learned, chance = "cnn.kernels.orientation_selectivity", "cnn.kernels.random_orientation_selectivity"
    pairs = {seed: _selectivities(width, seed) for seed in range(6)}
    measured = {
        place: Measured(values={seed: pair[side] for seed, pair in pairs.items()}, declared_seeds=6, images=1)
        for side, place in enumerate((learned, chance))
    }
    claim = shipped("figure3").file.claims["selective_kernels"]
    assert judge_claims({"selective_kernels": claim}, Evidence({}, measured, {}, "paper"))[0].outcome == outcome


def _selectivities(width: tuple[float, float], seed: int) -> tuple[float, float]:
    """Return the mean selectivity of Mexican hats of these widths, with some noise, and that of noise alone."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:11, :11] - 5
    square = (rows / width[0]) ** 2 + (columns / width[1]) ** 2
    hat = (1 - square / 2) * np.exp(-square / 2)
    noise = random.standard_normal((16, 1, 11, 11))
    return float(orientation_selectivity(hat + 0.01 * noise).mean()), float(orientation_selectivity(noise).mean())
