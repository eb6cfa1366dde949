"""Memory of this machine and its GPUs: how much is left, and out-of-memory errors, whatever library raises them."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path

from harness.machine.cgroups import memory_limit
from harness.machine.environment import nvml
from harness.machine.nvml import visible_gpus

_MEMINFO = Path("/proc/meminfo")

NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
"""Words of torch and CUDA for lack of memory, in errors without a type of their own."""


def is_out_of_memory(error: BaseException) -> bool:
    """Check whether an error of Python, torch or CUDA means that the machine's or a GPU's memory ran out.

    >>> is_out_of_memory(RuntimeError("CUDA out of memory"))
    True
    >>> is_out_of_memory(ValueError("no such file"))
    False
    """
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(words in str(error) for words in NO_MEMORY)


def available_bytes() -> int | None:
    """Return the memory that programs may still take, in bytes, a container's limit included; None where unknown."""
    amounts = [] if (limit := memory_limit()) is None else [limit]
    with suppress(OSError, ValueError, IndexError, StopIteration):
        lines = _MEMINFO.read_text(encoding="utf-8").splitlines()
        amounts.append(1024 * int(next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))))
    return min(amounts, default=None)


def free_gpu_bytes() -> list[int | None]:
    """Return the free memory of each GPU that CUDA shows to this process, in bytes; None where NVML does not tell.

    What other processes hold is not free. Empty without a GPU, and where the driver does not answer.
    """
    library = nvml()
    if library is None:
        return []
    try:
        library.nvmlInit()
        try:
            return [gpu.free_bytes() for gpu in visible_gpus(library, None)]
        finally:
            library.nvmlShutdown()
    except library.NVMLError:
        return []
