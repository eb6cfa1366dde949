"""Probes: the first steps of a training, or a test of its first weights, as numbers that two runs can compare exactly.

`check` compares probes with a baseline to find out whether a change of the code changed the method.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from harness.data.splits import Split
from harness.data.views import fixed_views
from harness.jobs.amplified import amplified, responses, watched
from harness.jobs.device import device_environment, on_device, set_up
from harness.jobs.disturbance import Nudge, nudge_weights, onednn
from harness.jobs.evaluation.evaluate import opened_passes, outputs
from harness.jobs.observe import observed, opened_split
from harness.jobs.pixels import Pixels, load_pixels
from harness.jobs.recipe import Protocol, Recipe
from harness.jobs.settled import settled
from harness.jobs.training.captured import unchanged
from harness.jobs.training.changes import ListedChanges
from harness.jobs.training.first_weights import initialised, start_from
from harness.jobs.training.train import Training, next_epoch, prepared, take_epoch
from harness.jobs.work import Work
from harness.models.layers import ParameterKind
from harness.models.network import Network, weights_sha256

DROP = 0.1
"""Factor of the rate at a drop, where the recipe's schedule gives none."""

PLURAL: dict[ParameterKind, str] = {
    "weight": "weights", "bias": "biases", "slope": "slopes", "scale": "scales", "shift": "shifts",
}  # fmt: skip
"""Names of the kinds of parameters in baselines."""


def probe(work: Work) -> dict[str, Any]:
    """Probe the training in the spec, or one test of its first weights, with one thread in single precision."""
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
    """Run the first steps of a training, with the disturbance that the spec asks for, if any."""
    disturbed = work.spec["probe"].get("disturbed", {})
    nudge = Nudge(disturbed.get("nudge", 0.0), disturbed.get("draw", 0))
    with onednn(enabled="without" not in disturbed):
        first = first_steps(work, opened, nudge)
        found = first.numbers() | {"weights_sha256": first.weights_sha256, "decays": first.decays}
        found["updates"] |= first.early
    return found, first.data


def two_steps(run: Training, pixels: Pixels, early: Recipe, first: dict[str, torch.Tensor]) -> dict[str, str]:
    """Take the first step; return how far each kind of parameter moves in it, and in a second after the rate drops.

    Two steps are too few for rounding errors to grow. They are enough to show which parameters decay and where the rate
    enters the velocity. The second step, under the recipe `early`, is undone.
    """
    whole, run.steps = run.steps, 1
    found: dict[str, str] = {}
    if take_epoch(run, pixels) is None:
        found |= moves(run.network, first, "in the first step")
        with dropped(run, early):
            before = parameters(run.network)
            if take_epoch(run, pixels) is None:
                found |= moves(run.network, before, "in the first step after a drop")
    run.steps = whole
    return found


@contextmanager
def dropped(run: Training, early: Recipe) -> Iterator[None]:
    """Move the training to the next epoch, under a recipe whose rate drops there; then put all of it back."""
    recipe, changes, state, groups = run.recipe, run.changes, run.state, run.optimiser.param_groups
    rates = [float(group["lr"]) for group in groups]
    with unchanged(run.network, run.optimiser, run.device):
        run.recipe, run.state = early, deepcopy(state)
        run.changes = ListedChanges(early, run.training.count, run.network.traced.values())
        next_epoch(run, 0.0)
        yield
    run.recipe, run.changes, run.state = recipe, changes, state
    for group, rate in zip(groups, rates, strict=True):  # a captured step reads its rate from a tensor
        group["lr"] = group["lr"].fill_(rate) if isinstance(group["lr"], torch.Tensor) else rate


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """Numbers of a training's first steps."""

    logits: torch.Tensor
    """Logits of the first weights, [images, classes]."""
    responses: dict[str, list[float]]
    """Responses of layers without weights to noise as large as pixels, by layer name."""
    losses: list[float]
    after_drop: list[float]
    updates: dict[str, list[float]]
    early: dict[str, str]
    """How far parameters move in the first step and in a second, as text."""
    decays: dict[str, str]
    """Weight decay in the optimiser, by kind of parameter."""
    weights_sha256: str
    data: list[dict[str, Any]]

    def numbers(self) -> dict[str, Any]:
        """Return the numbers as text, without the digest and the data."""
        return {
            "logits": numbers(self.logits.flatten().tolist()),
            "responses": {layer: numbers(response) for layer, response in self.responses.items()},
            "losses": numbers(self.losses),
            "after_drop": numbers(self.after_drop),
            "updates": {kind: numbers(moved) for kind, moved in sorted(self.updates.items())},
        }


def first_steps(work: Work, opened: ExitStack, nudge: Nudge) -> FirstSteps:
    """Run the first steps: logits before them, their losses, the losses after a drop of the rate, and the updates."""
    asked = work.spec["probe"]
    run, pixels = first_run(work, opened, nudge)
    shown = logits(run, pixels, opened.enter_context(opened_split(work, asked["split"])), asked["images"])
    made = responses(run.network, run.device)
    first = parameters(run.network)
    early = two_steps(run, pixels, _recipe({**work.spec, "probe": {**asked, "epochs_before_drop": 1}}), first)
    losses, after_drop = steps_taken(run, pixels, asked["steps"], asked["after_drop"])
    data = [observed(split, work.runtime.locations) for split in (run.training, run.validation)]
    gone, decays = updates(run.network, first), decays_of(run)
    return FirstSteps(shown, made, losses, after_drop, gone, early, decays, weights_sha256(run.network), data)


