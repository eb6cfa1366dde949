"""Carries out `Speedup`: times training steps on one GPU and on several in turn, in a process for each GPU."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import torch

from harness.errors import JobFailed
from harness.jobs.device import on_device
from harness.jobs.measures.on_device.schemes import Halves, conv_data_fc_single, data_parallel
from harness.jobs.measures.on_device.timing import Step, require_planned, seconds_of
from harness.jobs.measures.speedup import Speedup
from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.randomness import generator
from harness.jobs.ranks import ALONE, Ranks, joined
from harness.jobs.training.optimiser import make_optimiser
from harness.jobs.training.sgd import SGD
from harness.models.initialisation import FanScaled
from harness.models.initialisers import initialise
from harness.models.network import Network, build

SGD_SPEC = Optimiser(rule="rate_inside_velocity", momentum=0.9, weight_decay=0.0005)
RATE = 1e-8
"""Learning rate; too small to change the weights noticeably."""


class Round(NamedTuple):
    """Seconds of a step on one GPU and on all. Only the first process knows the former."""

    one: float
    all: float


def measure(spec: Speedup, seed: int | None, device: str) -> dict[str, float]:
    """Measure the quantities of a `Speedup`. Raises JobFailed on devices other than those it was planned for."""
    assert seed is not None
    ranks, place = joined(), torch.device(device)
    if ranks.count != spec.gpus:
        raise JobFailed(f"it is about {spec.gpus} processes, and this is one of {ranks.count}")
    require_planned(spec.device_name, place)
    one, everybody = one_step(spec, seed, place), shared_step(spec, seed, place, ranks)
    found = [
        timed(one, everybody, spec.steps, place, ranks, turned=bool(number % 2))
        for number in range(spec.warm_up + spec.rounds)
    ][spec.warm_up :]
    return {
        "one_seconds": median(times.one for times in found),
        "all_seconds": median(times.all for times in found),
        "speedup": median(times.one / times.all for times in found),
    }


def timed(one: Step, everybody: Step, steps: int, place: torch.device, ranks: Ranks, *, turned: bool) -> Round:
    """Return the seconds of a step on one GPU and on all, each the mean over `steps` steps.

    The other processes wait while the first works alone. `turned` measures the shared step first.
    """

    def alone() -> float:
        ranks.meet()
        return seconds_of(one, steps, place) / steps if ranks.first else 0.0

    def together() -> float:
        ranks.meet()
        return seconds_of(everybody, steps, place) / steps

    if turned:
        after = together()
        return Round(alone(), after)
    return Round(alone(), together())


def one_step(spec: Speedup, seed: int, place: torch.device) -> Step:
    """Return the step of the whole batch on one device."""
    network, (views, target) = initial(spec, seed, place), batch(spec, seed, place)
    return updating(
        [make_optimiser(network, SGD_SPEC, RATE)],
        lambda: data_parallel(network, views, target, spec.precision, ALONE, None),
    )


def shared_step(spec: Speedup, seed: int, place: torch.device, ranks: Ranks) -> Step:
    """Return this process's part of the step that all processes take together."""
    network, (views, target), share = initial(spec, seed, place), batch(spec, seed, place), ranks.share(spec.batch)
    assert share is not None
    mine = views[share.part].contiguous(memory_format=torch.channels_last)
    if spec.scheme == "data_parallel":
        return updating(
            [make_optimiser(network, SGD_SPEC, RATE)],
            lambda: data_parallel(network, mine, target[share.part], spec.precision, ranks, share),
        )
    halves = Halves.cut(network)
    trained = halves if ranks.first else [halves.conv]
    return updating(
        [make_optimiser(half, SGD_SPEC, RATE) for half in trained],
        lambda: conv_data_fc_single(halves, mine, target, spec.precision, ranks, share),
    )


def updating(optimisers: list[SGD], take: Callable[[], torch.Tensor]) -> Step:
    """Return a step of the optimisers that uses the gradients computed by `take`."""

    def step() -> None:
        for optimiser in optimisers:
            optimiser.zero_grad()
        take()
        for optimiser in optimisers:
            optimiser.step()

    return step


def initial(spec: Speedup, seed: int, place: torch.device) -> Network:
    """Return the net with its first weights, the same in every process."""
    network = build(spec.net.layers(), spec.net.input)
    initialise(network, spec.net.traced(), FanScaled(rule="he_backward"), generator(seed, "weights"))
    return on_device(network, place).train()


def batch(spec: Speedup, seed: int, place: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return synthetic views and labels of a whole batch, the same in every process."""
    views = torch.randn(spec.batch, *spec.net.input, generator=generator(seed, "images"))
    target = torch.randint(spec.net.classes, (spec.batch,), generator=generator(seed, "labels"))
    return views.to(place, memory_format=torch.channels_last), target.to(place)
