"""Tells images that somebody rescaled from those that were released, where no manifest says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.data.ranked import ranked
from harness.data.sets.imagenet import class_folders, class_images

SAMPLE = 64
"""Images whose headers are read."""
ENOUGH = 32
"""Fewer say nothing."""
ALIKE = 0.95
"""Share of images with one shorter side from which they were rescaled; of ImageNet's own, about half have the same."""


def common_short_side(sides: Iterable[int]) -> int | None:
    """The shorter side, pixels, that nearly all images have; None where they differ, or are too few to tell."""
    counts = Counter(sides)
    side, most = next(iter(counts.most_common(1)), (0, 0))
    return side if counts.total() >= ENOUGH and most >= ALIKE * counts.total() else None


def rescaled_to(folder: Path, split: str) -> int | None:
    """The shorter side to which the images in a split's class folders were rescaled; None where they were not.

    Looks at one image of each of so many classes; what cannot be read is passed over.
    """
    names = ranked(class_folders(folder, split), "sample 0")[:SAMPLE]
    paths = [next((entry.path for entry in class_images(folder / split / name)), "") for name in names]
    return common_short_side(_short_sides([path for path in paths if path]))


def says_rescaled(what: str, side: int) -> str:
    """In words, for a report."""
    return f"the images of {what} have a shorter side of {side} pixels: a rescaled copy, and no manifest says how"


def _short_sides(paths: Sequence[str]) -> list[int]:
    from PIL import Image  # noqa: PLC0415 - a plan does without it

    sides = []
    for path in paths:
        try:
            with Image.open(path) as image:
                sides.append(min(image.size))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            continue
    return sides
