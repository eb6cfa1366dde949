"""Compiles functions by numba and keeps the code on disk. Importing this module imports numba, which takes time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any] | None = None, *, signature: Any = None) -> Any:
    """Compile a function at its first call, or for a `signature` at once, as a decorator.

    The code is kept on disk where numba finds a folder for it. It runs without Python's lock and divides as numpy does.
    """
    if function is None:
        return partial(compiled, signature=signature)
    compiler = partial(njit, signature, nogil=True, error_model="numpy")
    try:
        return compiler(cache=True)(function)
    except RuntimeError:  # no such folder
        return compiler()(function)
