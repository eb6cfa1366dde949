"""Choice of compiled kernels for response normalisation, where they give the bits of torch's form.

numba is optional (`pip install paper-harness[fast]`). Because the bits are the same, its absence changes no result.
Importing it and compiling take seconds, so a process does that only once it has normalised `WORTH_COMPILING` numbers.
For each combination of constants, maps and layout, kernels are used only if they first agree with torch's form in every
bit. float32 on a processor with beta = 3/4 has kernels; all else takes torch's form.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from harness.models.response_norm import Constants

WORTH_COMPILING = 2**27
"""Numbers that torch's form takes, forward and backward, before numba is loaded. It takes about a second for them, as
long as importing numba, reading compiled kernels from disk and comparing them: so at worst a process spends twice the
time of the better choice. Compiling takes some seconds more, once on a machine."""

BLOCK = 2048
"""Floats of a row that a kernel takes at a time: they stay in cache."""

TRIED = ((1, 1, 2), (3, 2, 3), (2, 7, 9), (1, 47, 53))
"""Images, rows and columns of the tensors that kernels are compared on: fewer numbers than a vector has, odd numbers,
several images, several blocks. One more is as large as a piece of torch's form, because a matrix product of
another size may add in another order."""


class Form(NamedTuple):
    """torch's form: functions that fill their last tensor.

    forward takes maps and the normalised maps; backward takes maps, the gradient for the normalised, and that for the
    maps. The constants come last.
    """

    forward: Callable[[Tensor, Tensor, Constants], object]
    backward: Callable[[Tensor, Tensor, Tensor, Constants], object]


_TAKEN = "cpu", torch.float32


class _Waiting:
    """Numbers normalised in this process so far, counted until kernels are loaded."""

    numbers = 0


def compiled(a: Tensor, constants: Constants, reference: Form, *, ascending: bool) -> Kernels | None:
    """Return kernels that have the bits of `reference` for maps like `a`; None before it pays, or where there are none.

    `ascending` says that torch's form adds neighbours in the order of the maps, as a matrix product does.
    """
    if _Waiting.numbers < WORTH_COMPILING:
        _Waiting.numbers += a.numel()
        return None
    pixels = a[0, 0].numel() if a.numel() else 0
    if pixels < 2 or constants.beta != 0.75 or type(a) is not Tensor or (a.device.type, a.dtype) != _TAKEN:
        return None  # a product with a single row may add in another order
    last = a.dim() == 4 and a.is_contiguous(memory_format=torch.channels_last)
    if not (last or a.is_contiguous()):
        return None
    return _agreeing(constants, reference, _Layout(a.shape[1], last, ascending), torch.get_num_threads())


class _Layout(NamedTuple):
    """How maps lie in memory and in what order torch's form adds them."""

    maps: int
    last: bool
    ascending: bool


_loading = Lock()


@cache
def _agreeing(constants: Constants, reference: Form, layout: _Layout, threads: int) -> Kernels | None:
    """Return the first kernels that agree with torch's form on all tensors tried; None where they do not work."""
    with _loading:
        try:
            compiled = _compiled()
            for address in (0, _intels_root()):
                kernels = Kernels(compiled, constants, layout, address, threads)
                if all(kernels.agree(reference, a, g) for a, g in _samples(layout)):
                    return kernels
        except Exception:  # noqa: BLE001  # numba is missing, switched off or has a damaged cache: the bits are the same
            return None
    return None


def _compiled() -> Any:
    """Return the module of kernels."""
    import harness.models.response_norm_kernels as kernels  # noqa: PLC0415  # importing numba takes time

    return kernels


@cache
def _intels_root() -> int:
    """Return the address of the square root that torch takes from Intel's library, 0 where torch has none."""
    try:
        return ctypes.cast(_torchs_library().vmsSqrt, ctypes.c_void_p).value or 0
    except AttributeError:
        return 0


@cache
def _torchs_library() -> Any:
    """Return the library that holds torch's functions for a processor; None where it is built otherwise."""
    try:
        return ctypes.CDLL(str(next((Path(torch.__file__).parent / "lib").glob("libtorch_cpu.*"))))
    except (OSError, StopIteration):
        return None


