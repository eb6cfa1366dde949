"""Choice of a compiled subtraction for views, where it gives the bits of numpy's and OpenCV's.

numba is optional (`pip install paper-harness[fast]`). Because the bits are the same, its absence changes no result.
Importing it takes time, so a process does that only once it has cut `WORTH_COMPILING` numbers. Two threads that
decode and cut images wait less for each other with one compiled loop than with two of numpy and OpenCV.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import cv2
import numpy as np

WORTH_COMPILING = 2**31
"""Numbers that are subtracted before numba is loaded, so that a short run does not wait for it."""

Subtraction = Callable[[Any, Any, Any], object]
"""Sets its last argument, float32 [height, width, channels], to pixels, uint8, less a mean image, float32."""


class _Choice:
    """What this process subtracts with, and until that is chosen, the numbers subtracted so far."""

    numbers = 0
    chosen: Subtraction | None = None


_loading = Lock()


def subtract(pixels: Any, mean: Any, view: Any) -> None:
    """Subtract by two passes of libraries: numpy turns bytes into floats faster than OpenCV."""
    view[...] = pixels
    cv2.subtract(view, mean, view)


def subtraction(numbers: int) -> Subtraction:
    """Return what subtracts the mean image from so many numbers of views, whose columns and channels lie side by side.

    One thread loads the kernel; others do not wait for it.
    """
    if _Choice.chosen is not None:
        return _Choice.chosen
    _Choice.numbers += numbers
    if _Choice.numbers > WORTH_COMPILING and _loading.acquire(blocking=False):
        try:
            _Choice.chosen = _agreeing() or subtract
        finally:
            _loading.release()
    return _Choice.chosen or subtract


def _agreeing() -> Subtraction | None:
    """Return the kernel if it agrees with `subtract` in every bit; None where it does not work."""
    try:
        kernel: Subtraction = _compiled().subtract
        return kernel if all(_same(kernel, *shape) for shape in ((1, 1, 3), (5, 7, 1), (9, 250, 3))) else None
    except Exception:  # noqa: BLE001  # numba is missing, switched off or cannot read its cache: the bits are the same
        return None


def _compiled() -> Any:
    """Return the module of the kernel."""
    import harness.data.cutting_kernels as kernels  # noqa: PLC0415  # importing numba takes time

    return kernels


def _same(kernel: Subtraction, height: int, width: int, channels: int) -> bool:
    """Compare on parts of larger images, as views are."""
    random, larger = np.random.default_rng(0), (height + 2, width + 3, channels)
    pixels = random.integers(0, 256, larger).astype(np.uint8)[1:-1, 2:-1]
    mean = (255 * random.random(larger)).astype(np.float32)[2:, 1:-2]
    mean[0, 0] = pixels[0, 0]
    ours, theirs = np.empty((2, height, width, channels), np.float32)
    kernel(pixels, mean, ours)
    subtract(pixels, mean, theirs)
    return bool((ours.view(np.int32) == theirs.view(np.int32)).all())
