"""AlexNet's step against torchvision's reference loop: python -m pytest tests/benchmarks --benchmark-enable."""

import statistics
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from reference_loops import a_batch, alexnet, computes_bf16, stepping

from harness.jobs.device import on_device, set_up
from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.randomness import seed_step
from harness.jobs.training.optimiser import make_optimiser
from harness.jobs.training.step import gradients
from harness.machine.runtime import Runtime

THREADS = 2  # the processors that the targets are for
TARGETS = {"fp32": 1.5, "bf16": 2.5}  # times as fast as the reference loop in float32
GATE = 0.8  # machines are noisy
BATCH = 32


@pytest.mark.parametrize("precision", TARGETS)
def test_a_step_beats_the_reference_loops(benchmark, precision):
    """The ratio of medians of steps that take turns, in two processes; both are given float views."""
    if benchmark.enabled and precision == "bf16" and not computes_bf16():
        pytest.skip("this processor has no bfloat16 instructions, so nothing can be gained by it")
    width, batch = (1.0, BATCH) if benchmark.enabled else (0.05, 2)
    device = set_up(Runtime(device="cpu", threads=THREADS))
    net = on_device(alexnet(width), device).train()
    optimiser = make_optimiser(
        net, Optimiser(rule="rate_inside_velocity", momentum=0.9, weight_decay=0.0005), 0.01
    )  # section 5
    images, labels = a_batch(batch)
    views, losses, times_s = images.to(memory_format=torch.channels_last), [], []

    def step():
        seed_step(0, 0, len(losses))
        optimiser.zero_grad()
        losses.append(gradients(net, views, labels, precision, None)[0])
        optimiser.step()

    with stepping(width, batch, THREADS, apart=benchmark.enabled) as their_step:
        rounds = 9 if benchmark.enabled else 1
        benchmark.pedantic(step, setup=lambda: times_s.append(their_step()), rounds=rounds, warmup_rounds=1)
    assert torch.stack(losses).isfinite().all()
    if benchmark.enabled:
        ratio = statistics.median(times_s[1:]) / benchmark.stats.stats.median
        benchmark.extra_info["times_as_fast_as_the_reference"] = round(ratio, 2)
        assert ratio >= GATE * TARGETS[precision]
