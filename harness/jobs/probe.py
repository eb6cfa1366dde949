"""Probes: the first steps of a training, and a test of its first weights, in numbers fine enough to compare runs by."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from harness.data.splits import Split
from harness.data.views import fixed_views
from harness.jobs.device import device_environment, on_device, set_up
from harness.jobs.evaluation.evaluate import opened_passes, outputs
from harness.jobs.observe import observed, opened_split
from harness.jobs.pixels import Pixels, load_pixels
from harness.jobs.randomness import generator
from harness.jobs.recipe import Protocol, Recipe
from harness.jobs.settled import settled
from harness.jobs.training.first_weights import initialised, start_from
from harness.jobs.training.train import Training, next_epoch, prepared, take_epoch
from harness.jobs.work import Work
from harness.models.layers import ParameterKind
from harness.models.network import Network, weights_sha256

DROP = 0.1
"""Of the rate, where the recipe's schedule names no factor."""

PLURAL: dict[ParameterKind, str] = {
    "weight": "weights", "bias": "biases", "slope": "slopes", "scale": "scales", "shift": "shifts",
}  # fmt: skip
"""How baselines call the kinds of parameters."""


def probe(work: Work) -> dict[str, Any]:
    """Probe the training that the spec holds, or one test of its first weights; one thread, single precision."""
    started, runtime = time.monotonic(), replace(work.runtime, threads=1, checkpoint_every_s=math.inf)
    device = set_up(runtime)
    with ExitStack() as opened:
        probed = probe_training if work.spec["probe"]["what"] == "training" else probe_test
        found, data = probed(replace(work, runtime=runtime), device, opened)
        return {
            "outcome": "done",
            "values": {},
            "probe": found,
            "data": data,
            "marks": [],
            "environment": device_environment(device),
            "cost": {"seconds": time.monotonic() - started},
        }


def probe_training(work: Work, _device: torch.device, opened: ExitStack) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run the first steps of a training, disturbed where the spec says how."""
    disturbed = work.spec["probe"].get("disturbed", {})
    nudge = Nudge(disturbed.get("nudge", 0.0), disturbed.get("draw", 0))
    with onednn(enabled="without" not in disturbed):
        first = first_steps(work, opened, nudge)
        found = first.numbers() | {"weights_sha256": first.weights_sha256, "decays": first.decays}
        found["updates"] |= two_steps(work, nudge)
    return found, first.data


def two_steps(work: Work, nudge: Nudge) -> dict[str, str]:
    """How far the first step moves each kind of parameter, and how far the second does when the rate drops between.

    Too soon for rounding to have grown, whatever the rate, and enough to show what decays and where the rate stands.
    """
    asked = {**work.spec["probe"], "epochs_before_drop": 1}
    with ExitStack() as opened:
        run, pixels = first_run(replace(work, spec={**work.spec, "probe": asked}), opened, nudge)
        found: dict[str, str] = {}
        for when in ("in the first step", "in the first step after a drop"):
            before = {name: parameter.detach().clone() for name, parameter in run.network.named_parameters()}
            run.steps = 1
            if take_epoch(run, pixels) is not None:
                break
            next_epoch(run, 0.0)
            found |= {f"{kind} {when}": numbers(moved) for kind, moved in updates(run.network, before).items()}
        return found


@contextmanager
def onednn(*, enabled: bool) -> Iterator[None]:
    """Let torch use oneDNN, or only its own kernels; `torch.backends.mkldnn.flags` would change its precision too."""
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = enabled  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before


@dataclass(frozen=True, slots=True)
class Nudge:
    """A change of first weights by next to nothing."""

    size: float
    """The largest change, as a part of the weight itself."""
    draw: int
    """The seed of the changes."""


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """A training's first steps."""

    logits: torch.Tensor
    """[images, classes], of the first weights."""
    losses: list[float]
    after_drop: list[float]
    updates: dict[str, list[float]]
    decays: dict[str, str]
    """By kind of parameter, the weight decay that the optimiser has for it."""
    weights_sha256: str
    data: list[dict[str, Any]]

    def numbers(self) -> dict[str, Any]:
        """All of it as text, but the digest and the data."""
        return {
            "logits": numbers(self.logits.flatten().tolist()),
            "losses": numbers(self.losses),
            "after_drop": numbers(self.after_drop),
            "updates": {kind: numbers(moved) for kind, moved in sorted(self.updates.items())},
        }


def first_steps(work: Work, opened: ExitStack, nudge: Nudge) -> FirstSteps:
    """Logits at first, the losses of the first steps, those after a drop of the rate, and how far the weights went."""
    asked = work.spec["probe"]
    run, pixels = first_run(work, opened, nudge)
    shown = logits(run, pixels, opened.enter_context(opened_split(work, asked["split"])), asked["images"])
    first = {name: parameter.detach().clone() for name, parameter in run.network.named_parameters()}
    losses, after_drop = steps_taken(run, pixels, asked["steps"], asked["after_drop"])
    data = [observed(split, work.runtime.locations) for split in (run.training, run.validation)]
    gone, decays = updates(run.network, first), decays_of(run)
    return FirstSteps(shown, losses, after_drop, gone, decays, weights_sha256(run.network), data)


