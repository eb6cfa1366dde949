"""Tests of the papers' own layers against their formulas, and against torch where they agree."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from harness.models.modules import Local, PaperDropout, PyramidPool, ResponseNorm

PAPER = {"k": 2.0, "n": 5, "alpha": 1e-4, "beta": 0.75}


def maps(*shape, dtype=torch.float64, scale=50.0, seed=0):
    """Return activities of both signs, large enough for normalisation to matter."""
    return (torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale).to(dtype)


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5])
def test_dropout_in_training_zeroes_a_share_p_and_leaves_the_rest_alone(p):
    """Dropout in training zeroes a share p and keeps the rest to the bit, and so do its gradients (section 4.2)."""
    torch.manual_seed(0)
    x = maps(200, 500).requires_grad_()
    y = PaperDropout(p).train()(x)
    kept = y != 0
    assert torch.equal(y[kept], x[kept])
    assert kept.double().mean().item() == pytest.approx(1 - p, abs=5 * (p * (1 - p) / x.numel()) ** 0.5)
    y.sum().backward()
    assert torch.equal(x.grad, kept.double())


def test_dropout_at_test_multiplies_by_the_share_kept():
    """Dropout in tests multiplies by the share kept, which is the expectation in training."""
    x = maps(4, 8)
    assert torch.equal(PaperDropout(0.3).eval()(x), x * 0.7)


@pytest.mark.parametrize("side", [(14, 14), (18, 18), (13, 9), (3, 5)])
def test_pyramid_pool_is_adaptive_max_pooling_of_each_level(side):
    """The pyramid equals adaptive max-pooling at each level in value and gradient, in the documented order."""
    levels = (6, 3, 2, 1)
    a = maps(2, 5, *side).requires_grad_()
    b = a.detach().clone().requires_grad_()
    ours = PyramidPool(levels)(a)
    reference = torch.cat([nn.AdaptiveMaxPool2d(level)(b).flatten(1) for level in levels], dim=1)
    assert torch.equal(ours, reference)
    gradient = maps(*ours.shape, seed=1, scale=1.0)
    ours.backward(gradient)
    reference.backward(gradient)
    torch.testing.assert_close(a.grad, b.grad)


def test_pyramid_pool_covers_overlapping_bins_by_floor_and_ceiling():
    """14 positions in 3 bins are 0 to 5, 4 to 10 and 9 to 14, so positions 4 and 9 are in two bins."""
    for position, bins in ((3, [1, 0, 0]), (4, [1, 1, 0]), (9, [0, 1, 1]), (13, [0, 0, 1])):
        x = torch.zeros(1, 1, 14, 14)
        x[..., position] = 1
        assert PyramidPool((3,))(x).view(3, 3)[0].tolist() == bins


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("side", [(6, 6), (12, 6), (13, 12)])
def test_pyramid_pool_of_even_bins_is_that_of_slices(side, layout):
    """Equal bins pooled at once equal slices in value and gradient to the bit, even with ties."""

    def sliced(x, bins, dim):
        edges = [(i * x.shape[dim] // bins, -(-(i + 1) * x.shape[dim] // bins)) for i in range(bins)]
        return torch.stack([x.narrow(dim, start, stop - start).amax(dim) for start, stop in edges], dim)

    levels = (6, 3, 2, 1)
    a = maps(3, 4, *side, scale=1.0).round().to(memory_format=layout).requires_grad_()
    b = a.detach().clone().requires_grad_()
    ours = PyramidPool(levels)(a)
    theirs = torch.cat([sliced(sliced(b, level, -2), level, -1).flatten(1) for level in levels], dim=1)
    assert torch.equal(ours, theirs)
    for pooled in (ours, theirs):
        pooled.square().sum().backward()
    torch.testing.assert_close(a.grad, b.grad, rtol=1e-12, atol=0)


def test_pyramid_pool_shares_the_gradient_of_a_tie():
    """Every position of a constant map gets the same gradient."""
    x = torch.ones(1, 1, 4, 4, requires_grad=True)
    PyramidPool((2,))(x).sum().backward()
    assert torch.equal(x.grad, torch.full((1, 1, 4, 4), 0.25))


def local(maps=3, filters=4, kernel=3, sides=(3, 2), stride=2, padding=(1, 0)):
    """Return a local layer for maps of 6 x 5 with random weights."""
    layer = Local(maps, filters, kernel, sides=sides, stride=stride, padding=padding).double()
    with torch.no_grad():
        for index, parameter in enumerate(layer.parameters()):
            parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(index)))
    return layer


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_local_layer_is_another_fully_connected_one_at_every_position(layout):
    """A local layer equals a fully connected layer at every position, in both memory layouts."""
    layer, x = local(), maps(5, 3, 6, 5)
    padded, y = F.pad(x, (0, 0, 1, 1)), layer(x.to(memory_format=layout))
    assert y.shape == (5, 4, 3, 2)
    for row in range(3):
        for column in range(2):
            window = padded[:, :, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3].reshape(5, -1)
            expected = F.linear(window, layer.weight[2 * row + column], layer.bias[:, row, column])
            torch.testing.assert_close(y[:, :, row, column], expected)


def test_a_local_layer_with_one_kernel_everywhere_is_a_convolution():
    """A local layer with the same kernel everywhere is a convolution."""
    layer, x = local(), maps(5, 3, 6, 5)
    kernels, biases = layer.weight[0].detach(), layer.bias[:, 0, 0].detach()
    with torch.no_grad():
        layer.weight.copy_(kernels.expand_as(layer.weight))
        layer.bias.copy_(biases[:, None, None].expand_as(layer.bias))
    expected = F.conv2d(x, kernels.view(4, 3, 3, 3), biases, stride=2, padding=(1, 0))
    torch.testing.assert_close(layer(x), expected)


def test_rescaled_dropout_keeps_the_same_units_and_doubles_them():
    """Rescaled dropout keeps the same units as AlexNet's, doubled at p = 0.5, and is the identity in tests."""
    x = maps(3, 7, scale=1.0)
    both = []
    for rescaled in (False, True):
        torch.manual_seed(5)
        both.append(PaperDropout(0.5, rescaled=rescaled).train()(x))
    assert torch.equal(2 * both[0], both[1])
    assert torch.equal(PaperDropout(0.5, rescaled=True).eval()(x), x)


