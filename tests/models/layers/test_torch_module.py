"""Tests of nets written in torch with a declaration: counted, checked and trained like any other, and never stale."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
import torch
from residual_nets import Residual, TorchResidual, same_tensors, torch_body
from torch import nn

from harness.models.declaring import declared
from harness.models.initialisation import FanScaled, drawn, standard_deviations
from harness.models.initialisers import initialise
from harness.models.layers import Buffer, Layer, Parameter, TorchModule, trace
from harness.models.network import build

SHAPE = (3, 32, 32)
VOCABULARY = list(trace(Residual(blocks=1, shortcuts="b").layers(10), SHAPE))


@cache
def body() -> TorchModule:
    """Return the declaration of the body, which imports much of torch."""
    return declared("body", "residual_nets:torch_body", SHAPE)


def test_its_counts_are_those_of_the_vocabulary() -> None:
    """Its parameters by kind, buffers and multiply-adds equal those of the same net made of layers."""
    (one,) = trace((body(),), SHAPE)
    for kind in ("weight", "bias", "slope", "scale", "shift"):
        assert one.count(kind) == sum(each.count(kind) for each in VOCABULARY)
    assert one.multiply_adds == sum(each.multiply_adds for each in VOCABULARY)
    assert sum(each.bytes for each in one.buffers) == sum(b.bytes for each in VOCABULARY for b in each.buffers)
    assert one.output == (10,)


def test_its_first_weights_follow_the_rule_tensor_by_tensor() -> None:
    """Its first weights have the stds of the same net in layers; other tensors have their declared values."""
    traced = list(trace((body(),), SHAPE))
    stds = standard_deviations(traced, FanScaled(rule="he_forward"))
    expected = standard_deviations(VOCABULARY, FanScaled(rule="he_forward"))
    assert sorted(stds.values()) == pytest.approx(sorted(expected.values()))
    assert "body.blocks.1.project.weight" in stds
    network = build((body(),), SHAPE)
    initialise(network, traced, FanScaled(rule="he_forward"), torch.Generator().manual_seed(0))
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())
    for name, _, weight in drawn(traced):
        values = network.get_parameter(f"body.{weight.name}").detach()
        assert float(values.std()) == pytest.approx(stds[name], rel=0.2)


def test_it_computes_what_the_module_does() -> None:
    """It computes what the module computes, with tensors under the layer's name."""
    network, theirs = build((body(),), SHAPE), torch_body(SHAPE)
    same_tensors(network, theirs)
    x = torch.randn(4, *SHAPE)
    torch.testing.assert_close(network.train()(x), theirs.train()(x))
    assert network.mixing() == ["body"]
    assert {kind for kind, _, _ in network.kinds()} == {"weight", "bias", "scale", "shift"}


def test_a_declaration_can_stand_in_a_file() -> None:
    """The text of a declaration is Python that restores it."""
    names = {"TorchModule": TorchModule, "Parameter": Parameter, "Buffer": Buffer}
    assert eval(repr(body()), names) == body()


WRONG = {
    "another file": ({"sha256": "0" * 64}, "is not the one that was declared; declare it anew"),
    "no module": ({"builds": "no_such_module:net"}, "no module 'no_such_module' that could build it"),
    "no package": ({"builds": "no_such.module:net"}, "no module 'no_such.module' that could build it"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_declaration_that_is_not_of_the_file_stops_the_plan(case: str) -> None:
    """A declaration of another file stops the plan before the module is imported."""
    changes, message = WRONG[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        list(trace((replace(body(), **changes),), SHAPE))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (lambda one: replace(one, builds="residual_nets:no_such"), "residual_nets has no function 'no_such'"),
        (lambda one: replace(one, gives=(11,)), "layer body: its module gives (10,), and it declares (11,)"),
        (lambda one: replace(one, learned=one.learned[1:]), "layer body: its module holds the parameters"),
        (lambda one: replace(one, state=one.state[1:]), "layer body: its module holds the buffers"),
    ],
)
def test_a_module_that_is_not_as_declared_is_not_built(changed: Callable[[TorchModule], Layer], message: str) -> None:
    """A module with an undeclared shape, parameter or buffer is not built."""
    with pytest.raises(ValueError, match=re.escape(message)):
        build((changed(body()),), SHAPE)


class Strange(nn.Module):
    """A module with a parameter of unknown kind, and a buffer of several values."""

    def __init__(self, *, buffer: bool) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.ones(1))
        if buffer:
            self.register_buffer("places", torch.arange(3.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Divide the input by the temperature."""
        return x / self.temperature


def warm(_shape: tuple[int, ...]) -> nn.Module:
    """Build the module with the parameter only."""
    return Strange(buffer=False)


def placed(_shape: tuple[int, ...]) -> nn.Module:
    """Build the module with the buffer too."""
    return Strange(buffer=True)


def test_what_nobody_tells_has_to_be_told() -> None:
    """A parameter of unknown kind and a buffer of several values must be declared by hand."""
    with pytest.raises(ValueError, match="kind of parameter temperature of a Strange is; give it as `parameters`"):
        declared("s", f"{__name__}:warm", (4,))
    told = {"temperature": Parameter("temperature", "scale", (1,), 1.0)}
    layer = declared("s", f"{__name__}:warm", (4,), parameters=told)
    assert torch.equal(build((layer,), (4,))(torch.ones(2, 4)), torch.ones(2, 4))
    with pytest.raises(ValueError, match="the buffer places begins with 3 different values"):
        declared("s", f"{__name__}:placed", (4,), parameters=told)


def test_the_independent_module_is_what_is_declared() -> None:
    """The independent module used in these tests has the given declaration."""
    assert isinstance(torch_body(SHAPE), TorchResidual)
