"""Random views and colour noise for a whole batch at once, on the device of its images (AlexNet, section 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import torch

from harness.data.cutting import Subtracted, views_less_mean
from harness.data.declared import centre_offset
from harness.data.share import Share, whole
from harness.data.spec import Augmentation
from harness.data.transfer import sent
from harness.data.views import central

Spots = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Top and left corners of the views, and whether (1) or not (0) they are mirrored, int64 [batch] each."""


def random_views(
    images: torch.Tensor,
    mean: torch.Tensor,
    crop: int,
    augmentation: Augmentation,
    generator: torch.Generator,
    share: Share | None = None,
) -> torch.Tensor:
    """Draw one random view of each image and subtract the mean image.

    `images` are uint8 [batch, channels, H, W]; the views are float32 [batch, channels, crop, crop] in channels-last
    order. `mean` is [channels, H, W] on the same device; its H and W may differ from the images' if only its central
    part is subtracted. With a `share`, the images are that part of a batch and get the views they would get in the
    whole batch. Raises ValueError if the crop does not fit.
    """
    batch, _, *size = images.shape
    spots = drawn_spots(size, crop, augmentation, generator, share or whole(batch))
    if images.device.type == "cpu":
        return cut_out(images, subtracted(mean, crop, augmentation), spots, crop)
    moving = _moves(augmentation)
    return gathered(images, mean if moving else central(mean, crop), spots, crop, moving=moving)


