"""Tests of local response normalisation against its formula and against torch's."""

import pytest
import torch
from torch import nn

from harness.models.response_norm import CACHED_NUMBERS, NARROW, ResponseNorm

PAPER = {"k": 2.0, "n": 5, "alpha": 1e-4, "beta": 0.75}


def maps(*shape, dtype=torch.float64, scale=50.0, seed=0):
    """Return activities of both signs, large enough for normalisation to matter."""
    return (torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale).to(dtype)


def printed_formula(a, k, n, alpha, beta, groups=1):
    """Compute section 3.3 map by map, in loops."""
    per_group = a.shape[1] // groups
    b = torch.empty_like(a)
    for i in range(a.shape[1]):
        first = i // per_group * per_group
        lowest, highest = max(first, i - n // 2), min(first + per_group - 1, i + n // 2)
        total = sum(a[:, j] ** 2 for j in range(lowest, highest + 1))
        b[:, i] = a[:, i] / (k + alpha * total) ** beta
    return b


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(
    "constants", [PAPER, PAPER | {"n": 4}, PAPER | {"n": 1}, PAPER | {"n": 9, "beta": 0.6, "k": 1.0}]
)
def test_is_the_printed_formula(constants, groups):
    """The module equals the printed formula for odd and even n, large n, other powers, and within groups."""
    a = maps(3, 12, 5, 4)
    torch.testing.assert_close(
        ResponseNorm(**constants, groups=groups)(a), printed_formula(a, **constants, groups=groups), rtol=1e-12, atol=0
    )


def test_is_torchs_with_alpha_times_n_and_not_with_alpha():
    """The module equals torch's with alpha times n, not with alpha: torch divides alpha by n."""
    a = maps(2, 96, 6, 6)
    ours = ResponseNorm(**PAPER)(a)
    torch.testing.assert_close(ours, nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)(a), rtol=1e-12, atol=0)
    assert (ours - nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0)(a)).abs().max() > 1


@pytest.mark.parametrize("constants", [PAPER, PAPER | {"alpha": 0.3}, PAPER | {"alpha": 0.3, "n": 4, "beta": 0.6}])
@pytest.mark.parametrize("groups", [1, 3])
def test_has_the_gradient_of_its_formula(constants, groups):
    """The gradient is that of the formula, by finite differences in float64."""
    a = maps(2, 6, 2, 3, scale=2.0).requires_grad_()
    assert torch.autograd.gradcheck(ResponseNorm(**constants, groups=groups), (a,))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_in_float32_is_within_a_hundred_thousandth(layout):
    """In float32, value and gradient are within 1e-5 of torch's in float64, in both layouts, over several pieces."""
    a = maps(9, 32, 64, 64, dtype=torch.float32).to(memory_format=layout).requires_grad_()
    assert a.numel() > torch.get_num_threads() * CACHED_NUMBERS
    gradient = maps(*a.shape, dtype=torch.float32, seed=1, scale=1.0)
    exact = a.detach().double().requires_grad_()
    reference = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)(exact)
    reference.backward(gradient.double())
    ours = ResponseNorm(**PAPER)(a)
    ours.backward(gradient)
    assert ours.is_contiguous(memory_format=layout)
    torch.testing.assert_close(ours.double(), reference, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(a.grad.double(), exact.grad, rtol=1e-5, atol=1e-6)


def test_under_autocast_loses_no_more_than_the_rounding_of_its_result():
    """Under autocast the result is within half a step of bfloat16, 2^-8, of the formula."""
    a = maps(2, 16, 5, 5, dtype=torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ours = ResponseNorm(**PAPER)(a)
    assert ours.dtype == torch.bfloat16
    torch.testing.assert_close(ours.double(), printed_formula(a.double(), **PAPER), rtol=1.01 * 2**-8, atol=0)


def test_takes_an_empty_batch():
    """An empty batch gives an empty result."""
    assert ResponseNorm(**PAPER)(maps(0, 8, 3, 3)).shape == (0, 8, 3, 3)


def test_names_groups_that_do_not_divide():
    """The error for groups that do not divide the maps names both numbers."""
    with pytest.raises(ValueError, match="4 groups do not divide 6 maps"):
        ResponseNorm(**PAPER, groups=4)(maps(1, 6, 2, 2))


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("shape", [(3, 12, 5, 4), (2, NARROW, 3, 3), (4, 12, 1, 1), (0, 12, 5, 4)])
def test_few_maps_in_channels_last_order_are_those_of_the_formula(shape, groups):
    """Few maps in channels-last order, summed by a matrix product, follow the formula."""
    groups = groups if shape[1] % groups == 0 else 2
    a = maps(*shape).to(memory_format=torch.channels_last)
    ours = ResponseNorm(**PAPER, groups=groups)(a)
    assert ours.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(ours, printed_formula(a, **PAPER, groups=groups), rtol=1e-12, atol=0)


@pytest.mark.parametrize("constants", [PAPER | {"alpha": 0.3}, PAPER | {"alpha": 0.3, "n": 4, "beta": 0.6}])
@pytest.mark.parametrize("groups", [1, 3])
def test_few_maps_in_channels_last_order_have_the_gradient_of_the_formula(constants, groups):
    """Few maps in channels-last order have the gradient of the formula, by finite differences in float64."""
    a = maps(2, 6, 2, 3, scale=2.0).to(memory_format=torch.channels_last).requires_grad_()
    assert torch.autograd.gradcheck(ResponseNorm(**constants, groups=groups), (a,))


def test_few_maps_under_autocast_are_summed_in_float32():
    """Few maps under autocast are summed in float32; only the result is rounded to bfloat16."""
    a = maps(2, 16, 5, 5, dtype=torch.bfloat16, scale=500.0).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ours = ResponseNorm(**PAPER)(a)
    torch.testing.assert_close(ours.double(), printed_formula(a.double(), **PAPER), rtol=1.01 * 2**-8, atol=0)


def test_a_test_before_a_training_leaves_it_able_to_learn():
    """A forward pass in inference mode does not break a later training, in spite of cached tensors."""
    layer, a = ResponseNorm(**PAPER | {"n": 7}), maps(2, 10, 3, 3).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        layer(a)
    a.requires_grad_()
    layer(a).sum().backward()
    assert a.grad is not None