def _samples(layout: _Layout) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield maps and gradients to compare on: of all sizes, with zeros of both signs and whole pixels of zeros."""
    random = torch.Generator().manual_seed(0)
    form = torch.channels_last if layout.last else torch.contiguous_format
    for images, rows, columns in (*TRIED, (1, 64, max(1, 4096 // layout.maps))):
        shape = (images, layout.maps, rows, columns)
        a, g = (torch.randn(shape, generator=random) * size for size in (100, 1))
        a[:, :, 0] = a[:, :, 0].relu()
        g[:, :, :, 0] *= torch.randint(2, g[:, :, :, 0].shape, generator=random)
        a[0, :, 0, 0], g[-1, :, -1, -1] = 1e-25, -0.0
        yield a.contiguous(memory_format=form), g.contiguous(memory_format=form)


class Kernels:
    """Compiled kernels for one set of constants and one layout of maps.

    Both methods return whether all numbers on the way were finite; where not, torch's form is due.
    """

    def __init__(self, compiled: Any, constants: Constants, layout: _Layout, sqrt: int, threads: int) -> None:
        k, self.reach, alpha, beta, groups = self.constants = constants
        self.layout, self.threads, self.per_group = layout, threads, layout.maps // groups
        self.scale = np.float32(k), np.float32(alpha)
        self.factor, self.sqrt = np.float32(-2 * alpha * beta), sqrt
        self.neighbours = _neighbours(layout, self.reach, self.per_group) if layout.last else ()
        by = "pixels" if layout.last else "maps"
        self.kernels = [getattr(compiled, f"{way}_by_{by}") for way in ("forward", "backward")]

    def forward(self, a: Tensor, out: Tensor) -> bool:
        """Set `out` to the normalised maps."""
        return self._finite(self.kernels[0], (a, out), *self.scale, self.sqrt)

    def backward(self, a: Tensor, gradient: Tensor, out: Tensor) -> bool:
        """Set `out` to the gradient for the maps."""
        if gradient.dtype != torch.float32:
            return False
        form = torch.channels_last if self.layout.last else torch.contiguous_format
        tensors = (a, gradient.contiguous(memory_format=form), out)
        return self._finite(self.kernels[1], tensors, *self.scale, self.factor, self.sqrt)

    def agree(self, reference: Form, a: Tensor, gradient: Tensor) -> bool:
        """Compare with torch's form on these maps and this gradient, every bit, both ways."""
        ours, theirs = torch.empty_like(a), torch.empty_like(a)
        reference.forward(a, theirs, self.constants)
        if not self.forward(a, ours) or not _same_bits(ours, theirs):
            return False
        reference.backward(a, gradient, theirs, self.constants)
        return self.backward(a, gradient, ours) and _same_bits(ours, theirs)

    def _finite(self, kernel: Callable[..., int], tensors: tuple[Tensor, ...], *numbers: object) -> bool:
        """Call a kernel, on parts of the batch in threads of their own where torch has several."""
        where = self.neighbours or (self.layout.maps, tensors[0][0, 0].numel(), self.per_group, self.reach, BLOCK)

        def strange(part: tuple[Tensor, ...]) -> int:
            return kernel(*(self._flat(tensor) for tensor in part), *where, *numbers)

        if self.threads == 1:
            return not strange(tensors)
        count = max(1, min(len(tensors[0]), self.threads))
        parts = zip(*(tensor.tensor_split(count) for tensor in tensors), strict=True)
        return not sum(_pool(os.getpid(), self.threads).map(strange, parts))

    def _flat(self, tensor: Tensor) -> Any:
        """Return the numbers of a tensor in the order of its memory."""
        tensor = tensor.detach().resolve_neg()  # never of an output, which is filled
        return (tensor.permute(0, 2, 3, 1) if self.layout.last else tensor).view(-1).numpy()


def _same_bits(one: Tensor, two: Tensor) -> bool:
    return torch.equal(one.view(torch.int32), two.view(torch.int32))


def _neighbours(layout: _Layout, reach: int, per_group: int) -> tuple[Any, Any, Any]:
    """Return the steps to neighbours in order, for each which numbers of a block have it, and the sum of none.

    A matrix product begins with 0. A sum in place begins with the map itself, as if with -0, which changes no number.
    """
    if layout.ascending:
        steps = list(range(-reach, reach + 1))
    else:
        steps = [0, *(step for distance in range(1, reach + 1) for step in (-distance, distance))]
    within = np.arange(max(1, BLOCK // layout.maps) * layout.maps) % layout.maps % per_group
    near = np.stack([(within + step >= 0) & (within + step < per_group) for step in steps])
    return np.array(steps), near.astype(np.uint8), np.float32(0.0 if layout.ascending else -0.0)


@cache
def _pool(process: int, threads: int) -> ThreadPoolExecutor:  # noqa: ARG001  # a forked process has none of the threads
    """Return this process's threads, in each of which Intel's functions stay in that thread.

    They would else share every block with a team of torch's threads, which takes longer than one thread alone.
    """
    return ThreadPoolExecutor(threads, thread_name_prefix="response-norm", initializer=_keep_to_one_thread)


def _keep_to_one_thread() -> None:
    """Have Intel's functions, where torch has them, compute in the calling thread alone."""
    with suppress(AttributeError):
        _torchs_library().MKL_Set_Num_Threads_Local(1)
