"""The papers' update rule, built on torch's stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.rate_schedule import Rates
from harness.jobs.recipe import Recipe
from harness.jobs.training.schedule import Rate
from harness.jobs.training.sgd import SGD
from harness.models.network import Network, decay_groups

FUSED_DEVICES = {"cpu", "cuda"}


def make_optimiser(network: Network, spec: Optimiser, rate: float | Tensor, *, by_layer: bool = False) -> SGD:
    """Return an SGD over the net's parameters with a first rate > 0, fused to one kernel where torch supports it.

    A rate held in a tensor can change under a captured CUDA graph; `set_rate` then writes into it. `by_layer` allows
    `set_rates` to give each layer its own rates.
    """
    _check(float(rate))
    groups = decay_groups(network, spec.weight_decay, spec.decays, by_layer=by_layer)
    fused = {parameter.device.type for parameter in network.parameters()} <= FUSED_DEVICES
    optimiser = SGD(groups, rate, spec.momentum, fused=fused, nesterov=spec.nesterov)
    for group in optimiser.param_groups:
        group["rule"] = spec.rule  # the optimiser's state carries it into checkpoints
    return optimiser


def set_rate(optimiser: SGD, rate: float) -> None:
    """Change the rate of every parameter. Raises ValueError unless the rate is > 0.

    torch steps w <- w - rate u with u <- momentum u + decay w + grad. The papers' velocity, with the rate inside, is v
    = -rate u (AlexNet section 5). To keep v at a new rate, u is multiplied by old rate / new rate.
    """
    _check(rate)
    for group, old in [(group, float(group["lr"])) for group in optimiser.param_groups]:  # groups may share one tensor
        _set(optimiser, group, old, rate)


def set_rates(optimiser: SGD, rates: Mapping[str, Rates]) -> None:
    """Change the rates of each layer's weights and of its other parameters; velocities change as in `set_rate`.

    A rate of 0 freezes parameters: they keep every bit whatever their velocities. Raises ValueError for a rate below 0,
    and for a frozen layer that would move again, because its velocity is lost.
    """
    for group in optimiser.param_groups:
        of = rates[group["layer"]]
        rate = of.weights if group["kind"] == "weight" else of.biases
        if rate != float(group["lr"]):
            _check(rate or 1.0)
            _check(float(group["lr"]))
            _set(optimiser, group, float(group["lr"]), rate)


def _set(optimiser: SGD, group: dict[str, Any], old: float, rate: float) -> None:
    group["lr"] = group["lr"].fill_(rate) if isinstance(group["lr"], Tensor) else rate
    if group["rule"] == "rate_inside_velocity" and rate > 0:
        _scale_velocities(optimiser, group["params"], old / float(group["lr"]))


def follow(optimiser: SGD, rate: Rate, recipe: Recipe, step: int, of_epoch: int) -> None:
    """Set the optimiser's rate to that of a step of the training, if it differs from that of the step before."""
    wanted, before = rate.at(recipe, step, of_epoch), recipe.rate if rate.taken is None else rate.taken
    if wanted != before:
        set_rate(optimiser, wanted)
    rate.taken = wanted


def _scale_velocities(optimiser: SGD, parameters: list[nn.Parameter], factor: float) -> None:
    for parameter in parameters:
        velocity = optimiser.state.get(parameter, {}).get("momentum_buffer")
        if velocity is not None:
            velocity.mul_(factor)


def _check(rate: float) -> None:
    if not rate > 0:
        raise ValueError(f"a learning rate must be > 0, not {rate}")
