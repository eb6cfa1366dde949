"""Response normalisation compiled by numba, in one pass over memory each way, with the bits of torch's form.

Importing this module imports numba; use it through `response_norm_compiled`. Every operation has the type and the order
of torch's form: no sum is taken in another order, and a product and a sum are fused only where torch fuses them. The
square root is torch's own where that is not rounded correctly, as in Intel's library of vector mathematics.

Numbers are flat arrays of float32. Kernels return how many sums were not finite: torch's form then computes the whole
again, because a product with a matrix of zeros and ones spreads infinities further than a sum over neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from harness.models.compilation import compiled

ONE = np.float32(1)
HIGH_ACCURACY = 0x2 | 0x140000 | 0x100
"""torch's mode of Intel's functions: high accuracy, denormal numbers as they are, no report of errors."""


@intrinsic
def fused(_: Any, x: Any, y: Any, z: Any) -> Any:
    """Return x y + z in float32, rounded once."""
    return types.float32(x, y, z), lambda _context, builder, _signature, numbers: builder.fma(*numbers)


@intrinsic
def call(_: Any, function: Any, size: Any, source: Any, target: Any) -> Any:  # noqa: ARG001  # numba counts them
    """Call Intel's function of one vector, all four arguments as integers: its address, a size, two addresses."""

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        address, *rest = arguments
        long, wide = ir.IntType(32), ir.IntType(64)
        kind = ir.FunctionType(ir.VoidType(), [long, wide, wide, wide])
        numbers = [builder.trunc(rest[0], long), *rest[1:], ir.Constant(wide, HIGH_ACCURACY)]
        builder.call(builder.inttoptr(address, kind.as_pointer()), numbers)
        return ir.Constant(wide, 0)

    return types.int64(types.int64, types.int64, types.int64, types.int64), emit


@compiled
def square(t, x):
    """Set t to x^2."""
    for p in range(t.size):
        t[p] = x[p] * x[p]


@compiled
def add_square(t, x):
    """Add x^2 to t."""
    for p in range(t.size):
        t[p] += x[p] * x[p]


@compiled
def add(t, x):
    """Add x to t."""
    for p in range(t.size):
        t[p] += x[p]


@compiled
def add_square_where(t, x, near):
    """Add x^2 to t where `near` is not zero."""
    for p in range(t.size):
        total = t[p] + x[p] * x[p]
        t[p] = total if near[p] else t[p]


@compiled
def add_where(t, x, near):
    """Add x to t where `near` is not zero."""
    for p in range(t.size):
        total = t[p] + x[p]
        t[p] = total if near[p] else t[p]


@compiled
def scale(t, k, alpha):
    """Set t to k + alpha t; return how many are not finite."""
    strange = 0
    for p in range(t.size):
        t[p] = t[p] * alpha + k
        strange += not abs(t[p]) < np.inf
    return strange


@compiled
def root(t, out, sqrt):
    """Set out to the square root of t, by the function at the address `sqrt` or, for 0, rounded correctly."""
    if sqrt:
        call(sqrt, t.size, np.int64(t.ctypes.data), np.int64(out.ctypes.data))
    else:
        for p in range(t.size):
            out[p] = np.sqrt(t[p])


@compiled
def divide(t, roots, x, out):
    """Set out to x t^-3/4."""
    for p in range(t.size):
        out[p] = ONE / np.sqrt(roots[p] * t[p]) * x[p]


@compiled
def parts(t, roots, x, g, direct, term):
    """Set direct to g t^-3/4, and term to g x t^-7/4; return how many terms are not finite."""
    strange = 0
    for p in range(t.size):
        one = ONE / np.sqrt(roots[p] * t[p]) * g[p]
        both = ONE / t[p] * one * x[p]
        direct[p], term[p] = one, both
        strange += not abs(both) < np.inf
    return strange


@compiled
def combine(direct, x, t, out, factor):
    """Set out to direct + factor x t."""
    for p in range(t.size):
        out[p] = fused(factor * x[p], t[p], direct[p])


@compiled
def row_of_scales(x, t, at, row, m, per_group, reach, k, alpha):
    """Set t to the scales of map m from number `at` of x, whose maps are `row` apart; return how many not finite."""
    within = m % per_group
    square(t, x[at : at + t.size])
    for distance in range(1, reach + 1):
        if within >= distance:
            add_square(t, x[at - distance * row : at - distance * row + t.size])
        if within + distance < per_group:
            add_square(t, x[at + distance * row : at + distance * row + t.size])
    return scale(t, k, alpha)


