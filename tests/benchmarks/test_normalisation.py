"""Response normalisation against torch's own, side by side: python -m pytest tests/benchmarks --benchmark-enable."""

import statistics
import time

import pytest
import torch
from torch import nn

from harness.models.modules import ResponseNorm

TARGET = 4.0
GATE = 0.8  # machines are noisy
CONV1 = (32, 96, 55, 55)


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


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels_last"])
def test_response_norm_is_four_times_as_fast_as_torchs(benchmark, two_threads, layout):
    """Forward and backward on conv1's maps in float32: equal results, and the ratio of medians of interleaved steps."""
    shape = CONV1 if benchmark.enabled else (2, *CONV1[1:])
    a = torch.randn(shape).relu().to(memory_format=layout).requires_grad_()
    gradient = torch.randn(shape).to(memory_format=layout)
    ours = ResponseNorm(k=2.0, n=5, alpha=1e-4, beta=0.75)
    theirs = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    times_s = []

    def time_theirs():
        start = time.perf_counter()
        forward_and_backward(theirs, a, gradient)
        times_s.append(time.perf_counter() - start)

    for one, two in zip(
        forward_and_backward(ours, a, gradient), forward_and_backward(theirs, a, gradient), strict=True
    ):
        torch.testing.assert_close(one, two)
    benchmark.pedantic(forward_and_backward, (ours, a, gradient), setup=time_theirs, rounds=15, warmup_rounds=2)
    if benchmark.enabled:
        ratio = statistics.median(times_s) / benchmark.stats.stats.median
        benchmark.extra_info["times_as_fast_as_torch"] = round(ratio, 2)
        assert ratio >= GATE * TARGET
