"""Arithmetic of windows that slide over a map: sizes of outputs, and padding by zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.models.layers.layer import Padding, Shape, map_of

if TYPE_CHECKING:
    from torch import nn


def convolved(name: str, shape: Shape, kernel: int, stride: int, pad: Padding) -> tuple[int, int]:
    """Return the (height, width) of a convolution's output, by floor division.

    >>> convolved("conv1", (3, 227, 227), kernel=11, stride=4, pad=(0, 0, 0, 0))
    (55, 55)
    """
    _, height, width = map_of(name, shape)
    left, right, top, bottom = pad
    return (height + top + bottom - kernel) // stride + 1, (width + left + right - kernel) // stride + 1


def pooled(name: str, shape: Shape, size: int, stride: int, *, cover: bool) -> Shape:
    """Return maps of side (side - size) / stride + 1, the quotient rounded up with `cover`, else down.

    >>> pooled("pool1", (96, 55, 55), 3, 2, cover=False)
    (96, 27, 27)
    """
    channels, *sides = map_of(name, shape)
    spare = stride - 1 if cover else 0
    return (channels, *((side - size + spare) // stride + 1 for side in sides))


def own_padding(pad: Padding) -> tuple[int, int]:
    """Return the (rows, columns) of zeros that a torch convolution can add itself.

    They are (0, 0) if opposite sides differ; then `zeros_around` adds the zeros.
    """
    left, right, top, bottom = pad
    return (top, left) if (left, top) == (right, bottom) else (0, 0)


def zeros_around(pad: Padding) -> dict[str, nn.Module]:
    """Return a module that adds zeros before a convolution, if they differ by side; else none."""
    from torch import nn  # noqa: PLC0415 - networks are planned without torch

    left, right, top, bottom = pad
    return {} if (left, top) == (right, bottom) else {"_pad": nn.ZeroPad2d(pad)}