def drawn_spots(
    size: Sequence[int], crop: int, augmentation: Augmentation, generator: torch.Generator, share: Share
) -> Spots:
    """Draw the place and reflection of a view in each of a share's images, all of one (height, width).

    All random numbers come from `generator`, and all are drawn whether their use is switched on or not, so that arms
    that differ in one switch share the other draws. Raises ValueError if the crop does not fit.
    """
    height, width = size
    centre = (centre_offset(height, crop), centre_offset(width, crop))
    groups = -(-share.whole // augmentation.shared)
    drawn: Iterable[torch.Tensor] = _draws(groups, height - crop + 1, width - crop + 1, generator)
    if augmentation.shared > 1:
        drawn = [draw.repeat_interleave(augmentation.shared) for draw in drawn]
    top, left, flip = (draw[share.part] for draw in drawn)
    if not augmentation.crops:
        top, left = (torch.full_like(top, offset) for offset in centre)
    if not augmentation.flips:
        flip = torch.zeros_like(flip)
    return top, left, flip


def subtracted(mean: torch.Tensor, crop: int, augmentation: Augmentation) -> Subtracted:
    """Prepare the mean image, float32 [channels, H, W] on the CPU, as it is subtracted from views."""
    moving = _moves(augmentation)
    mean = mean if moving else central(mean, crop)
    # OpenCV copies: torch's threads would go on spinning after a copy, on processors that decode and cut meanwhile.
    return Subtracted.of(cv2.merge(list(mean.numpy())).reshape(*mean.shape[1:], -1), moving=moving)


def _moves(augmentation: Augmentation) -> bool:
    """Return whether the part of the mean image under each view is subtracted from it."""
    return augmentation.mean == "same_offset"


def cut_out(images: torch.Tensor, less: Subtracted, spots: Spots, crop: int) -> torch.Tensor:
    """Cut the views of `random_views` on a CPU."""
    places = spots[0].numpy(), spots[1].numpy(), spots[2].numpy()
    pixels = images.permute(0, 2, 3, 1).numpy()
    views = views_less_mean(pixels, less, places, crop, threads=torch.get_num_threads())
    return torch.from_numpy(views).permute(0, 3, 1, 2)


def gathered(images: torch.Tensor, mean: torch.Tensor, spots: Spots, crop: int, *, moving: bool) -> torch.Tensor:
    """Cut the same views, bit for bit, by few large operations on the images' device."""
    batch, channels, _, width = images.shape
    top, left, flip = sent(torch.stack(spots), images.device)  # sent before `places`, which is far larger
    where = places(top, left, flip, crop, width).mT.expand(-1, -1, channels)
    under = _pixels(mean.expand_as(images)).gather(1, where) if moving else _pixels(mean[None])
    views = _pixels(images).gather(1, where) - under
    return views.view(batch, crop, crop, channels).permute(0, 3, 1, 2)


def _pixels(images: torch.Tensor) -> torch.Tensor:
    """Return the pixels of each image, [batch, H * W, channels], without a copy if the layout allows."""
    return images.permute(0, 2, 3, 1).flatten(1, 2)


def _draws(batch: int, rows: int, columns: int, generator: torch.Generator) -> Spots:
    """Draw top and left corners and reflections, [batch] each.

    A 224-pixel window has 33 places along 256 pixels if both ends count; the paper's factor of 2048 counts 32.
    """
    sizes = (rows, columns, 2)
    draws = (torch.randint(size, (batch,), generator=generator, device=generator.device) for size in sizes)
    top, left, flip = draws
    return top, left, flip


def places(top: torch.Tensor, left: torch.Tensor, flip: torch.Tensor, crop: int, width: int) -> torch.Tensor:
    """Return the flat index of each pixel of each view in its image of width `width`, int64 [batch, 1, crop * crop]."""
    steps = torch.arange(crop, device=top.device)
    rows = top[:, None] + steps
    columns = left[:, None] + torch.where(flip[:, None].bool(), steps.flip(0), steps)
    return (rows[:, :, None] * width + columns[:, None, :]).flatten(1)[:, None]


class ColourNoise:
    """Noise along the principal components of the training set's colours, drawn once for each image.

    Section 4.1 adds P (alpha * lambda) to every pixel, with P the eigenvectors and lambda the eigenvalues of the 3 x 3
    `covariance` of RGB values, and alpha Gaussian. With `sqrt_eigenvalues` each component has the length of its
    standard deviation. Grey images, which have no covariance, and a `colour_std` of zero get no noise. With
    `noise_divides` all views, grey ones too, are divided by 1 + `colour_std`.
    """

    def __init__(self, augmentation: Augmentation, covariance: torch.Tensor | None) -> None:
        self.std = augmentation.colour_std
        self.divisor = 1 + self.std if augmentation.noise_divides else 1.0
        self.components: torch.Tensor | None = None
        if covariance is not None and self.std > 0:
            self.components = components(covariance, augmentation.colour_scale)

    def added_to(self, views: torch.Tensor, generator: torch.Generator, share: Share | None = None) -> torch.Tensor:
        """Return the views, float32 [batch, 3, H, W], with noise; all random numbers come from `generator`."""
        noisy = views if self.components is None else self._shifted(views, self.components, generator, share)
        return noisy if self.divisor == 1 else noisy / self.divisor

    def _shifted(
        self, views: torch.Tensor, components: torch.Tensor, generator: torch.Generator, share: Share | None
    ) -> torch.Tensor:
        share = share or whole(len(views))
        alpha = self.std * torch.randn(share.whole, 3, generator=generator, device=generator.device)[share.part]
        noise = sent(alpha @ components.to(alpha), views.device)
        rows = views.permute(0, 2, 3, 1).flatten(2)  # a whole row of pixels, because a loop over three numbers is slow
        shifted = rows + noise.repeat(1, views.shape[3])[:, None]
        return shifted.view(len(views), *views.shape[2:], 3).permute(0, 3, 1, 2)


def components(covariance: torch.Tensor, scale: str) -> torch.Tensor:
    """Return the eigenvectors of a covariance as rows, each scaled by its eigenvalue or the square root of it.

    The result is float64 [3, 3], largest first. Libraries differ in signs, so the largest element of each row is made
    positive.
    """
    eigenvalues, vectors = torch.linalg.eigh(covariance.cpu().double())
    rows = vectors.T.flip(0)
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    lengths = eigenvalues.flip(0).clamp_min(0)
    lengths = lengths if scale == "eigenvalues" else lengths.sqrt()
    signed: torch.Tensor = rows * largest.sign() * lengths[:, None]
    return signed
