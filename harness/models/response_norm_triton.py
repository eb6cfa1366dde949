"""Response normalisation as Triton kernels, one pass over a GPU's memory each way.

No layer uses it, because it rounds sums and powers differently from torch's form: a training through it would have
other bits than results made before. Tests compare it with the formula in Triton's interpreter and on a GPU, a
benchmark with torch's form. Importing this module imports Triton.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

BLOCK = 1024
"""Numbers that one program of a kernel computes."""


def response_norm(a: Tensor, *, k: float, n: int, alpha: float, beta: float, groups: int = 1) -> Tensor:
    """Return maps [N, C, ...] normalised by the formula of `response_norm.ResponseNorm`, in the type and layout of `a`.

    float32 and types below it are taken; sums are in float32. Repeats bit for bit: each number is written once, by one
    program. Raises ValueError where groups do not divide the maps, the type is another or `a` is not on a GPU; on a CPU
    it runs in Triton's interpreter alone (`TRITON_INTERPRET=1`).
    """
    if a.shape[1] % groups:
        raise ValueError(f"response normalisation: {groups} groups do not divide {a.shape[1]} maps")
    if a.dtype not in (torch.float32, torch.bfloat16, torch.float16):
        raise ValueError(f"response normalisation in Triton takes float32, bfloat16 or float16, not {a.dtype}")
    if not a.is_cuda and isinstance(_forward, triton.JITFunction):  # compiled: the interpreter has a class of its own
        raise ValueError("response normalisation in Triton needs a GPU, or TRITON_INTERPRET=1 in the environment")
    result: Tensor = _Normalise.apply(a, k, n // 2, alpha, beta, groups)
    return result


class _Normalise(torch.autograd.Function):
    """The kernels as a function with a gradient; only `a` is saved, as in torch's form."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, k: float, reach: int, alpha: float, beta: float, groups: int) -> Tensor:
        last = a.dim() == 4 and a.is_contiguous(memory_format=torch.channels_last)
        ctx.form = torch.channels_last if last else torch.contiguous_format
        a = a.contiguous(memory_format=ctx.form)
        ctx.save_for_backward(a)
        maps = a.shape[1]
        ctx.numbers = (a.numel(), maps, maps // groups, 1 if last else a[0, 0].numel() if len(a) else 1, k, alpha)
        ctx.constants = {"beta": beta, "reach": reach, "block": BLOCK}
        b = torch.empty_like(a)
        if a.numel():
            with torch.cuda.device_of(a):
                _forward[(triton.cdiv(a.numel(), BLOCK),)](a, b, *ctx.numbers, **ctx.constants)
        return b

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (a,) = ctx.saved_tensors
        result = torch.empty_like(a)
        if a.numel():
            g = gradient.contiguous(memory_format=ctx.form)
            with torch.cuda.device_of(a):
                _backward[(triton.cdiv(a.numel(), BLOCK),)](a, g, result, *ctx.numbers, **ctx.constants)
        return result, None, None, None, None, None


@triton.jit
def _scale(x, at, within, there, per_group, stride, k, alpha, reach: tl.constexpr):
    """Return k + alpha sum x^2 over the maps within reach of those at `at`, number `within` of their groups."""
    total = tl.zeros_like(at).to(tl.float32)
    for step in tl.static_range(-reach, reach + 1):
        near = there & (within + step >= 0) & (within + step < per_group)
        value = tl.load(x + at + step * stride, mask=near, other=0.0).to(tl.float32)
        total += value * value
    return k + alpha * total


@triton.jit
def _inverse_power(scale, beta: tl.constexpr):
    """Return scale^-beta."""
    if beta == 0.75:
        root = tl.sqrt(scale)
        return 1.0 / (root * tl.sqrt(root))
    else:  # noqa: RET505  # Triton compiles only the branch of the constant
        return tl.exp2(-beta * tl.log2(scale))


@triton.jit
def _forward(
    x, out, size, maps, per_group, stride, k, alpha, beta: tl.constexpr, reach: tl.constexpr, block: tl.constexpr
):
    """Normalise a block of numbers, in the order of memory; maps of a pixel are `stride` numbers apart."""
    at = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    there = at < size
    within = at // stride % maps % per_group
    scale = _scale(x, at, within, there, per_group, stride, k, alpha, reach)
    value = tl.load(x + at, mask=there, other=0.0).to(tl.float32)
    tl.store(out + at, (value * _inverse_power(scale, beta)).to(out.dtype.element_ty), mask=there)


@triton.jit
def _backward(
    x, g, out, size, maps, per_group, stride, k, alpha, beta: tl.constexpr, reach: tl.constexpr, block: tl.constexpr
):
    """Set `out` to g s^-beta - 2 alpha beta x sum(g x s^(-beta-1)); each neighbour's s is computed again."""
    at = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    there = at < size
    within = at // stride % maps % per_group
    shared = tl.zeros_like(at).to(tl.float32)
    for step in tl.static_range(-reach, reach + 1):
        near = there & (within + step >= 0) & (within + step < per_group)
        beside = at + step * stride
        scale = _scale(x, beside, within + step, near, per_group, stride, k, alpha, reach)
        value = tl.load(x + beside, mask=near, other=0.0).to(tl.float32)
        gradient = tl.load(g + beside, mask=near, other=0.0).to(tl.float32)
        shared += tl.where(near, gradient * value * _inverse_power(scale, beta) / scale, 0.0)
    scale = _scale(x, at, within, there, per_group, stride, k, alpha, reach)
    value = tl.load(x + at, mask=there, other=0.0).to(tl.float32)
    gradient = tl.load(g + at, mask=there, other=0.0).to(tl.float32)
    result = gradient * _inverse_power(scale, beta) - 2.0 * alpha * beta * value * shared
    tl.store(out + at, result.to(out.dtype.element_ty), mask=there)
