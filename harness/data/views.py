"""The fixed views of an image that a test looks at."""

from __future__ import annotations

import torch

from harness.data.declared import VIEWS, centre_offset


def fixed_views(images: torch.Tensor, mean: torch.Tensor, crop: int, name: str) -> torch.Tensor:
    """The views of that name, less the mean image at the same place.

    uint8 [batch, channels, H, W] becomes float32 [batch, views, channels, crop, crop]; `mean` is [channels, H, W] on
    the same device. `centre` is the central view. `ten_crop` (AlexNet, section 4.1) is the four corners, top left, top
    right, bottom left, bottom right, the centre, then the reflections of these five. Raises ValueError for another
    name, or when the crop does not fit.
    """
    if name not in VIEWS:
        raise ValueError(f"there are no views {name!r}; there are {', '.join(VIEWS)}")
    top, left = (centre_offset(side, crop) for side in images.shape[-2:])
    centred = images - mean
    central = (top, left)
    if name == "centre":
        return _window(centred, central, crop)[:, None]
    bottom, right = (side - crop for side in images.shape[-2:])
    corners = ((0, 0), (0, right), (bottom, 0), (bottom, right))
    five = torch.stack([_window(centred, offset, crop) for offset in (*corners, central)], 1)
    return torch.cat([five, five.flip(-1)], 1)


def _window(images: torch.Tensor, offset: tuple[int, int], crop: int) -> torch.Tensor:
    top, left = offset
    return images[..., top : top + crop, left : left + crop]