def first_run(work: Work, opened: ExitStack, nudge: Nudge) -> tuple[Training, Pixels]:
    """The training at its beginning, from its first weights or those that they start from, changed by a nudge."""
    for left in (work.folder.checkpoint, work.folder.earlier_checkpoint):
        left.unlink(missing_ok=True)  # of a probe that was stopped: its first losses are lost
    run = prepared(replace(work, spec=_trained(work.spec)), opened)
    if work.spec["start_from"] is not None:
        other = work.spec["start_from"]
        start_from(run.network, initialised(other, Recipe.parsed({"source": "", **other["recipe"]})).state_dict())
    nudge_weights(run.network, nudge)
    return run, load_pixels(work.inputs["pixel_statistics"], run.device)


@torch.no_grad()
def nudge_weights(network: Network, nudge: Nudge) -> None:
    """Change every weight, at random, by at most so small a part of itself; what else is learned stays."""
    draws = generator(nudge.draw, "nudge")
    for kind, _, parameter in network.kinds() if nudge.size else ():
        if kind == "weight":
            noise = 2 * torch.rand(parameter.shape, generator=draws) - 1
            parameter.mul_(1 + nudge.size * noise.to(parameter.device))


def _trained(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec of the training itself, but that the rate drops once, as soon as the asked steps are taken."""
    recipe, epochs = spec["recipe"], spec["probe"]["epochs_before_drop"]
    drop = {"rule": "fixed", "after": [epochs], "factor": recipe["schedule"].get("factor", DROP)}
    changed = {**recipe, "schedule": drop, "epochs": epochs + 1, "iterations": None, "warm_up": None}
    return {**{key: value for key, value in spec.items() if key not in ("probe", "start_from")}, "recipe": changed}


def logits(run: Training, pixels: Pixels, split: Any, images: int) -> torch.Tensor:
    """What the net says [images, classes] of the central views of a few test images, as it is at first.

    A net that normalises by running statistics is given those of these very views, for first ones tell of none.
    """
    with closing(split.sample(images)) as few, torch.inference_mode():
        batch = torch.arange(few.count)
        mean = pixels.subtracted(run.recipe.augmentation, run.recipe.crop)
        views = fixed_views(few.images(batch).to(run.device), mean, run.recipe.crop, "centre")[:, 0]
        views = views.contiguous(memory_format=torch.channels_last)
        with settled(run.network, views):
            found: torch.Tensor = run.network(views)
        return found.float().cpu()


def steps_taken(run: Training, pixels: Pixels, steps: int, after_drop: int) -> tuple[list[float], list[float]]:
    """The losses of so many steps, of a new order of images where an epoch ends, and of those after the rate drops."""
    whole, losses = run.steps, list[float]()
    while len(losses) < steps:
        run.steps = min(whole, steps - len(losses))
        if (diverged := take_epoch(run, pixels)) is not None:
            return losses + run.state.losses[: diverged + 1], []
        losses += run.state.losses
        next_epoch(run, 0.0)
    run.steps = min(whole, after_drop)
    take_epoch(run, pixels)
    return losses, run.state.losses


def updates(network: Network, first: dict[str, torch.Tensor]) -> dict[str, list[float]]:
    """Of each kind of parameter, the mean and the root mean square of how far they have gone."""
    gone: dict[str, list[torch.Tensor]] = {}
    for kind, name, parameter in network.kinds():
        gone.setdefault(PLURAL[kind], []).append((parameter.detach().double() - first[name].double()).flatten().cpu())
    change = {kind: torch.cat(parts) for kind, parts in gone.items()}
    return {kind: [float(moved.mean()), float(moved.square().mean().sqrt())] for kind, moved in change.items()}


def decays_of(run: Training) -> dict[str, str]:
    """The weight decay of each kind of parameter; of one that has several, each once."""
    decay = {id(one): group["weight_decay"] for group in run.optimiser.param_groups for one in group["params"]}
    found: dict[str, set[float]] = {}
    for kind, _, parameter in run.network.kinds():
        found.setdefault(PLURAL[kind], set()).add(float(decay[id(parameter)]))
    return {kind: numbers(sorted(values)) for kind, values in found.items()}


def probe_test(work: Work, device: torch.device, opened: ExitStack) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The averaged probabilities of a few images under a protocol, by the first weights.

    Running statistics, where the net has such, are those of the central views of these images.
    """
    spec, protocol = work.spec["training"], Protocol.parsed({"source": "", **work.spec["protocol"]})
    passes = opened_passes(work, protocol, opened)
    network = initialised(spec, Recipe.parsed({"source": "", **spec["recipe"]}))
    network = on_device(network, device)
    with settled(network, *central_views(work, passes[0], spec, network, device)):
        found = outputs(work, passes, spec, network, protocol, device)
    return {"classes": found.shape[1], "probabilities": numbers(found.flatten().tolist())}, [
        observed(passes[0], work.runtime.locations)
    ]


def central_views(
    work: Work, split: Split, training: dict[str, Any], network: Network, device: torch.device
) -> list[torch.Tensor]:
    """The central views of all images of a pass, as the net is trained on them; none for a net that needs none."""
    if not network.mixing():
        return []
    recipe = Recipe.parsed({"source": "", **training["recipe"]})
    mean = load_pixels(work.inputs["pixel_statistics"], device).subtracted(recipe.augmentation, recipe.crop)
    views = fixed_views(split.images(torch.arange(split.count)).to(device), mean, recipe.crop, "centre")[:, 0]
    return [views.contiguous(memory_format=torch.channels_last)]


def numbers(values: list[float]) -> str:
    """Single-precision numbers in words, each in the fewest digits that give it back bit for bit."""
    return " ".join(str(np.float32(value)) for value in values)
