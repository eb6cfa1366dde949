"""Random views and colour noise for a whole batch at once, on the device of its images (AlexNet, section 4.1)."""

from __future__ import annotations

import torch

from harness.data.declared import centre_offset
from harness.data.share import Share, whole
from harness.data.spec import Augmentation
from harness.data.views import central


def random_views(
    images: torch.Tensor,
    mean: torch.Tensor,
    crop: int,
    augmentation: Augmentation,
    generator: torch.Generator,
    share: Share | None = None,
) -> torch.Tensor:
    """One view of each image, less the mean image.

    uint8 [batch, channels, H, W] becomes float32 [batch, channels, crop, crop]; `mean` is [channels, H, W] on the same
    device, of any H and W where only its central part is subtracted. Everything random comes from `generator`, and
    every number is drawn whether its part is switched on or not, so that arms that differ in one part share the other's
    draws. With a `share` the images are that part of a batch, and see what they would in the whole of it. Raises
    ValueError when the crop does not fit.
    """
    batch, channels, height, width = images.shape
    share = share or whole(batch)
    centre = (centre_offset(height, crop), centre_offset(width, crop))
    drawn = _draws(share.whole, height - crop + 1, width - crop + 1, generator)
    top, left, flip = (draw[share.part] for draw in drawn)
    if not augmentation.crops:
        top, left = (torch.full_like(top, offset) for offset in centre)
    if not augmentation.flips:
        flip = torch.zeros_like(flip)
    top, left, flip = (draw.to(images.device) for draw in (top, left, flip))  # the places take far more
    where = places(top, left, flip, crop, width).expand(-1, channels, -1)
    views = images.flatten(2).gather(2, where).view(batch, channels, crop, crop)
    if augmentation.mean == "centre_crop":
        return views - central(mean, crop)
    return views - mean.flatten(1).expand(batch, -1, -1).gather(2, where).view_as(views)


def _draws(batch: int, rows: int, columns: int, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
    """Top and left corners and reflections, [batch] each.

    A 224-pixel window has 33 places along 256 pixels when both ends count; the paper's factor of 2048 counts 32.
    """
    sizes = (rows, columns, 2)
    draws = (torch.randint(size, (batch,), generator=generator, device=generator.device) for size in sizes)
    return tuple(draws)


def places(top: torch.Tensor, left: torch.Tensor, flip: torch.Tensor, crop: int, width: int) -> torch.Tensor:
    """Where each pixel of each view lies in its image of that width, flattened: int64 [batch, 1, crop * crop]."""
    steps = torch.arange(crop, device=top.device)
    rows = top[:, None] + steps
    columns = left[:, None] + torch.where(flip[:, None].bool(), steps.flip(0), steps)
    return (rows[:, :, None] * width + columns[:, None, :]).flatten(1)[:, None]


class ColourNoise:
    """Multiples of the principal components of the training set's colours, drawn once an image and added to all of it.

    Section 4.1 adds P (alpha * lambda) with P the eigenvectors and lambda the eigenvalues of the 3 x 3 `covariance` of
    RGB values, and alpha Gaussian. With `sqrt_eigenvalues` the components have the length of their standard deviation.
    Without a covariance, for grey images, or with a `colour_std` of zero, nothing is added.
    """

    def __init__(self, augmentation: Augmentation, covariance: torch.Tensor | None) -> None:
        self.std = augmentation.colour_std
        self.components: torch.Tensor | None = None
        if covariance is not None and self.std > 0:
            self.components = components(covariance, augmentation.colour_scale)

    def added_to(self, views: torch.Tensor, generator: torch.Generator, share: Share | None = None) -> torch.Tensor:
        """The views float32 [batch, 3, H, W] with the noise, everything random drawn from `generator`."""
        if self.components is None:
            return views
        share = share or whole(len(views))
        alpha = self.std * torch.randn(share.whole, 3, generator=generator, device=generator.device)[share.part]
        noise = alpha @ self.components.to(alpha)
        return views + noise.to(views.device)[:, :, None, None]


def components(covariance: torch.Tensor, scale: str) -> torch.Tensor:
    """The eigenvectors of a covariance as rows, each as long as its eigenvalue or the square root of that.

    float64 [3, 3], largest first. Libraries differ in the signs, so the largest element of each is made positive.
    """
    eigenvalues, vectors = torch.linalg.eigh(covariance.cpu().double())
    rows = vectors.T.flip(0)
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    lengths = eigenvalues.flip(0).clamp_min(0)
    lengths = lengths if scale == "eigenvalues" else lengths.sqrt()
    signed: torch.Tensor = rows * largest.sign() * lengths[:, None]
    return signed
