"""Carries out `Timing`: times training steps of several nets in turn on one device."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
import torch.nn.functional as F

from harness.data.augment import ColourNoise, random_views
from harness.errors import JobFailed
from harness.jobs.device import autocast, on_device
from harness.jobs.measures.timing import Arm, Timing
from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.randomness import generator
from harness.jobs.training.optimiser import make_optimiser
from harness.machine.environment import clocked_device
from harness.models.initialisation import FanScaled
from harness.models.initialisers import initialise
from harness.models.network import build

SECONDS_A_DAY = 86_400

Step = Callable[[], None]


def measure(spec: Timing, seed: int | None, device: str) -> dict[str, float]:
    """Measure the quantities of a `Timing`. Raises JobFailed on a device other than the one it was planned for."""
    assert seed is not None
    place = torch.device(device)
    require_planned(spec.device_name, place)
    steps = {name: training_step(arm, spec, seed, place) for name, arm in spec.arms.items()}
    for _ in range(spec.warm_up):
        for step in steps.values():
            step()
    rounds = [timed_round(steps, spec.steps, place, turned=bool(number % 2)) for number in range(spec.rounds)]
    return _summary(spec, rounds)


def require_planned(name: str, device: torch.device) -> None:
    """Raise JobFailed if `device` is not the one called `name`; an empty name allows any device."""
    here = clocked_device(device.type, torch.get_num_threads())
    if device.type == "cuda" and name:  # NVML and torch may list the GPUs in different orders
        here = torch.cuda.get_device_name(device)
    if name not in {"", here}:
        raise JobFailed(f"planned for timing on {name}, but this is {here}; name the device with --device")


def training_step(arm: Arm, spec: Timing, seed: int, device: torch.device) -> Step:
    """Return one arm's training step on synthetic images and labels, built from the parts of a real training."""
    layers, shape = arm.net.layers(), arm.net.input
    network = build(layers, shape)
    initialise(network, arm.net.traced(), FanScaled(rule="he_backward"), generator(seed, "weights"))
    network = on_device(network, device).train()
    # The rate is too small to change the weights noticeably.
    optimiser = make_optimiser(network, Optimiser(rule="rate_inside_velocity", momentum=0.9, weight_decay=0.0005), 1e-8)
    views = synthetic_views(arm, spec.batch, seed, device)
    outputs = arm.net.traced()[-1].output
    target = torch.randint(outputs[0], (spec.batch,), generator=generator(seed, "labels")).to(device)

    def step() -> None:
        with autocast(device, spec.precision):
            found, asides = network.with_asides(views())
        logits = found.float()
        logits = logits.flatten(2).mean(2) if len(outputs) > 1 else logits
        optimiser.zero_grad()
        loss = F.cross_entropy(logits, target)
        for weight, aside in asides:
            loss = loss + weight * F.cross_entropy(aside.float(), target)
        torch.autograd.backward(loss)
        optimiser.step()

    return step


def synthetic_views(arm: Arm, batch: int, seed: int, device: torch.device) -> Callable[[], torch.Tensor]:
    """Return the function that gives a step its batch: fixed views, or views newly drawn from stored images."""
    channels, side, _ = arm.net.input
    draws = generator(seed, "images")
    if arm.augmentation is None or arm.stored_side is None:
        ready = torch.randn(batch, channels, side, side, generator=draws).to(device, memory_format=torch.channels_last)
        return lambda: ready
    shape = (channels, arm.stored_side, arm.stored_side)
    stored = torch.randint(256, (batch, *shape), generator=draws, dtype=torch.uint8).to(device)
    mean, augmentation = torch.full(shape, 127.5).to(device), arm.augmentation
    noise = ColourNoise(augmentation, torch.eye(3) if channels == 3 else None)

    def drawn() -> torch.Tensor:
        views = random_views(stored, mean, side, augmentation, draws)
        return noise.added_to(views, draws).to(memory_format=torch.channels_last)

    return drawn


def timed_round(steps: dict[str, Step], count: int, device: torch.device, *, turned: bool) -> dict[str, float]:
    """Return the seconds of one step of each arm, as means over `count` steps; `turned` reverses the order of arms."""
    order = list(reversed(steps)) if turned else list(steps)
    found = {name: seconds_of(steps[name], count, device) / count for name in order}
    return {name: found[name] for name in steps}


def seconds_of(step: Step, count: int, device: torch.device) -> float:
    """Return the seconds that `count` steps take, measured by events on CUDA."""
    if device.type != "cuda":
        started = time.perf_counter()
        for _ in range(count):
            step()
        return time.perf_counter() - started
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    torch.cuda.synchronize(device)
    begin.record()
    for _ in range(count):
        step()
    end.record()
    torch.cuda.synchronize(device)
    return float(begin.elapsed_time(end)) / 1000


def _summary(spec: Timing, rounds: list[dict[str, float]]) -> dict[str, float]:
    found = {}
    for name in spec.arms:
        seconds = median(one[name] for one in rounds)
        found[f"{name}_seconds"] = seconds
        found[f"{name}_images_per_s"] = spec.batch / seconds
        if spec.whole_training_steps is not None:
            found[f"{name}_days"] = seconds * spec.whole_training_steps / SECONDS_A_DAY
        if spec.against is not None and name != spec.against:
            found[f"{name}_ratio"] = median(one[name] / one[spec.against] for one in rounds)
    return found
