"""Estimates the room on disk that the files of a job take, before it runs."""

from __future__ import annotations

from collections.abc import Iterable

from harness.jobs.features.feature_specs import Feature
from harness.models.layers import Traced

NUMBER = 4
"""Bytes of a weight, of a velocity and of a probability."""
ID_LETTERS = 53
"""Letters of an image's name, `ilsvrc2012/val/<wnid>/<file>`; names of other sets are shorter."""
CHECKPOINTS = 3
"""Checkpoints on disk at once: the newest, the one before, and the one being written."""


def weights_bytes(layers: Iterable[Traced]) -> int:
    """Count the bytes of a trained net, its running statistics included."""
    return sum(NUMBER * one.parameters + sum(buffer.bytes for buffer in one.buffers) for one in layers)


def checkpoints_bytes(layers: Iterable[Traced]) -> int:
    """Count the bytes of the checkpoints of a training at work: weights and velocities, until it ends."""
    return CHECKPOINTS * 2 * weights_bytes(layers)


def predictions_bytes(images: int, classes: int) -> int:
    """Count the bytes of a test: for each image its name in four bytes a letter, its label and its probabilities."""
    return images * (4 * ID_LETTERS + 8 + NUMBER * classes)


def pixels_bytes(shape: tuple[int, int, int]) -> int:
    """Count the bytes of a mean image of (channels, height, width).

    >>> pixels_bytes((3, 256, 256))
    786432
    """
    channels, height, width = shape
    return NUMBER * channels * height * width


def vocabulary_bytes(feature: Feature, length: int) -> int:
    """Count the bytes of a vocabulary of descriptors of `length` numbers."""
    return NUMBER * feature.vocabulary_numbers(length)


def codes_bytes(images: int, numbers: int) -> int:
    """Count the bytes of the codes of images.

    >>> codes_bytes(1_261_406, 131_072) // 10**9
    661
    """
    return NUMBER * images * numbers


def machines_bytes(classes: int, numbers: int) -> int:
    """Count the bytes of a linear classifier of codes, a bias for each class included."""
    return NUMBER * classes * (numbers + 1)
