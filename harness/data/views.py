"""The fixed views of an image that tests use."""

from __future__ import annotations

import torch

from harness.data.declared import VIEWS, centre_offset


def fixed_views(images: torch.Tensor, mean: torch.Tensor, crop: int, name: str) -> torch.Tensor:
    """Return the views called `name` with the mean image subtracted.

    uint8 [batch, channels, H, W] becomes float32 [batch, views, channels, crop, crop]. If the mean image has the size
    of the images, its part under each view is subtracted; otherwise its central part is subtracted from every view. It
    must be on the images' device. `centre` is the central view. `ten_crop` (AlexNet, section 4.1) has the corners (top
    left, top right, bottom left, bottom right), the centre, and then the mirror images of these five. Raises ValueError
    for another name, or if the crop does not fit.
    """
    if name not in VIEWS:
        raise ValueError(f"there are no views {name!r}; there are {', '.join(VIEWS)}")
    if mean.shape[-2:] == images.shape[-2:]:
        return _views(images - mean, crop, name)
    return _views(images, crop, name) - central(mean, crop)


def central(images: torch.Tensor, crop: int) -> torch.Tensor:
    """Return the central square of [..., H, W]. Raises ValueError if it does not fit."""
    top, left = (centre_offset(side, crop) for side in images.shape[-2:])
    return _window(images, (top, left), crop)


def _views(images: torch.Tensor, crop: int, name: str) -> torch.Tensor:
    middle = central(images, crop)
    if name == "centre":
        return middle[:, None]
    bottom, right = (side - crop for side in images.shape[-2:])
    corners = ((0, 0), (0, right), (bottom, 0), (bottom, right))
    five = torch.stack([*(_window(images, offset, crop) for offset in corners), middle], 1)
    return torch.cat([five, five.flip(-1)], 1)


def _window(images: torch.Tensor, offset: tuple[int, int], crop: int) -> torch.Tensor:
    top, left = offset
    return images[..., top : top + crop, left : left + crop]