@compiled
def forward_by_maps(x, out, maps, pixels, per_group, reach, block, k, alpha, sqrt):
    """Normalise [N, maps, pixels]; neighbours are added centre first, then by distance, the lower map first."""
    strange = 0
    totals, roots = np.empty(block, np.float32), np.empty(block, np.float32)
    for image in range(x.size // (maps * pixels)):
        for start in range(0, pixels, block):
            size = min(block, pixels - start)
            t, r = totals[:size], roots[:size]
            for m in range(maps):
                at = (image * maps + m) * pixels + start
                strange += row_of_scales(x, t, at, pixels, m, per_group, reach, k, alpha)
                root(t, r, sqrt)
                divide(t, r, x[at : at + size], out[at : at + size])
    return strange


@compiled
def backward_by_maps(x, g, out, maps, pixels, per_group, reach, block, k, alpha, factor, sqrt):
    """Set out to the gradient for [N, maps, pixels]."""
    strange = 0
    totals, roots = np.empty(block, np.float32), np.empty(block, np.float32)
    direct, terms = np.empty(block * maps, np.float32), np.empty(block * maps, np.float32)
    for image in range(x.size // (maps * pixels)):
        for start in range(0, pixels, block):
            size = min(block, pixels - start)
            t, r = totals[:size], roots[:size]
            for m in range(maps):
                at, i = (image * maps + m) * pixels + start, m * block
                strange += row_of_scales(x, t, at, pixels, m, per_group, reach, k, alpha)
                root(t, r, sqrt)
                strange += parts(t, r, x[at : at + size], g[at : at + size], direct[i : i + size], terms[i : i + size])
            for m in range(maps):
                at, i, within = (image * maps + m) * pixels + start, m * block, m % per_group
                t[:] = terms[i : i + size]
                for distance in range(1, reach + 1):
                    if within >= distance:
                        add(t, terms[i - distance * block : i - distance * block + size])
                    if within + distance < per_group:
                        add(t, terms[i + distance * block : i + distance * block + size])
                combine(direct[i : i + size], x[at : at + size], t, out[at : at + size], factor)
    return strange


@compiled
def block_of_scales(x, t, start, steps, near, zero, k, alpha):
    """Set t to the scales from number `start` of x; return how many are not finite."""
    t[:] = zero
    for i in range(steps.size):
        first = max(0, -start - steps[i])
        last = min(t.size, x.size - start - steps[i])
        source = start + steps[i]
        add_square_where(t[first:last], x[source + first : source + last], near[i, first:last])
    return scale(t, k, alpha)


@compiled
def forward_by_pixels(x, out, steps, near, zero, k, alpha, sqrt):
    """Normalise [pixels, maps]; `near` says, for each step to a neighbour, which numbers of a block have it.

    A block is a whole number of pixels, as long as a row of `near`.
    """
    strange, block = 0, near.shape[1]
    totals, roots = np.empty(block, np.float32), np.empty(block, np.float32)
    for start in range(0, x.size, block):
        size = min(block, x.size - start)
        t, r = totals[:size], roots[:size]
        strange += block_of_scales(x, t, start, steps, near, zero, k, alpha)
        root(t, r, sqrt)
        divide(t, r, x[start : start + size], out[start : start + size])
    return strange


@compiled
def backward_by_pixels(x, g, out, steps, near, zero, k, alpha, factor, sqrt):
    """Set out to the gradient for [pixels, maps]."""
    strange, block = 0, near.shape[1]
    totals, roots = np.empty(block, np.float32), np.empty(block, np.float32)
    direct, terms = np.empty(block, np.float32), np.empty(block, np.float32)
    for start in range(0, x.size, block):
        stop = min(start + block, x.size)
        size = stop - start
        t, r = totals[:size], roots[:size]
        strange += block_of_scales(x, t, start, steps, near, zero, k, alpha)
        root(t, r, sqrt)
        strange += parts(t, r, x[start:stop], g[start:stop], direct[:size], terms[:size])
        t[:] = zero
        for i in range(steps.size):
            first, last = max(0, -steps[i]), size - max(0, steps[i])
            add_where(t[first:last], terms[first + steps[i] : last + steps[i]], near[i, first:last])
        combine(direct[:size], x[start:stop], t, out[start:stop], factor)
    return strange
