"""Recorder of everything that trainings draw in the loop: first weights, order, views, colours, jitter, dropout."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_suites import World, tiny_suite
from torch import Tensor

from harness.data import jitter
from harness.data.augment import ColourNoise
from harness.data.spec import Augmentation
from harness.data.views import central
from harness.errors import Interrupted
from harness.jobs import randomness
from harness.jobs.training import batches as arrivals
from harness.jobs.training import train as training
from harness.jobs.training.step import Step
from harness.models.modules import PaperDropout
from harness.plan.graph import make_plan
from harness.store.store import Store
from harness.suite.load import load_suite

EPOCHS, STEPS, BATCH = 3, 3, 60
COLOURED = Augmentation(crops=True, flips=True, colour_std=0.1)
"""Augmentation with colour noise; the digits are grey, and their own recipe draws none."""


@dataclass
class Draws:
    """The draws of one training: its first weights, and of all else one entry per step, or per step and layer."""

    weights: list[Tensor] = field(default_factory=list)
    order: list[Tensor] = field(default_factory=list)
    """Images of each batch as they enter it; cut already where they jitter."""
    crops: list[Tensor] = field(default_factory=list)
    """5 top + left of each view's corner."""
    reflections: list[Tensor] = field(default_factory=list)
    colours: list[Tensor] = field(default_factory=list)
    jitter: list[Tensor] = field(default_factory=list)
    """The side that an image is rescaled to, and the place of the view in it."""
    dropout: list[Tensor] = field(default_factory=list)
    generators: list[int] = field(default_factory=list)
    """Seeds of generators, in turn."""
    seen: list[Tensor] = field(default_factory=list)
    """Inputs of the net."""
    centres: list[Tensor] = field(default_factory=list)
    """Inputs of the net if only the order were drawn."""

    def of_epochs(self, purpose: str) -> Iterator[list[Tensor]]:
        """Return the draws of one purpose by epoch."""
        drawn: list[Tensor] = getattr(self, purpose)
        each, left = divmod(len(drawn), EPOCHS)
        assert each > 0
        assert left == 0
        return (drawn[epoch * each : (epoch + 1) * each] for epoch in range(EPOCHS))


def trained(
    folder: Path, augmentation: dict[str, Any], dropout: float = 0.5, *, stopping: bool = False
) -> dict[int, Draws]:
    """Train two seeds, three epochs of three steps each, on part of the digits; return the draws by seed.

    With `stopping`, each training is stopped within its second epoch and resumed, with torch's own generator in another
    state, as in a new process.
    """
    found: dict[int, Draws] = {}
    world = world_of(folder, augmentation, dropout)
    with pytest.MonkeyPatch.context() as patch:
        watch(patch, found)
        if stopping:
            stop_each(patch)
        for _ in range(2 * stopping):
            with pytest.raises(Interrupted):
                world.run(["pixels", "train"])
            torch.rand(7)
        assert world.run(["pixels", "train"]).failed == {}
    return found


def stop_each(patch: pytest.MonkeyPatch) -> None:
    """Send a signal in the second epoch of each training, once."""
    shown, stopped = training.show, set[int]()

    def show(run: training.Training) -> None:
        shown(run)
        seed = run.work.spec["seed"]
        if (run.state.epoch, run.state.step) == (1, 1) and seed not in stopped:
            stopped.add(seed)
            os.kill(os.getpid(), signal.SIGTERM)

    patch.setattr(training, "show", show)


def world_of(folder: Path, augmentation: dict[str, Any], dropout: float) -> World:
    """Return the tiny suite with this augmentation, which no scale may change, and dropout."""
    folder.mkdir(parents=True, exist_ok=True)
    part = {"classes": 10, "per_class": BATCH * STEPS // 10}
    path = tiny_suite(folder, seeds=2, subset=part, epochs=EPOCHS, batch=BATCH, drops_after=[])
    suite = json.loads(path.read_text())
    train = suite["experiments"]["cnn"]["train"]
    train |= {"model": {**train["model"], "dropout": dropout}, "change": {"augmentation": augmentation}}
    path.write_text(json.dumps(suite))
    return World(make_plan(load_suite(path), "ci"), Store(folder / "runs"))


def watch(patch: pytest.MonkeyPatch, found: dict[int, Draws]) -> None:
    """Make every training record its draws, without changing them."""
    now: list[Draws] = []
    prepared, views, windows = training.prepared, arrivals.random_views, jitter.windows
    seeded, setting = randomness.random_seed, list[int]()
    added, mask, step = ColourNoise.added_to, PaperDropout._drawn, Step.__call__

    def begun(*given: Any) -> training.Training:
        now.clear()
        setting.clear()
        run = prepared(*given)
        now.append(found.setdefault(run.work.spec["seed"], Draws()))
        now[0].generators += setting
        now[0].weights += [one.detach().clone() for one in run.network.parameters() if one.dim() > 1]
        return run

    def viewed(images: Tensor, mean: Tensor, crop: int, augmentation: Augmentation, draws: Any, share: Any) -> Tensor:
        before = draws.get_state()
        marked = views(landmarks(images), torch.zeros_like(mean), crop, augmentation, draws, share)
        draws.set_state(before)
        now[0].order.append(images.clone())
        now[0].crops.append(marked.amin((1, 2, 3)))
        now[0].reflections.append(marked[:, 0, 0, 0] > marked[:, 0, 0, -1])
        now[0].centres.append(central(images, crop) - central(mean, crop))
        return views(images, mean, crop, augmentation, draws, share)

    def coloured(noise: ColourNoise, cut: Tensor, draws: torch.Generator, share: Any) -> Tensor:
        before = draws.get_state()
        colours = ColourNoise(COLOURED, torch.eye(3))
        now[0].colours.append(added(colours, torch.zeros(len(cut), 3, 1, 1), draws, share))
        draws.set_state(before)
        return added(noise, cut, draws, share)

    def jittered(*given: Any) -> Any:
        drawn = windows(*given)
        now[0].jitter.append(torch.tensor([(one.side, one.down, one.right) for one in drawn]))
        return drawn

    def dropped(layer: PaperDropout, x: Tensor) -> Tensor:
        now[0].dropout.append(kept := mask(layer, x))
        return kept

    def stepped(taking: Step, cut: Tensor, target: Tensor) -> Any:
        now[0].seen.append(cut.clone())
        return step(taking, cut, target)

    def numbered(*given: Any) -> int:
        number = seeded(*given)
        (now[0].generators if now else setting).append(number)
        return number

    patch.setattr(randomness, "random_seed", numbered)
    patch.setattr(training, "prepared", begun)
    patch.setattr(arrivals, "random_views", viewed)
    patch.setattr(jitter, "windows", jittered)
    patch.setattr(ColourNoise, "added_to", coloured)
    patch.setattr(PaperDropout, "_drawn", dropped)
    patch.setattr(Step, "__call__", stepped)


def landmarks(images: Tensor) -> Tensor:
    """Replace images by copies of one image whose pixels are 5 row + column."""
    height, width = images.shape[-2:]
    return (5 * torch.arange(height)[:, None] + torch.arange(width)).to(torch.uint8).expand(images.shape).contiguous()
