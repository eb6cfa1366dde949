"""Tests of amplified probes: they detect changes that first weights hide, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from snapshots import TRAINING

from harness.jobs import amplified as amplifying
from harness.jobs.amplified import SURE, amplified, responses, watched
from harness.jobs.probe import numbers
from harness.models.alexnet import AlexNet
from harness.models.cifar import CifarLocal
from harness.models.initialisation import Gaussian
from harness.models.initialisers import initialise
from harness.models.layers import trace
from harness.models.network import Network, build
from harness.models.response_norm import ResponseNorm
from harness.regression.compare_probes import Places, compare_probe

CPU = torch.device("cpu")
ELSEWHERE = Places(same=False, same_kind=True)
LIBRARY, PRINTED = (CifarLocal(width=0.25, norm_constants=constants) for constants in ("library", "printed"))


def net(model: Any, side: int) -> Network:
    """Return a net with its first weights."""
    layers = model.layers(10)
    network = build(layers, (3, side, side))
    initialise(network, tuple(trace(layers, (3, side, side))), Gaussian(rule="gaussian"), torch.Generator())
    return network


def found(network: Network) -> dict[str, Any]:
    """Return the numbers of a training's probe without the responses of layers."""
    made = {layer: numbers(kept) for layer, kept in responses(network, CPU).items()}
    return {**TRAINING, "found": {**TRAINING["found"], "responses": made}}


def changed_norm(change: Callable[[Any], dict[str, Any]]) -> Callable[..., None]:
    """Build response normalisation with other constants."""
    whole = ResponseNorm.__init__

    def begin(self: ResponseNorm, **constants: Any) -> None:
        whole(self, **constants)
        self.constants = self.constants._replace(**change(self.constants))

    return begin


CHANGES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "alpha over n": lambda norm: {"alpha": norm.alpha / (2 * norm.reach + 1)},
    "alpha 0": lambda _: {"alpha": 0.0},
    "window 3": lambda _: {"reach": 1},
    "k": lambda norm: {"k": norm.k + 0.001},
    "beta": lambda norm: {"beta": norm.beta + 0.001},
}


@pytest.mark.parametrize("model", [LIBRARY, PRINTED], ids=["library", "printed"])
@pytest.mark.parametrize("change", CHANGES)
def test_another_normalisation_is_seen_on_any_machine(
    monkeypatch: pytest.MonkeyPatch, model: CifarLocal, change: str
) -> None:
    """Other constants of normalisation change the responses on any machine, although first activities hide them."""
    before = found(net(model, 24))
    monkeypatch.setattr(ResponseNorm, "__init__", changed_norm(CHANGES[change]))
    said = compare_probe("cifar_lrn", "with", before, found(net(model, 24)), ELSEWHERE)
    assert said.severity == "regression"
    assert said.said.startswith("response of norm1: off by up to")


def test_a_shifted_window_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A normalisation window shifted by one map changes the responses."""
    from harness.models import response_norm

    before, sums = found(net(PRINTED, 24)), response_norm._neighbours
    monkeypatch.setattr(response_norm, "_neighbours", lambda x, constants: sums(x.roll(1, 1), constants))
    assert compare_probe("cifar_lrn", "with", before, found(net(PRINTED, 24)), ELSEWHERE).severity == "regression"


def test_every_layer_without_weights_is_asked() -> None:
    """Every layer without weights is probed, with the same result whatever was drawn before."""
    network = net(AlexNet(width=0.05), 224)
    one = responses(network, CPU)
    torch.rand(5)
    assert responses(network, CPU) == one
    assert set(one) == {layer.name for layer in AlexNet().layers(10)} - {
        "conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"
    }  # fmt: skip
    assert {len(kept) for kept in one.values()} == {2 + amplifying.KEPT}


def test_rounding_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Responses in double precision agree with single precision, so another machine's rounding is not detected."""
    before = found(net(PRINTED, 24))
    forward = ResponseNorm.forward
    monkeypatch.setattr(ResponseNorm, "forward", lambda self, a: forward(self, a.double()).float())
    said = compare_probe("cifar_lrn", "with", before, found(net(PRINTED, 24)), ELSEWHERE)
    assert said.severity == "ok"


@torch.no_grad()
def test_logits_are_amplified_to_those_of_a_sure_net() -> None:
    """Differences of logits are amplified to `SURE` within the block and restored after it."""
    network, views = net(PRINTED, 24).eval(), torch.randn(4, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    with watched(network) as logits:
        plain = network(views)
    assert logits.furthest == pytest.approx(float((plain - plain.mean(0)).abs().max()), rel=1e-3)
    with amplified(network, logits):
        sure = network(views)
    assert float((sure - sure.mean(0)).abs().max()) == pytest.approx(SURE, rel=1e-3)
    assert torch.equal(network(views), plain)


@torch.no_grad()
@pytest.mark.parametrize("weight", [0.0, float("nan")])
def test_a_net_without_an_opinion_is_not_amplified(weight: float) -> None:
    """Equal or infinite logits are not amplified."""
    network = net(PRINTED, 24).eval()
    torch.nn.init.constant_(network.get_submodule("fc10").weight, weight)
    with watched(network) as logits:
        network(torch.randn(2, 3, 24, 24))
    assert logits.times is None
