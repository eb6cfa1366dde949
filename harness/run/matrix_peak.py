"""Measures how fast a device multiplies matrices, which is as fast as a training on it could be."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

LEAST_S = 10.0
"""Seconds of a training from which on it is worth a measurement, which takes some products of matrices."""
TRIES = 7
"""Products of which the fastest counts: others wait for what else runs."""
SIDES = {"cpu": 1024, "cuda": 4096}
"""Rows and columns of the matrices: three of them take 200 MB of a GPU in float32."""


@cache
def matrix_peak(device: str, precision: str, threads: int) -> float:
    """Return the floating-point operations a second of the fastest of some matrix products, each process once.

    A product and a sum count as two. `device` is `cpu` or `cuda`, `precision` `fp32` or `bf16`, and `threads` are those
    of the training.
    """
    import torch  # noqa: PLC0415 - a process that has trained has it

    torch.set_num_threads(threads)
    side, draws = SIDES[device], torch.Generator(device).manual_seed(0)  # its own, so that no other draw changes
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = (torch.randn(side, side, device=device, generator=draws).to(dtype) for _ in range(2))

    def multiply() -> None:
        a @ b
        if device == "cuda":
            torch.cuda.synchronize()

    return 2 * side**3 / min(_seconds(multiply) for _ in range(TRIES))


def _seconds(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
