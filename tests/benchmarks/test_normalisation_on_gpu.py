"""Response normalisation in Triton against torch's form and torch's own layer, on a GPU: -m gpu --benchmark-enable."""

import statistics

import pytest
import torch
from torch import nn

from harness.models.modules import ResponseNorm

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]
SHAPES = {"conv1": (128, 96, 55, 55), "conv2": (128, 256, 27, 27)}


def milliseconds(layer, a, gradient):
    """Forward and backward on the device, between two events."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    a.grad = None
    start.record()
    layer(a).backward(gradient)
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels_last"])
@pytest.mark.parametrize("shape", SHAPES)
def test_triton_against_the_other_forms(benchmark, shape, layout, dtype):
    """Ratios of medians of steps that take turns, on AlexNet's maps for a batch of 128."""
    from harness.models.response_norm_triton import response_norm

    a = torch.randn(SHAPES[shape], device="cuda", dtype=dtype).relu().to(memory_format=layout).requires_grad_()
    gradient = torch.randn_like(a)
    constants = {"k": 2.0, "n": 5, "alpha": 1e-4, "beta": 0.75}
    others = {
        "plain": ResponseNorm(**constants),
        "torchs": nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0),
    }
    times = {name: [] for name in others}
    ours = []

    def others_turn():
        for name, layer in others.items():
            times[name].append(milliseconds(layer, a, gradient))

    def our_turn():
        ours.append(milliseconds(lambda x: response_norm(x, **constants), a, gradient))

    benchmark.pedantic(our_turn, setup=others_turn, rounds=20 if benchmark.enabled else 1, warmup_rounds=3)
    for name, taken in times.items():
        benchmark.extra_info[f"times_as_fast_as_{name}"] = round(
            statistics.median(taken[3:]) / statistics.median(ours[3:]), 2
        )
