"""Calibration: times a few real training steps, or a real test of a few images, on synthetic images.

`plan --calibrate` uses it to estimate how long the jobs of a suite take on this machine.
"""

from __future__ import annotations

import io
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness.data import DATASETS
from harness.data.images import Indices, InMemory, OnGpu
from harness.data.spec import DataSpec, Prepare
from harness.data.splits import Split
from harness.data.transfer import sent
from harness.jobs.device import device_environment, on_device, set_up
from harness.jobs.evaluation.evaluate import outputs
from harness.jobs.pixels import load_pixels
from harness.jobs.recipe import Protocol, Recipe
from harness.jobs.training.first_weights import initialised
from harness.jobs.training.optimiser import make_optimiser
from harness.jobs.training.schedule import Rate
from harness.jobs.training.state import State
from harness.jobs.training.train import Training, take_epoch
from harness.jobs.work import Work
from harness.machine.runtime import Runtime
from harness.machine.telemetry import sampled
from harness.models import parse_model
from harness.models.layers import trace
from harness.progress import Progress
from harness.stop_signal import StopSignal
from harness.store.store import JobFolder, write_atomically

SPENT_S = 4.0
"""Approximate time that the measured part of a calibration takes, in seconds."""
STEPS = 30
"""Largest number of steps to time, which limits very fast networks."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Result of a calibration."""

    images: int
    """Images in the batch, or in the test."""
    seconds_an_image: float
    power_w: float | None
    """Mean power of the GPU during the measured part, in watts; None where it is not measured."""
    share: float
    """Fraction of its threads' time that this process received. On a CPU it falls when other programs compete."""


def time_training(spec: dict[str, Any], runtime: Runtime, images: int) -> Timed:
    """Time training steps with `images` images a batch, on synthetic images, after a warm-up.

    `spec` is the spec of a train job.
    """
    with tempfile.TemporaryDirectory() as place:
        recipe = Recipe.parsed({"source": "", **spec["recipe"]})
        # Jitter cuts images while it decodes them, so with jitter they arrive as large as a view.
        jitters = recipe.augmentation.jitter is not None
        augmentation = recipe.augmentation.model_copy(update={"jitter": None})
        recipe = recipe.with_length(1, None).model_copy(update={"batch": images, "augmentation": augmentation})
        work = _work(spec, runtime, Path(place))
        shape = tuple(spec["input"]) if jitters else _prepared(spec, recipe.prepare)
        device = set_up(runtime)
        run = _training(work, recipe, made_up(spec, shape, images * (STEPS + 1)).on(device), device)
        pixels = load_pixels(work.inputs["pixel_statistics"], run.device)

        def steps(count: int) -> None:
            run.steps = run.state.step + count
            take_epoch(run, pixels)

        return _timed(steps, images, work, run.device)


def time_test(spec: dict[str, Any], training: dict[str, Any], runtime: Runtime, images: int) -> Timed:
    """Time tests of `images` synthetic images, after one test to warm up.

    `spec` is the spec of an evaluate job. The network is that of the train job's spec `training`, with its first
    weights.
    """
    with tempfile.TemporaryDirectory() as place:
        work, device = _work(spec, runtime, Path(place)), set_up(runtime)
        protocol = Protocol.parsed({"source": "", **spec["protocol"]})
        recipe = Recipe.parsed({"source": "", **training["recipe"]})
        network = on_device(initialised(training, recipe), device)
        passes = [
            made_up(spec, _prepared(spec, prepare), images)
            for prepare in protocol.prepares(DataSpec.parsed(spec["data"]).prepare)
        ]

        def tests(count: int) -> None:
            for _ in range(count):
                outputs(work, passes, training, network, protocol, device)

        return _timed(tests, images, work, device)


def forward_multiply_adds(spec: dict[str, Any]) -> int:
    """Return the multiply-adds of one forward pass of one image through the network of a train job's spec."""
    layers = parse_model(spec["model"]).layers(spec["classes"])
    return sum(layer.multiply_adds for layer in trace(layers, tuple(spec["input"])))


