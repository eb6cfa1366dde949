"""How much room on disk the files of a job take, estimated before it runs."""

from __future__ import annotations

from collections.abc import Iterable

from harness.models.layers import Traced

NUMBER = 4
"""Bytes of a weight, of a velocity and of a probability."""
ID_LETTERS = 53
"""Of an image's name, `ilsvrc2012/val/<wnid>/<file>`; shorter in other sets, where nothing depends on it."""
CHECKPOINTS = 3
"""That lie there at once: the newest, the one before, and the one that is being written."""


def weights_bytes(layers: Iterable[Traced]) -> int:
    """Of a trained net, its running statistics included."""
    return sum(NUMBER * one.parameters + sum(buffer.bytes for buffer in one.buffers) for one in layers)


def checkpoints_bytes(layers: Iterable[Traced]) -> int:
    """Of a training at work: weights and velocities, until it ends."""
    return CHECKPOINTS * 2 * weights_bytes(layers)


def predictions_bytes(images: int, classes: int) -> int:
    """Of a test: for each image its name in four bytes a letter, its label and its probabilities."""
    return images * (4 * ID_LETTERS + 8 + NUMBER * classes)


def pixels_bytes(shape: tuple[int, int, int]) -> int:
    """Of a mean image of (channels, height, width)."""
    channels, height, width = shape
    return NUMBER * channels * height * width
