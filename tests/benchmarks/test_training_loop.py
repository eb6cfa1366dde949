"""The training loop against loops written by hand: python -m pytest tests/benchmarks --benchmark-enable."""

import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from reference_loops import Pictures, computes_bf16, ordinary
from tiny_suites import STEM, tiny_world

from harness.data.augment import random_views
from harness.jobs.device import on_device
from harness.jobs.training import train as training
from harness.jobs.work import Work
from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.stop_signal import StopSignal

THREADS = 2  # the processors that the targets are for
ALLOWED = 1.01  # times the bare loop's time
NOISE = 0.04  # of a ratio of two medians on a busy machine
TARGETS = {"fp32": 1.8, "bf16": 2.5}  # times as fast as an ordinary loop in float32
GATE = 0.8

pytestmark = pytest.mark.filterwarnings("ignore:.*pin_memory.*")


@pytest.fixture
def side_by_side(tmp_path, monkeypatch, benchmark):
    """Time the loop's epochs, each followed by one of another loop: (medians of ours and of theirs in seconds)."""

    def timed(other, precision):
        small = {"width": 0.25 if benchmark.enabled else 0.05, "stem": STEM}
        epochs, part = (9, {}) if benchmark.enabled else (1, {"subset": {"classes": 10, "per_class": 40}})
        world = tiny_world(tmp_path, model=small, batch=128, epochs=epochs, drops_after=[], precision=precision, **part)
        ours_s, theirs_s, began = [], [], []
        whole, batches = training.validated, training.epoch_batches

        def begins(*arguments):
            began.append(time.perf_counter())
            return batches(*arguments)

        def ends(run, mean):
            ours_s.append(time.perf_counter() - began[-1])
            theirs_s.append(other(run, mean))
            return whole(run, mean)

        monkeypatch.setattr(training, "epoch_batches", begins)
        monkeypatch.setattr(training, "validated", ends)
        benchmark.pedantic(train_all, (world,), rounds=1)
        return tuple(statistics.median(times[1:] or times) for times in (ours_s, theirs_s))  # the first one warms up

    return timed


def train_all(world):
    """Measure what has to be measured, then train."""
    world.run(kinds={"pixels"})
    spec, inputs = world.planned("train").read_job()["spec"], {"pixel_statistics": world.folder("pixels")}
    runtime = Runtime(device="cpu", threads=THREADS)
    work = Work(spec, world.folder("train"), inputs, runtime, Progress(world.stream), StopSignal())
    with ExitStack() as opened:
        training.trained(training.prepared(work, opened))


def fresh(run):
    """Another net like the one in training."""
    return training.initialised(run.work.spec, run.recipe).train()


def test_the_loop_adds_little_to_the_bare_steps(benchmark, side_by_side):
    """Seeds for every step, sums, looks at the clock and at the losses: at most a hundredth of the time."""
    bare = {}

    def epoch(run, mean):
        if not bare:
            network = on_device(fresh(run), run.device)
            bare.update(net=network, optimiser=training.make_optimiser(network, run.recipe.optimiser, 0.01))
        start = time.perf_counter()
        draws = torch.Generator().manual_seed(0)
        for batch in torch.randperm(run.training.count)[: run.steps * 128].view(-1, 128):
            views = random_views(run.training.images(batch), mean, run.recipe.crop, run.recipe.augmentation, draws)
            loss = F.cross_entropy(bare["net"](views.to(memory_format=torch.channels_last)), run.training.labels[batch])
            bare["optimiser"].zero_grad()
            loss.backward()
            bare["optimiser"].step()
        return time.perf_counter() - start

    ours_s, theirs_s = side_by_side(epoch, "fp32")
    if benchmark.enabled:
        benchmark.extra_info["times_the_bare_loop"] = round(ours_s / theirs_s, 3)
        assert ours_s / theirs_s <= ALLOWED + NOISE


@pytest.mark.parametrize("precision", TARGETS)
def test_an_epoch_of_the_small_net_beats_an_ordinary_loop(benchmark, side_by_side, precision):
    """Against a DataLoader of PIL images, torchvision's transforms, torch's own layers and SGD, all in float32."""
    if benchmark.enabled and precision == "bf16" and not computes_bf16():
        pytest.skip("this processor has no bfloat16 instructions, so nothing can be gained by it")
    theirs = {}

    def epoch(run, mean):
        if not theirs:
            network = ordinary(fresh(run))
            loader = DataLoader(Pictures(run.training, run.recipe.crop, mean), 128, shuffle=True, drop_last=True)
            optimiser = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9, weight_decay=0.0005)
            theirs.update(net=network, loader=loader, optimiser=optimiser)
        start = time.perf_counter()
        for images, labels in theirs["loader"]:
            loss = F.cross_entropy(theirs["net"](images), labels)
            theirs["optimiser"].zero_grad()
            loss.backward()
            theirs["optimiser"].step()
        return time.perf_counter() - start

    ours_s, theirs_s = side_by_side(epoch, precision)
    if benchmark.enabled:
        benchmark.extra_info["times_as_fast_as_ordinary"] = round(theirs_s / ours_s, 2)
        assert theirs_s / ours_s >= GATE * TARGETS[precision]