def made_up(spec: dict[str, Any], shape: tuple[int, ...], count: int) -> Split:
    """Return a split of `count` noise images of one class, all sharing the memory of a single image."""
    image = torch.randint(0, 256, (1, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    ids, labels = [str(number) for number in range(count)], torch.zeros(count, dtype=torch.int64)
    channels, height, width = shape
    split = DataSpec.parsed(spec["data"]), "made up", ids, labels, (), (channels, height, width)
    return Split(*split, OneImage(image.expand(count, *shape)))


class OneImage(InMemory):
    """One image repeated to stand for many that would not fit in memory; reading a batch costs the same as for many."""

    def read(self, indices: Indices) -> torch.Tensor:
        """Return as many copies of the image as there are indices."""
        return self.images[: len(indices)].clone(memory_format=torch.contiguous_format)

    def on(self, device: torch.device) -> InMemory | OnGpu:
        """Move the image to `device` and repeat it there."""
        one = sent(self.images[:1].contiguous(), device)
        return self if device.type == "cpu" else OnGpu(one.expand_as(self.images))


def _timed(repeat: Callable[[int], None], images: int, work: Work, device: torch.device) -> Timed:
    """Time `repeat` for about `SPENT_S` seconds, after one call to warm up and one to estimate its duration."""
    count = 1
    if _seconds(repeat, 1) < SPENT_S:  # if a cold call is slower than that, a warm call is slow too
        once_s = _seconds(repeat, 1)
        count = min(STEPS - 2, max(1, math.floor(SPENT_S / max(once_s, 1e-6))))
    with sampled(work.folder, work.runtime.device) as sampler:
        had_s = time.process_time()
        seconds = _seconds(repeat, count)
        had_s = time.process_time() - had_s
    telemetry = sampler.of(device_environment(device)) or {}
    share = had_s / (seconds * work.runtime.threads)
    return Timed(images, seconds / (count * images), telemetry.get("mean_power_w"), share)


def _seconds(repeat: Callable[[int], None], count: int) -> float:
    started = time.monotonic()
    repeat(count)
    return time.monotonic() - started


def _training(work: Work, recipe: Recipe, split: Split, device: torch.device) -> Training:
    network = on_device(initialised(work.spec, recipe), device)
    optimiser = make_optimiser(network, recipe.optimiser, recipe.rate, by_layer=recipe.schedule.rule == "changes")
    return Training(work, recipe, split, split, network, optimiser, device, State(Rate(recipe.rate)), 0)


def _work(spec: dict[str, Any], runtime: Runtime, place: Path) -> Work:
    """Return the arguments of a job that saves no checkpoint and whose mean image is plain grey."""
    measured = JobFolder(place / "pixels")
    prepare = DataSpec.parsed(spec["data"]).prepare
    shape, buffer = _prepared(spec, prepare), io.BytesIO()
    arrays: dict[str, Any] = {"mean": np.full(shape, 127.0, np.float32)}
    if shape[0] == 3:
        arrays["covariance"] = 1000 * np.eye(3, dtype=np.float32)
    np.savez(buffer, **arrays)
    write_atomically(measured.pixels, buffer.getbuffer())
    quiet = replace(runtime, checkpoint_every_s=math.inf)
    progress = Progress(stream=io.StringIO())
    return Work(spec, JobFolder(place), {"pixel_statistics": measured}, quiet, progress, StopSignal())


def _prepared(spec: dict[str, Any], prepare: Prepare) -> tuple[int, int, int]:
    """Return (channels, height, width) of a prepared image; images of varying size count as square."""
    dataset = DATASETS[spec["data"]["name"]]
    if dataset.raw_size is None and prepare.center is None and prepare.short_side is not None:
        return (dataset.channels, prepare.short_side, prepare.short_side)
    return dataset.shape(prepare)
