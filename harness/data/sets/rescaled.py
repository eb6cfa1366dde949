"""Detects images that somebody rescaled after their release, where no manifest says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.data.ranked import ranked
from harness.data.sets.imagenet import class_folders, class_images

SAMPLE = 64
"""Number of images whose headers are read."""
ENOUGH = 32
"""Number of images below which there is no answer."""
ALIKE = 0.95
"""Share of images with one shorter side from which on they count as rescaled; in ImageNet itself about half have
one."""


def common_short_side(sides: Iterable[int]) -> int | None:
    """Return the shorter side, in pixels, of nearly all images; None if sides vary or there are too few images.

    >>> common_short_side([256] * 40)
    256
    """
    counts = Counter(sides)
    side, most = next(iter(counts.most_common(1)), (0, 0))
    return side if counts.total() >= ENOUGH and most >= ALIKE * counts.total() else None


def rescaled_to(folder: Path, split: str) -> int | None:
    """Return the shorter side to which images in a split's class folders were rescaled; None if they were not.

    It reads one image from each of `SAMPLE` classes and skips unreadable ones.
    """
    names = ranked(class_folders(folder, split), "sample 0")[:SAMPLE]
    paths = [next((entry.path for entry in class_images(folder / split / name)), "") for name in names]
    return common_short_side(_short_sides([path for path in paths if path]))


def says_rescaled(what: str, side: int) -> str:
    """Return the finding in words, for a report."""
    return f"the images of {what} have a shorter side of {side} pixels: a rescaled copy, and no manifest says how"


def _short_sides(paths: Sequence[str]) -> list[int]:
    from PIL import Image  # noqa: PLC0415 - plans do not need it

    sides = []
    for path in paths:
        try:
            with Image.open(path) as image:
                sides.append(min(image.size))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            continue
    return sides
