"""Recognition of out-of-memory errors, whatever library raises them."""

from __future__ import annotations

import errno

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
