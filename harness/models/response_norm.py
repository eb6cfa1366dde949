"""Local response normalisation across maps (AlexNet section 3.3), with its gradient written out.

It saves only its input for the backward pass and works on pieces that stay in cache. For up to 32 maps it sums
neighbours by a product with a matrix of zeros and ones. `response_norm_compiled` has the same numbers in one pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from harness.models.response_norm_compiled import Form, compiled

CACHED_NUMBERS = 2**18
"""Elements in a piece of a batch whose intermediate results still fit a processor's cache: 1 MiB of float32 each."""

NARROW = 32
"""Largest number of maps for which a CPU sums neighbours faster by a matrix product than map by map."""


class ResponseNorm(nn.Module):
    """Local response normalisation across maps by the printed formula (AlexNet section 3.3); any shape [N, C, ...].

    b_i = a_i / (k + alpha sum_j a_j^2)^beta, with j from max(0, i - n/2) to min(C - 1, i + n/2) in integer division: n
    maps for an odd n, n + 1 for an even one. `nn.LocalResponseNorm` divides alpha by n, which the formula does not.
    `groups` > 1 ends a neighbourhood at the border of its group of maps. Raises ValueError if the groups do not divide
    C.
    """

    def __init__(self, *, k: float, n: int, alpha: float, beta: float, groups: int = 1) -> None:
        super().__init__()
        self.constants = Constants(k, n // 2, alpha, beta, groups)

    def forward(self, a: Tensor) -> Tensor:
        """Return the normalised maps, in the type and memory format of `a`."""
        if a.shape[1] % self.constants.groups:
            raise ValueError(f"response normalisation: {self.constants.groups} groups do not divide {a.shape[1]} maps")
        normalised: Tensor = _Normalise.apply(a, self.constants)  # type: ignore[no-untyped-call]
        return normalised

    def extra_repr(self) -> str:
        """Return the constants."""
        return ", ".join(f"{name}={value}" for name, value in self.constants._asdict().items())


class Constants(NamedTuple):
    """Constants of the formula; `reach` is n/2 in integer division."""

    k: float
    reach: int
    alpha: float
    beta: float
    groups: int


class _Normalise(torch.autograd.Function):
    """The formula with its gradient written out.

    With s = k + alpha sum a^2, dE/da = g s^-beta - 2 alpha beta a sum(g a s^(-beta-1)). The second sum is over the same
    neighbourhood, because being a neighbour is symmetric. Only `a` is saved, which the ReLU before it keeps anyway:
    while `a` is in cache, computing s again is cheaper than writing it out. Types below float32 are computed in
    float32: near k = 2, bfloat16 has steps of 1/64, in which alpha times the sum would be lost.
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, constants: Constants) -> Tensor:
        ctx.save_for_backward(a)
        ctx.constants = constants
        b = torch.empty_like(a)
        kernels = compiled(a, constants, TORCHS, ascending=_by_product(a))
        if kernels is None or not kernels.forward(a, b):
            _normalise(a, b, constants)
        return b

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (a,) = ctx.saved_tensors
        result = torch.empty_like(a)
        kernels = compiled(a, ctx.constants, TORCHS, ascending=_by_product(a))
        if kernels is None or not kernels.backward(a, gradient, result):
            _differentiate(a, gradient, result, ctx.constants)
        return result, None


def _normalise(a: Tensor, b: Tensor, constants: Constants) -> None:
    """Set `b` to the normalised maps."""
    for x, out in _pieces(a, b):
        torch.mul(_inverse_power(_scale(x, constants), constants.beta), x, out=out)


def _differentiate(a: Tensor, gradient: Tensor, result: Tensor, constants: Constants) -> None:
    """Set `result` to the gradient for `a`, from that for the normalised maps."""
    for x, g, out in _pieces(a, gradient, result):
        scale = _scale(x, constants)
        direct = _inverse_power(scale, constants.beta).mul_(g)
        shared = _neighbours(scale.reciprocal_().mul_(direct).mul_(x), constants)
        torch.addcmul(direct, x, shared, value=-2 * constants.alpha * constants.beta, out=out)


TORCHS = Form(_normalise, _differentiate)
"""What compiled kernels must equal in every bit."""


def _pieces(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Yield parts of a batch, small on a CPU, else whole: inputs in float32 or better, then the output to fill."""
    first, images = tensors[0], max(1, len(tensors[0]))
    if first.device.type == "cpu":
        images = max(1, torch.get_num_threads() * CACHED_NUMBERS * images // max(1, first.numel()))
    wide = torch.promote_types(first.dtype, torch.float32)
    for *inputs, out in zip(*(torch.split(tensor, images) for tensor in tensors), strict=True):
        yield (*(piece.to(wide) for piece in inputs), out)


def _scale(x: Tensor, constants: Constants) -> Tensor:
    """Return the base of the power, k + alpha sum x^2, as a new tensor."""
    return _neighbours(x.square(), constants).mul_(constants.alpha).add_(constants.k)


def _neighbours(x: Tensor, constants: Constants) -> Tensor:
    """Return, for each map, the sum over the maps within reach in its group, as a new tensor."""
    _, reach, _, _, groups = constants
    if _by_product(x):
        return _banded(x, _band(x.shape[1], reach, groups, x.dtype))
    maps = torch.unflatten(x, 1, (groups, -1))
    total = maps.clone()
    for distance in range(1, reach + 1):
        total[:, :, distance:] += maps[:, :, :-distance]
        total[:, :, :-distance] += maps[:, :, distance:]
    return total.flatten(1, 2)


def _by_product(x: Tensor) -> bool:
    """Check whether neighbours are summed by a matrix product: few maps in channels-last order, on a CPU."""
    narrow = x.device.type == "cpu" and x.shape[1] <= NARROW and x.dim() == 4
    return narrow and x.is_contiguous(memory_format=torch.channels_last)


def _banded(x: Tensor, band: Tensor) -> Tensor:
    """Multiply the maps at every position of [N, C, H, W], in channels-last order, by a matrix [C, C]."""
    pixels = x.permute(0, 2, 3, 1)
    with torch.autocast("cpu", enabled=False):  # autocast would round to bfloat16
        summed = pixels.flatten(0, 2) @ band
    return summed.view(pixels.shape).permute(0, 3, 1, 2)


@cache
def _band(maps: int, reach: int, groups: int, dtype: torch.dtype) -> Tensor:
    """Return a matrix [maps, maps] of ones for pairs of neighbours in the same group, else zeros."""
    number = torch.arange(maps)
    near = (number[:, None] - number).abs() <= reach
    return (near & (number[:, None] // (maps // groups) == number // (maps // groups))).to(dtype)


def _inverse_power(scale: Tensor, beta: float) -> Tensor:
    """Return scale^-beta as a new tensor; for the paper's 3/4 by square roots, because a general power is slow."""
    return scale.sqrt().mul_(scale).rsqrt_() if beta == 0.75 else torch.pow(scale, -beta)
