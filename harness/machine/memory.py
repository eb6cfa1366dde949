"""Tells errors for lack of memory from others, in whatever words they come."""

from __future__ import annotations

import errno

NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
"""How torch and CUDA say it in errors that have no type of their own."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory was lacking, of the machine or of a GPU, in whatever words Python, torch or CUDA say so."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(words in str(error) for words in NO_MEMORY)