def test_a_local_layer_has_the_gradient_of_its_loop():
    """A local layer has the gradient of its formula, by finite differences in float64."""
    layer = local(maps=2, filters=2, kernel=2, sides=(2, 2), stride=1, padding=(0, 0))
    x = maps(2, 2, 3, 3, scale=1.0).requires_grad_()

    def run(x, weight, bias):
        return torch.func.functional_call(layer, {"weight": weight, "bias": bias}, (x,))

    assert torch.autograd.gradcheck(run, (x, layer.weight, layer.bias))


GPU_LAYERS = {
    "norm": ResponseNorm(**PAPER),
    "pyramid": PyramidPool((6, 3, 2, 1)),
    "local": local(maps=32, sides=(18, 18), stride=1, padding=(1, 1)).float(),
    "max": nn.MaxPool2d(3, 2, ceil_mode=True),
    "average": nn.AvgPool2d(3, 2, ceil_mode=True),
}


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layer", GPU_LAYERS.values(), ids=GPU_LAYERS.keys())
def test_cuda_agrees_with_the_cpu_and_repeats_its_gradient_to_the_bit(layer, dtype):
    """CUDA agrees with the CPU and repeats gradients to the bit, with deterministic algorithms required."""
    x, steps = maps(4, 32, 18, 18, dtype=dtype), []
    torch.set_deterministic_debug_mode("error")
    try:
        for device in ("cuda", "cuda", "cpu"):
            a = x.detach().to(device).requires_grad_()
            y = copy.deepcopy(layer).to(device, dtype)(a)
            y.float().square().sum().backward()
            steps.append((y.cpu(), a.grad.cpu()))
    finally:
        torch.set_deterministic_debug_mode("default")
    assert all(torch.equal(one, two) for one, two in zip(steps[0], steps[1], strict=True))
    rounding = {torch.float32: 1e-5, torch.bfloat16: 2e-2}[dtype]  # of sums of hundreds of products, in another order
    for one, two in zip(steps[0], steps[2], strict=True):
        torch.testing.assert_close(one, two, rtol=rounding, atol=rounding * float(two.abs().max()))
