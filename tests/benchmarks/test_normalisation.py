"""Response normalisation against torch's own, side by side: python -m pytest tests/benchmarks --benchmark-enable."""

import statistics
import time

import pytest
import torch
from torch import nn

from harness.models import response_norm_compiled
from harness.models.modules import ResponseNorm

TARGET = 4.0
KERNELS_TARGET = 8.0
GATE = 0.8  # machines are noisy
CONV1 = (32, 96, 55, 55)


LAYOUTS = pytest.mark.parametrize(
    "layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels_last"]
)


@pytest.fixture
def two_threads():
    """The processors that the target is for."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


def forward_and_backward(layer, a, gradient):
    """One step; returns what comes out and the gradient of what went in."""
    a.grad = None
    b = layer(a)
    b.backward(gradient)
    return b, a.grad


@LAYOUTS
@pytest.mark.benchmark(timer=time.process_time)  # of one thread, so other processes weigh little
def test_compiled_response_norm_is_eight_times_as_fast_as_torchs(benchmark, kernels, layout):
    """As below, with compiled kernels in one thread, by processor time."""
    compare(benchmark, layout, time.process_time, KERNELS_TARGET)


@LAYOUTS
def test_compiled_response_norm_is_eight_times_as_fast_in_two_threads_too(benchmark, kernels, two_threads, layout):
    """By the clock: threads of the kernels are no masters of more threads."""
    compare(benchmark, layout, time.perf_counter, KERNELS_TARGET)


@LAYOUTS
def test_response_norm_is_four_times_as_fast_as_torchs(benchmark, two_threads, layout, monkeypatch):
    """Forward and backward on conv1's maps in float32: equal results, and the ratio of medians of interleaved steps."""
    monkeypatch.setattr(response_norm_compiled, "WORTH_COMPILING", float("inf"))
    compare(benchmark, layout, time.perf_counter, TARGET)


def compare(benchmark, layout, clock, target):
    """Let our layer and torch's take turns."""
    shape = CONV1 if benchmark.enabled else (2, *CONV1[1:])
    a = torch.randn(shape).relu().to(memory_format=layout).requires_grad_()
    gradient = torch.randn(shape).to(memory_format=layout)
    ours = ResponseNorm(k=2.0, n=5, alpha=1e-4, beta=0.75)
    theirs = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    times_s = []

    def time_theirs():
        start = clock()
        forward_and_backward(theirs, a, gradient)
        times_s.append(clock() - start)

    for one, two in zip(
        forward_and_backward(ours, a, gradient), forward_and_backward(theirs, a, gradient), strict=True
    ):
        torch.testing.assert_close(one, two)
    benchmark.pedantic(forward_and_backward, (ours, a, gradient), setup=time_theirs, rounds=15, warmup_rounds=2)
    if benchmark.enabled:
        ratio = statistics.median(times_s) / benchmark.stats.stats.median
        benchmark.extra_info["times_as_fast_as_torch"] = round(ratio, 2)
        assert ratio >= GATE * target
