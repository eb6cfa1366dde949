"""Ten crops and dense tests against their plain forms: python -m pytest tests/benchmarks --benchmark-enable."""

import statistics
import time

import pytest
import torch

from harness.data.views import fixed_views
from harness.jobs.evaluation.dense import DenseNetwork, pyramid_windows
from harness.jobs.evaluation.evaluate import views_look
from harness.models.alexnet import AlexNet
from harness.models.modules import PyramidPool
from harness.models.network import build
from harness.models.rectifier import PreluLarge

GATE = 0.8  # machines are noisy


@pytest.fixture
def two_threads():
    """The processors that the targets are for."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


def ready(layers, shape):
    """A net at test time with random weights."""
    torch.manual_seed(0)
    network = build(layers, shape)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.02)
    return network.eval().to(memory_format=torch.channels_last)


def times_as_fast(benchmark, ours, theirs, rounds):
    """The ratio of medians of rounds that take turns; results are compared once, before."""
    times_s = []

    def time_theirs():
        start = time.perf_counter()
        theirs()
        times_s.append(time.perf_counter() - start)

    torch.testing.assert_close(ours(), theirs(), rtol=1e-4, atol=1e-6)
    benchmark.pedantic(ours, setup=time_theirs, rounds=rounds, warmup_rounds=1)
    if not benchmark.enabled:
        return float("inf")
    ratio = statistics.median(times_s) / benchmark.stats.stats.median
    benchmark.extra_info["times_as_fast"] = round(ratio, 2)
    return ratio


@torch.inference_mode()
def test_ten_crops_as_one_batch_are_faster_than_ten_forwards(benchmark, two_threads):
    """AlexNet on one 256-pixel image at a time, as one batch of ten views and as ten batches of one."""
    width = 1.0 if benchmark.enabled else 0.05
    network = ready(AlexNet(width=width).layers(1000), (3, 224, 224))
    image = torch.randint(0, 256, (1, 3, 256, 256)).to(torch.uint8)
    mean = torch.full((3, 256, 256), 120.0)
    look = views_look(network, mean, 224, "ten_crop")

    def one_by_one():
        views = fixed_views(image, mean, 224, "ten_crop").unbind(1)
        return torch.stack(
            [network(view.contiguous(memory_format=torch.channels_last)).softmax(1) for view in views]
        ).mean(0)

    assert times_as_fast(benchmark, lambda: look.scores(image), one_by_one, 7) >= GATE * 1.2


@torch.inference_mode()
def test_dense_windows_are_faster_than_crops_of_the_last_map(benchmark, two_threads):
    """Model A's pyramid and fully connected layers, half as wide, on every 14 x 14 window of last maps of 20 x 27."""
    model = PreluLarge(variant="a", width=0.5 if benchmark.enabled else 0.05)
    network = ready(model.layers(1000), (3, 224, 224))
    dense = DenseNetwork.cut(network, model.last_map, 14)
    channels = [m.out_channels for m in dense.maps.modules() if isinstance(m, torch.nn.Conv2d)][-1]
    maps = torch.randn(1, channels, 20, 27).relu().contiguous(memory_format=torch.channels_last)
    pool = PyramidPool(dense.levels)

    def crops():
        windows = (maps[..., y : y + 14, x : x + 14] for y in range(7) for x in range(14))
        return torch.stack([dense.rest(pool(window)).softmax(1) for window in windows]).mean(0)

    def ours():
        return dense.rest(pyramid_windows(maps, dense.levels, 14).flatten(0, 1)).softmax(1).mean(0, keepdim=True)

    assert times_as_fast(benchmark, ours, crops, 5) >= GATE * 3
