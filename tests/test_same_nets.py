"""The nets of the registry equal, bit for bit, those from before the vocabulary became a graph."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from recorded_nets import DRAWN, MEASURES, NETS, measurement, net, place

from harness.models import MODELS

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "nets.json").read_text(encoding="utf-8"))
"""Results of tests/support/recorded_nets.py at commit af83622; nets recorded later name the place of their own."""
HERE = place() == RECORDED["place"]
"""Whether steps repeat bit for bit on this machine; otherwise they are compared up to rounding."""


def test_every_net_of_the_registry_is_recorded() -> None:
    """No net can change unnoticed."""
    assert {one["model"]["name"] for one in NETS.values()} == set(MODELS)


@pytest.mark.parametrize("name", NETS)
def test_a_net_begins_and_trains_as_before(name: str) -> None:
    """Names and losses agree anywhere; on the same kind of machine every bit agrees, before and after training.

    A loss of hundreds of millions after two steps makes a rounding large: 1.1e-4 between AMD and Intel with AMX. So
    does batch normalisation over few images: after two steps 5.3e-4 between torch 2.11 and 2.15, and 4.3e-3 between AMD
    and Intel with AMX.
    """
    found, before = net(name), dict(RECORDED["nets"][name])
    here = place() == before.pop("place", RECORDED["place"])
    assert found["names"] == before["names"]
    for step, (loss, recorded) in enumerate(zip(found["losses"], before["losses"], strict=True)):
        over_few = step == 2 and name == "googlenet_torchvision"
        assert loss == pytest.approx(recorded, rel=1e-2 if over_few else 1e-3 if recorded > 1e6 else 1e-4)
    assert not here or found == before


@pytest.mark.parametrize("name", MEASURES)
def test_a_measurement_of_a_net_comes_to_what_it_did(name: str) -> None:
    """The numbers and their names agree."""
    found, before = measurement(name), RECORDED["measurements"][name]
    assert found.keys() == before.keys()
    assert found == (before if name not in DRAWN or HERE else pytest.approx(before, rel=1e-6))
