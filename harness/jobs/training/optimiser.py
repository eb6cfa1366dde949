"""The papers' update rule on torch's own stochastic gradient descent."""

from __future__ import annotations

from torch import Tensor, nn

from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.recipe import Recipe
from harness.jobs.training.schedule import Rate
from harness.jobs.training.sgd import SGD
from harness.models.network import Network, decay_groups

FUSED_DEVICES = {"cpu", "cuda"}


def make_optimiser(network: Network, spec: Optimiser, rate: float | Tensor) -> SGD:
    """SGD over the net's parameters at a first rate > 0, one kernel a step where torch has it.

    A rate held in a tensor can be changed under a captured CUDA graph; `set_rate` then writes into it.
    """
    _check(float(rate))
    groups = decay_groups(network, spec.weight_decay, spec.decays)
    fused = {parameter.device.type for parameter in network.parameters()} <= FUSED_DEVICES
    optimiser = SGD(groups, rate, spec.momentum, fused=fused, nesterov=spec.nesterov)
    for group in optimiser.param_groups:
        group["rule"] = spec.rule  # travels with the optimiser's state into a checkpoint
    return optimiser


def set_rate(optimiser: SGD, rate: float) -> None:
    """Change the rate of every parameter; raises ValueError unless it is > 0.

    torch steps w <- w - rate u with u <- momentum u + decay w + grad; the papers' velocity, with the rate inside, is
    v = -rate u (AlexNet section 5). For the same v at a new rate, u is multiplied by old rate / new rate.
    """
    _check(rate)
    for group, old in [(group, float(group["lr"])) for group in optimiser.param_groups]:
        group["lr"] = group["lr"].fill_(rate) if isinstance(group["lr"], Tensor) else rate
        if group["rule"] == "rate_inside_velocity":
            _scale_velocities(optimiser, group["params"], old / float(group["lr"]))


def follow(optimiser: SGD, rate: Rate, recipe: Recipe, step: int, of_epoch: int) -> None:
    """Give the optimiser the rate of a step of the training where it is another than that of the step before."""
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