def first_run(work: Work, opened: ExitStack, nudge: Nudge) -> tuple[Training, Pixels]:
    """Prepare the training at its first step, with its first weights or those it starts from, changed by a nudge."""
    for left in (work.folder.checkpoint, work.folder.earlier_checkpoint):
        left.unlink(missing_ok=True)  # left by a probe that was stopped, whose first losses are lost
    run = prepared(replace(work, spec=_trained(work.spec)), opened)
    if work.spec["start_from"] is not None:
        other = work.spec["start_from"]
        weights = initialised(other, Recipe.parsed({"source": "", **other["recipe"]})).state_dict()
        start_from(run.network, weights, work.spec.get("takes"))
    nudge_weights(run.network, nudge)
    return run, load_pixels(work.inputs["pixel_statistics"], run.device)


def _trained(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the spec of the training with a schedule that drops the rate once, right after the first steps."""
    recipe, epochs = spec["recipe"], spec["probe"]["epochs_before_drop"]
    schedule = _one_drop(recipe, epochs)
    changed = {**recipe, "schedule": schedule, "epochs": epochs + 1, "iterations": None, "warm_up": None}
    return {**{key: value for key, value in spec.items() if key not in ("probe", "start_from")}, "recipe": changed}


def _recipe(spec: dict[str, Any]) -> Recipe:
    """Return the recipe of a probe's training, with its one drop."""
    return Recipe.parsed({"source": "", **_trained(spec)["recipe"]})


def _one_drop(recipe: dict[str, Any], epochs: int) -> dict[str, Any]:
    """Return a schedule with one drop after `epochs` epochs. A list of changes keeps those before the first step."""
    schedule = recipe["schedule"]
    if schedule["rule"] != "changes":
        return {"rule": "fixed", "after": [epochs], "factor": schedule.get("factor", DROP)}
    first = [change for change in schedule["changes"] if change["at"] == 0]
    return {"rule": "changes", "changes": [*first, {"at": epochs, "weights": recipe["rate"] * DROP}]}


def logits(run: Training, pixels: Pixels, split: Any, images: int) -> torch.Tensor:
    """Return the logits [images, classes] of the central views of the first test images, before any step.

    Running statistics are set to those of these very views, because the initial ones carry no information.
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
    """Take `steps` steps, then drop the rate and take `after_drop` more; return the losses of both parts.

    Steps already taken of the first epoch count. Every epoch that ends on the way brings a new order of images.
    """
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


def parameters(network: Network) -> dict[str, torch.Tensor]:
    """Return a copy of every parameter, by name."""
    return {name: parameter.detach().clone() for name, parameter in network.named_parameters()}


def moves(network: Network, before: dict[str, torch.Tensor], when: str) -> dict[str, str]:
    """Return the updates since `before` as text, by kind and moment."""
    return {f"{kind} {when}": numbers(moved) for kind, moved in updates(network, before).items()}


def updates(network: Network, first: dict[str, torch.Tensor]) -> dict[str, list[float]]:
    """Return the mean and the root mean square of how far the parameters have moved, by kind."""
    gone: dict[str, list[torch.Tensor]] = {}
    for kind, name, parameter in network.kinds():
        gone.setdefault(PLURAL[kind], []).append((parameter.detach().double() - first[name].double()).flatten().cpu())
    change = {kind: torch.cat(parts) for kind, parts in gone.items()}
    return {kind: [float(moved.mean()), float(moved.square().mean().sqrt())] for kind, moved in change.items()}


def decays_of(run: Training) -> dict[str, str]:
    """Return the distinct weight decays of each kind of parameter, as text."""
    decay = {id(one): group["weight_decay"] for group in run.optimiser.param_groups for one in group["params"]}
    found: dict[str, set[float]] = {}
    for kind, _, parameter in run.network.kinds():
        found.setdefault(PLURAL[kind], set()).add(float(decay[id(parameter)]))
    return {kind: numbers(sorted(values)) for kind, values in found.items()}


def probe_test(work: Work, device: torch.device, opened: ExitStack) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Test the first weights on a few images under a protocol, as they are and with amplified logits.

    Running statistics, where the net has any, are those of the central views of these images.
    """
    spec, protocol = work.spec["training"], Protocol.parsed({"source": "", **work.spec["protocol"]})
    passes = opened_passes(work, protocol, opened)
    network = initialised(spec, Recipe.parsed({"source": "", **spec["recipe"]}))
    network = on_device(network, device)
    with settled(network, *central_views(work, passes[0], spec, network, device)):
        with watched(network) as logits:
            found = outputs(work, passes, spec, network, protocol, device)
        said = {"classes": found.shape[1], "probabilities": numbers(found.flatten().tolist())}
        if logits.times is not None:
            with amplified(network, logits):
                sure = outputs(work, opened_passes(work, protocol, opened), spec, network, protocol, device)
            said |= {"amplified": numbers(sure.flatten().tolist())}
            said |= {"rounding": numbers([logits.times * logits.largest])}
    return said, [observed(passes[0], work.runtime.locations)]


def central_views(
    work: Work, split: Split, training: dict[str, Any], network: Network, device: torch.device
) -> list[torch.Tensor]:
    """Return the central views of all images of a pass, prepared as in training; empty if the net needs none."""
    if not network.mixing():
        return []
    recipe = Recipe.parsed({"source": "", **training["recipe"]})
    mean = load_pixels(work.inputs["pixel_statistics"], device).subtracted(recipe.augmentation, recipe.crop)
    views = fixed_views(split.images(torch.arange(split.count)).to(device), mean, recipe.crop, "centre")[:, 0]
    return [views.contiguous(memory_format=torch.channels_last)]


def numbers(values: list[float]) -> str:
    """Format single-precision numbers with the fewest digits that restore each of them exactly.

    >>> numbers([0.1, 2.0])
    '0.1 2.0'
    """
    return " ".join(str(np.float32(value)) for value in values)
