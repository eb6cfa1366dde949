"""Turns stored images into prepared ones on the CPU: decoding, rescaling, cutting and padding."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.data import jpeg
from harness.data.declared import centre_offset
from harness.data.spec import Prepare
from harness.errors import DataMissing

UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""Exceptions of Pillow for files that are damaged, cut short, no images, or of a mode it cannot convert."""


DEEP = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
"""Pillow's modes of more than 8 bits a pixel. It opens deeper colours with 8 bits each."""
WHITE_16 = 65535
"""White in 16-bit grey, by the definition of PNG."""


class Window(NamedTuple):
    """One view of an image that is rescaled for this view alone."""

    side: int
    """Shorter side of the rescaled image, in pixels."""
    down: float
    """Row at which the view starts, as a fraction in [0, 1) of the rows at which it may start."""
    right: float
    """Column at which the view starts, as a fraction in [0, 1) of the columns at which it may start."""
    crop: int
    """Side of the view, in pixels."""

    def place(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Return (height, width, top, left): the size of the rescaled image and the corner of the view in it."""
        tall, wide = Prepare(short_side=self.side).rescaled(height, width)
        top = int(self.down * (tall - self.crop + 1))
        return tall, wide, top, int(self.right * (wide - self.crop + 1))


Picture = tuple[Image.Image | NDArray[np.uint8], str]
"""An image in RGB, as pixels [H, W, 3] or Pillow's, and the mode in which it is stored."""


def decode(path: str, prepare: Prepare) -> tuple[NDArray[np.uint8], str]:
    """Decode one image file; return prepared RGB pixels [3, H, W] and the mode in which it was stored.

    Every pixel is decoded at full size, because reduced JPEG decoding gives other pixels. EXIF orientation is ignored,
    as users of the data set always did. Raises DataMissing with the file's name if it cannot be decoded.
    """
    return prepare_picture(lambda: _read(path), prepare, lambda: path)


def decode_window(path: str, window: Window) -> tuple[NDArray[np.uint8], str]:
    """Decode one view of an image file; return RGB pixels [3, crop, crop] and the mode in which it was stored.

    Only the part of the image under the view is resampled, with the same pixels as rescaling the whole image and
    cutting. Raises DataMissing with the file's name if it cannot be decoded.
    """
    return cut_picture(lambda: _read(path), window, lambda: path)


def prepare_picture(
    read: Callable[[], Picture], prepare: Prepare, place: Callable[[], str]
) -> tuple[NDArray[np.uint8], str]:
    """Read and prepare a picture; return pixels [3, H, W] and its mode. Raises DataMissing that names its place."""
    try:
        image, mode = read()
        return prepared(image, prepare), mode
    except UNREADABLE as error:
        raise _unreadable(place(), error) from None


def cut_picture(read: Callable[[], Picture], window: Window, place: Callable[[], str]) -> tuple[NDArray[np.uint8], str]:
    """Read a picture and cut a view out of it; like `prepare_picture`."""
    try:
        image, mode = read()
        return cut_out(image if isinstance(image, Image.Image) else Image.fromarray(image), window), mode
    except UNREADABLE as error:
        raise _unreadable(place(), error) from None


def _read(path: str) -> Picture:
    """Read an image file in RGB."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - pathlib takes three times as long
        found = jpeg.decoded(file.read())
    return _by_pillow(path) if found is None else found


def picture(data: bytes) -> Picture:
    """Decode the content of an image file in RGB. Raises an error of UNREADABLE."""
    found = jpeg.decoded(data)
    return _by_pillow(io.BytesIO(data)) if found is None else found


def _by_pillow(file: str | io.BytesIO) -> Picture:
    with Image.open(file) as image:
        image.load()
        return as_rgb(image), image.mode


def prepared_size(path: str, prepare: Prepare) -> tuple[int, int]:
    """Return (height, width) of an image file once prepared, from its header. Raises DataMissing if it is damaged."""
    try:
        with Image.open(path) as image:
            return prepare.sides((image.height, image.width))
    except UNREADABLE as error:
        raise _unreadable(path, error) from None


def _unreadable(path: str, error: Exception) -> DataMissing:
    return DataMissing(f"{path}: cannot be decoded and prepared ({error}); put a sound copy in its place")


def depth_fault(image: Image.Image) -> str | None:
    """Return why a newly opened image cannot be converted to 8 bits; None if it can.

    Images of at most 8 bits and PNGs can.
    """
    if image.mode not in DEEP or image.format == "PNG":
        return None
    return f"a {image.format} of mode {image.mode} does not say which number is white; store it with 8 bits a colour"


def eight_bits(image: Image.Image) -> Image.Image:
    """Return a newly opened image with at most 8 bits a colour; deeper grey is scaled to the nearest level.

    Pillow itself would clip it at 255. Raises ValueError if the image does not define which number is white.
    """
    if image.mode not in DEEP:
        return image
    if (fault := depth_fault(image)) is not None:
        raise ValueError(fault)
    grey = np.asarray(image).astype(np.uint32)
    return Image.fromarray(((grey * 255 + WHITE_16 // 2) // WHITE_16).astype(np.uint8))


def as_rgb(image: Image.Image) -> Image.Image:
    """Return the image in RGB: grey repeated, CMYK and YCCK converted, palettes looked up, transparency dropped.

    Raises ValueError like `eight_bits`.
    """
    image = eight_bits(image)
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image if image.mode == "RGB" else image.convert("RGB")


def prepared(image: Image.Image | NDArray[np.uint8], prepare: Prepare) -> NDArray[np.uint8]:
    """Prepare an RGB or grey image, or pixels [H, W, channels]; return uint8 [channels, H, W].

    Pillow's bilinear filter widens with the factor of reduction, which makes it antialiased. Raises ValueError if the
    image is smaller than `center`.
    """
    height, width = image.shape[:2] if isinstance(image, np.ndarray) else (image.height, image.width)
    rescaled = prepare.rescaled(height, width)
    if rescaled != (height, width):
        image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
        image = image.resize(rescaled[::-1], Image.Resampling.BILINEAR)
    pixels = np.atleast_3d(np.asarray(image)).transpose(2, 0, 1)
    return cut_and_padded(pixels, prepare)


def cut_out(image: Image.Image, window: Window) -> NDArray[np.uint8]:
    """Cut a view out of an RGB image, uint8 [3, crop, crop]."""
    tall, wide, top, left = window.place(image.height, image.width)
    rows, columns = image.height / tall, image.width / wide
    right, bottom = min((left + window.crop) * columns, image.width), min((top + window.crop) * rows, image.height)
    box = (left * columns, top * rows, right, bottom)
    view = image.resize((window.crop, window.crop), Image.Resampling.BILINEAR, box=box)
    return np.asarray(view).transpose(2, 0, 1)


def kept_part(prepare: Prepare, height: int, width: int) -> tuple[slice, slice] | None:
    """Return the rows and columns of an image that are the prepared one.

    None for an image that is rescaled or padded, and for one that is too small.

    >>> kept_part(Prepare(short_side=256, center=256), 256, 340)
    (slice(0, 256, None), slice(42, 298, None))
    """
    kept = (height, width) if prepare.center is None else (prepare.center, prepare.center)
    if prepare.pad or prepare.rescaled(height, width) != (height, width) or min(height - kept[0], width - kept[1]) < 0:
        return None
    top, left = centre_offset(height, kept[0]), centre_offset(width, kept[1])
    return slice(top, top + kept[0]), slice(left, left + kept[1])


def cut_and_padded(pixels: NDArray[np.uint8], prepare: Prepare) -> NDArray[np.uint8]:
    """Cut the central square of [..., height, width] and add zeros around it."""
    if prepare.center is not None:
        top, left = (centre_offset(side, prepare.center) for side in pixels.shape[-2:])
        pixels = pixels[..., top : top + prepare.center, left : left + prepare.center]
    margin = (prepare.pad, prepare.pad)
    still = [(0, 0)] * (pixels.ndim - 2)
    return np.pad(pixels, [*still, margin, margin]) if prepare.pad else pixels
