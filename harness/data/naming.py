"""Parses the names of ImageNet's image files: the class, the number and the original name.

n01440764_10026.JPEG                      a training image, with its class first
ILSVRC2012_val_00000020.JPEG              a validation or test image, with its number last
n01440764_10026_n01440764.JPEG            the same images from the archives on Hugging Face,
ILSVRC2012_val_00000020_n01440764.JPEG    with the class repeated before the suffix
"""

from __future__ import annotations

import re
from typing import NamedTuple

WNID = re.compile(r"n\d{8}")
_CLASS_LAST = re.compile(r"(.+)_(n\d{8})")
_CLASS_FIRST = re.compile(r"n\d{8}(?!\d)")
_NUMBER_LAST = re.compile(r".*_(\d{8})")


class ImageName(NamedTuple):
    """Information in the name of an image file."""

    original: str
    """Name given by the release, which identifies the image whatever the file is called here."""
    told: tuple[str, ...]
    """Every class in the name: none, one, or two that contradict each other."""
    number: int | None
    """Position in its split, from 1; None for a training image."""

    @property
    def wnid(self) -> str | None:
        """The class; None if the name has none, or two."""
        return self.told[0] if len(self.told) == 1 else None


def image_name(file: str) -> ImageName:
    """Parse a file name without folders.

    >>> image_name("n01440764_10026.JPEG").wnid
    'n01440764'
    >>> image_name("ILSVRC2012_val_00000020_n01440764.JPEG").number
    20
    """
    original = original_name(file)
    stem = _stem(original)
    first = _CLASS_FIRST.match(stem)
    last = () if original == file else (_stem(file).rpartition("_")[2],)
    number = None if first else _NUMBER_LAST.fullmatch(stem)
    told = dict.fromkeys((*(() if first is None else (first[0],)), *last))
    return ImageName(original, tuple(told), int(number[1]) if number else None)


def original_name(file: str) -> str:
    """Return the name that the release gave the file, without a class at its end."""
    if "_n" not in file:  # true of nearly all of a million names; the pattern takes ten times as long
        return file
    stem = _stem(file)
    found = _CLASS_LAST.fullmatch(stem)
    return file if found is None else found[1] + file[len(stem) :]


def _stem(file: str) -> str:
    return file.rpartition(".")[0] or file
