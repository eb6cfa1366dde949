"""Subtraction of the mean image from a view, compiled by numba: one pass over memory, for which no lock is taken.

Importing this module imports numba; use it through `cutting_compiled`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, types
from numba.extending import intrinsic

from harness.models.compilation import compiled

PIXELS = types.Array(types.uint8, 3, "A", readonly=True)
MEAN = types.Array(types.float32, 3, "A", readonly=True)
VIEW = types.float32[:, :, ::1]
FLOAT = 4
"""Bytes of a float32."""


@intrinsic
def pointer(_: Any, address: Any) -> Any:  # noqa: ARG001  # numba counts them
    """Return a pointer to an address."""

    def emit(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.intp), emit


@compiled
def lie_side_by_side(array):
    """Return whether the columns and channels of rows that follow each other lie as in memory of their own."""
    _, width, channels = array.shape
    down, right, deep = array.strides
    flat = (width == 1 or right == channels * array.itemsize) and (channels == 1 or deep == array.itemsize)
    return flat and down >= 0


@compiled(signature=types.void(PIXELS, MEAN, VIEW))
def subtract(pixels, mean, view):
    """Set a view to its pixels less the mean image, all [height, width, channels] and channels side by side.

    Whole rows are taken as flat arrays: then the compiler knows the steps of the loop. Raises ValueError if the three
    differ in size, or for other layouts.
    """
    if pixels.shape != view.shape or mean.shape != view.shape:
        raise ValueError("pixels, mean image and view differ in size")
    if not (lie_side_by_side(pixels) and lie_side_by_side(mean)):
        raise ValueError("columns and channels do not lie side by side")
    height, width, channels = view.shape
    row, source, under = width * channels, pixels.strides[0], mean.strides[0] // FLOAT
    taken = carray(pointer(pixels.ctypes.data), ((height - 1) * source + row,), np.uint8)
    less = carray(pointer(mean.ctypes.data), ((height - 1) * under + row,), np.float32)
    filled = view.reshape(height * row)
    for y in range(height):
        a, b = taken[y * source : y * source + row], less[y * under : y * under + row]
        out = filled[y * row : (y + 1) * row]
        for k in range(row):
            out[k] = np.float32(a[k]) - b[k]
