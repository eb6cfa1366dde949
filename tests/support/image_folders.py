"""Miniature ImageNets: class folders of JPEGs in odd sizes, with classes that a small net can learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

GREY_EVERY, CMYK_EVERY = 7, 11
"""One image in so many is stored grey, or in CMYK, as some of ImageNet's are."""


def make_image_folders(
    folder: Path, *, classes: int = 4, train: int = 12, val: int = 3, test: int = 5, seed: int = 0
) -> list[str]:
    """Write {train,val,test}/<wnid>/*.JPEG below `folder`, with so many images per class; returns the sorted wnids.

    A class is a direction of stripes and a hue; phase, width of the stripes, brightness, noise and size are random.
    """
    random = np.random.default_rng(seed)
    wnids = [f"n{10_000_000 + 137 * number:08d}" for number in range(classes)]
    for split, count in {"train": train, "val": val, "test": test}.items():
        for number, wnid in enumerate(wnids):
            (folder / split / wnid).mkdir(parents=True)
            for index in range(count):
                image = stored_as(index, textured(number, classes, random))
                image.save(folder / split / wnid / f"{wnid}_{split}_{index}.JPEG", "JPEG", quality=90)
    return wnids


def textured(number: int, classes: int, random: np.random.Generator) -> Image.Image:
    """Return one image of a class, landscape or portrait, with a shorter side of 40 to 79 pixels."""
    short = int(random.integers(40, 80))
    long = int(short * random.uniform(1, 1.8))
    height, width = (short, long) if random.random() < 0.5 else (long, short)
    rows, columns = np.mgrid[:height, :width] / short
    angle = np.pi * (number + random.uniform(-0.15, 0.15)) / classes
    along = rows * np.sin(angle) + columns * np.cos(angle)
    stripes = np.sin(2 * np.pi * (random.uniform(4, 6) * along + random.random()))
    hue = 2 * np.pi * number / classes + np.array([0, 2, 4]) * np.pi / 3
    colour = 128 + 50 * np.cos(hue) + random.normal(0, 10)
    pixels = colour + 45 * stripes[..., None] + random.normal(0, 12, (height, width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def size_and_mode(path: Path) -> tuple[tuple[int, int], str]:
    """Return (width, height) and mode of an image file."""
    with Image.open(path) as image:
        return image.size, image.mode


def stored_as(index: int, image: Image.Image) -> Image.Image:
    """Convert an image to the mode of the file with this number."""
    if index % CMYK_EVERY == CMYK_EVERY - 1:
        return image.convert("CMYK")
    return image.convert("L") if index % GREY_EVERY == GREY_EVERY - 1 else image
