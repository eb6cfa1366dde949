"""Carries out `Units`: compares modules with the papers' formulas in float64.

The modules are those that trainings use. The references are written out as plain loops.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from harness.jobs.measures.units import Units
from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.randomness import generator
from harness.jobs.training.optimiser import make_optimiser, set_rate
from harness.models.alexnet import AlexNet
from harness.models.layers import Activation, Linear
from harness.models.modules import PaperDropout
from harness.models.network import Network, build
from harness.models.rectifier import Rectifier

SHAPE = (3, 4, 5)
"""Shape of the maps; small, because the references are loops."""

Numbers = dict[str, float]


def measure(spec: Units, _seed: int | None, device: str) -> Numbers:
    """Measure the quantities of a `Units`."""
    return _CHECKS[spec.of](torch.device(device))


def prelu(device: torch.device) -> Numbers:
    """Check PReLU, channel-wise and shared, against eqs. 1 to 3."""
    y = _normal("y", 2, *SHAPE).to(device)
    slopes = torch.tensor([0.25, -0.5, 1.5], dtype=torch.float64, device=device)
    eq1 = torch.where(y > 0, y, slopes.view(-1, 1, 1) * y)
    channel = _layer("prelu_channel", slopes, device)
    return {
        "definition_difference": _largest(eq1 - (y.clamp_min(0) + slopes.view(-1, 1, 1) * y.clamp_max(0))),
        "module_difference": _largest(channel(y) - eq1),
        "relu_difference": _largest(_layer("prelu_channel", 0 * slopes, device)(y) - y.clamp_min(0)),
        "leaky_difference": _largest(
            _layer("prelu_channel", 0 * slopes + 0.01, device)(y) - _layer("leaky", None, device, 0.01)(y)
        ),
        "identity_difference": _largest(_layer("prelu_channel", 0 * slopes + 1, device)(y) - y),
        **_prelu_gradients(y, slopes, device),
    }


def dropout(device: torch.device) -> Numbers:
    """Compare halved outputs with means over all masks, for one and two hidden layers (AlexNet section 4.2)."""
    x = _normal("x", 5).to(device)
    first, second, last = (_dense(*sizes, device) for sizes in ((5, 7), (7, 7), (7, 4)))
    half = PaperDropout(0.5).eval()
    masks = torch.tensor(list(itertools.product((0.0, 1.0), repeat=7)), dtype=torch.float64, device=device)
    with torch.no_grad():
        hidden = first(x).relu()
        every = last(masks * hidden).log_softmax(-1)
        halved = last(half(hidden)).softmax(-1)
        deep = last(masks[None] * second(masks[:, None] * hidden).relu()).log_softmax(-1).flatten(0, 1)
        deep_halved = last(half(second(half(hidden)).relu())).softmax(-1)
    return {
        "one_layer_difference": _largest(halved - every.mean(0).softmax(-1)),
        "two_layer_difference": _largest(deep_halved - deep.mean(0).softmax(-1)),
        "arithmetic_mean_difference": _largest(halved - every.exp().mean(0)),
        "masks": float(len(masks)),
    }


def rectifier(device: torch.device) -> Numbers:
    """Check gradients at any scale, and learning from one positive response (AlexNet section 3.3)."""
    scales = torch.logspace(-300, 300, 601, dtype=torch.float64, device=device)
    relu = _layer("relu", None, device)
    saturated = _gradient(torch.tanh, torch.cat([torch.tensor([20.0], device=device), scales[scales > 20]]))
    images, neurons = _normal("images", 8, 6).to(device), _dense(6, 256, device)
    responses = neurons(images) - 1.5
    loss = relu(responses).sum()
    learns = torch.autograd.grad(loss, neurons.weight)[0].abs().amax(1) > 0
    positive = (responses > 0).sum(0)
    return {
        "positive_gradient_difference": _largest(_gradient(relu, scales) - 1),
        "tanh_largest_gradient": _largest(saturated),
        "one_positive_neurons": float((positive == 1).sum()),
        "one_positive_without_gradient": float(((positive == 1) & ~learns).sum()),
        "no_positive_with_gradient": float(((positive == 0) & learns).sum()),
    }


def response_norm(device: torch.device) -> Numbers:
    """Check the printed formula, by loops, on activities up to 50 (AlexNet section 3.3)."""
    described = next(layer for layer in AlexNet().layers(1000) if layer.kind_name == "response_norm")
    k, n, alpha, beta = (described.constants[name] for name in ("k", "n", "alpha", "beta"))
    n = int(n)
    shape = (12, 3, 3)
    a = 50 * torch.rand(2, *shape, generator=generator(0, "a"), dtype=torch.float64).to(device)
    formula = torch.empty_like(a)
    for i in range(shape[0]):
        near = a[:, max(0, i - n // 2) : min(shape[0] - 1, i + n // 2) + 1]
        formula[:, i] = a[:, i] / (k + alpha * near.square().sum(1)) ** beta
    ours = build([described], shape)
    numerical = _central_differences(lambda x: _loss(ours(x)), a)
    theirs, scaled = (nn.LocalResponseNorm(n, alpha * factor, beta, k) for factor in (1, n))
    return {
        "formula_difference": _largest(ours(a) - formula),
        "gradient_difference": _largest(_gradient(lambda x: _loss(ours(x)), a) - numerical),
        "torch_difference": _largest(theirs(a) - formula),
        "torch_scaled_difference": _largest(scaled(a) - formula),
    }


def update(device: torch.device) -> Numbers:
    """Check six steps, with a drop of the rate after three, against the papers (AlexNet section 5, PReLU eq. 4)."""
    printed = _by_printed_rule(device)
    ours, decay = _by_optimiser("rate_inside_velocity", device)
    outside, _ = _by_optimiser("rate_outside_velocity", device)
    return {
        "difference": _largest(ours["weight"] - printed["weight"]),
        "rate_outside_difference": _largest(outside["weight"] - printed["weight"]),
        "slope_difference": _largest(ours["slope"] - printed["slope"]),
        "slope_decay": decay,
    }


_CHECKS: dict[str, Callable[[torch.device], Numbers]] = {
    "prelu": prelu,
    "dropout": dropout,
    "rectifier": rectifier,
    "response_norm": response_norm,
    "update": update,
}

_MOMENTUM, _DECAY = 0.9, 0.0005  # AlexNet section 5
_RATES = (0.1, 0.1, 0.1, 0.01, 0.01, 0.01)
_SHAPES = {"weight": (3, 3), "slope": (3,)}


def _by_printed_rule(device: torch.device) -> dict[str, Tensor]:
    """Apply v := 0.9 v - decay rate w - rate gradient, then w := w + v; slopes do not decay."""
    found = {}
    for name, shape in _SHAPES.items():
        value = _normal(name, *shape).to(device)
        velocity = torch.zeros_like(value)
        for index, rate in enumerate(_RATES):
            decay = _DECAY * rate * value if name == "weight" else 0.0
            velocity = _MOMENTUM * velocity - decay - rate * _normal(f"{name} {index}", *shape).to(device)
            value = value + velocity
        found[name] = value
    return found


def _by_optimiser(
    rule: Literal["rate_inside_velocity", "rate_outside_velocity"], device: torch.device
) -> tuple[dict[str, Tensor], float]:
    """Take the same steps by the optimiser of the trainings; also return its weight decay of slopes."""
    layers = Linear("linear", 3, bias=False), Activation("prelu_channel", "prelu", 0.25)
    network = build(layers, (3,)).double().to(device)
    parameters = {"weight": network.get_parameter("linear.weight"), "slope": network.get_parameter("prelu.weight")}
    for name, parameter in parameters.items():
        _set(parameter, _normal(name, *_SHAPES[name]))
    optimiser = make_optimiser(network, Optimiser(rule=rule, momentum=_MOMENTUM, weight_decay=_DECAY), _RATES[0])
    for index, rate in enumerate(_RATES):
        set_rate(optimiser, rate)
        for name, parameter in parameters.items():
            parameter.grad = _normal(f"{name} {index}", *_SHAPES[name]).to(device)
        optimiser.step()
    decays = [group["weight_decay"] for group in optimiser.param_groups if group["params"][0] is parameters["slope"]]
    return {name: parameter.detach() for name, parameter in parameters.items()}, float(decays[0])


def _prelu_gradients(y: Tensor, slopes: Tensor, device: torch.device) -> Numbers:
    """Compare the gradients of a nonlinear loss with eqs. 2 and 3 and with finite differences."""
    channel, shared = _layer("prelu_channel", slopes, device), _layer("prelu_shared", slopes[:1], device)
    y = y.clone().requires_grad_()
    found = {}
    for name, layer, over in (("slope", channel, (0, 2, 3)), ("shared", shared, (0, 1, 2, 3))):
        outputs = layer(y)
        upstream = torch.autograd.grad(_loss(outputs), outputs, retain_graph=True)[0]
        parameter = layer.get_parameter("activation.weight")
        gradient, inputs = torch.autograd.grad(_loss(outputs), [parameter, y])
        by_equation = (upstream * torch.where(y > 0, torch.zeros_like(y), y)).sum(over).view_as(gradient)
        found[f"{name}_gradient_difference"] = _largest(gradient - by_equation)
        numerical = _central_differences(partial(_loss_at, layer, y.detach()), parameter.detach())
        found[f"{name}_finite_difference"] = _largest(gradient - numerical)
        if name == "slope":
            factor = torch.where(y > 0, torch.ones_like(y), slopes.view(-1, 1, 1).expand_as(y))
            found["input_gradient_difference"] = _largest(inputs - upstream * factor)
    return found


def _loss_at(layer: nn.Module, y: Tensor, slopes: Tensor) -> Tensor:
    return _loss(functional_call(layer, {"activation.weight": slopes}, y))


def _loss(outputs: Tensor) -> Tensor:
    return (outputs.sin() * _normal("c", *outputs.shape).to(outputs.device)).sum()


@torch.no_grad()
def _central_differences(function: Callable[[Tensor], Tensor], x: Tensor, step: float = 1e-6) -> Tensor:
    """Return the central differences of a scalar function along every element of x."""
    steps = step * torch.eye(x.numel(), dtype=x.dtype, device=x.device).view(-1, *x.shape)
    return torch.stack([(function(x + one) - function(x - one)) / (2 * step) for one in steps]).view_as(x)


def _gradient(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x = x.clone().requires_grad_()
    return torch.autograd.grad(function(x).sum(), x)[0]


def _layer(kind: Rectifier, slopes: Tensor | None, device: torch.device, slope: float = 0.0) -> Network:
    """Build an activation as it occurs in a network, with given slopes."""
    network = build([Activation(kind, "activation", slope)], SHAPE).double().to(device)
    if slopes is not None:
        _set(network.get_parameter("activation.weight"), slopes)
    return network


def _dense(inputs: int, outputs: int, device: torch.device) -> nn.Linear:
    """Build a fully connected layer with fixed random weights and biases."""
    layer = nn.Linear(inputs, outputs).double().to(device)
    _set(layer.weight, _normal("weight", outputs, inputs) / inputs**0.5)
    _set(layer.bias, _normal("bias", outputs))
    return layer


@torch.no_grad()
def _set(parameter: Tensor, value: Tensor) -> None:
    parameter.copy_(value)


def _normal(purpose: str, *shape: int) -> Tensor:
    return torch.randn(shape, generator=generator(0, purpose), dtype=torch.float64)


def _largest(differences: Tensor) -> float:
    return float(differences.detach().abs().max())
