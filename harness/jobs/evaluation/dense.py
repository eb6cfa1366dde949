"""Dense testing (PReLU, section 3): applies convolutions once to a whole image and the later layers to every window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from harness.models.network import Network, child_name

PIXELS_AT_ONCE = 2**22
"""Largest number of pixels to convolve at once; limits memory and changes results by rounding only."""

NUMBERS_AT_ONCE = 2**27
"""Largest count of pooled values to classify at once, 512 MiB of float32; limits memory only, like the above."""


@dataclass(frozen=True, slots=True)
class DenseNetwork:
    """A net that classifies every square window of its last maps, with windows one position apart."""

    maps: Network
    """The layers from images to the last maps."""
    levels: tuple[int, ...]
    """Levels of the spatial pyramid over a window."""
    rest: Network
    """The layers from a pooled window to logits."""
    window: int
    """Side of a window on the last maps."""

    @classmethod
    def cut(cls, network: Network, last_map: str, window: int) -> DenseNetwork:
        """Cut a net after the layer `last_map`, which a spatial pyramid must follow."""
        maps, after = network.cut(child_name(last_map))
        pyramid, described = next(iter(after.traced.items()))
        assert described.layer.pyramid is not None
        return cls(maps, described.layer.pyramid, after.cut(pyramid)[1], window)

    def scores(self, images: Tensor, *, flips: bool) -> Tensor:
        """Return softmax outputs [N, classes] of float images [N, C, H, W], averaged over all windows of each image.

        With `flips`, the average includes the windows of the mirrored image.
        """
        size = max(1, PIXELS_AT_ONCE // (images.shape[-1] * images.shape[-2]))
        return torch.cat([self._scores(batch, flips=flips) for batch in torch.split(images, size)])

    def _scores(self, images: Tensor, *, flips: bool) -> Tensor:
        seen = [images, images.flip(-1)] if flips else [images]
        return torch.stack([torch.cat(list(self._means(self.maps(view)))) for view in seen]).mean(0)

    def _means(self, maps: Tensor) -> Iterator[Tensor]:
        _, channels, height, width = maps.shape
        windows = (height - self.window + 1) * (width - self.window + 1)
        numbers = windows * channels * sum(level**2 for level in self.levels)
        for part in torch.split(maps, max(1, NUMBERS_AT_ONCE // numbers)):
            pooled = pyramid_windows(part, self.levels, self.window)
            logits = self.rest(pooled.flatten(0, 1))
            yield logits.float().softmax(1).view(*pooled.shape[:2], -1).mean(1)


def pyramid_windows(maps: Tensor, levels: tuple[int, ...], window: int) -> Tensor:
    """Pool every window by a spatial pyramid: maps [N, C, H, W] become vectors [N, windows, C * bins].

    Windows are ordered row by row. Each vector equals that of `PyramidPool` applied to the cut-out window. Pooling each
    bin once for all windows is faster: a sliding maximum over the bin's rows and columns serves every window.
    """
    return torch.cat([_level(maps, level, window) for level in levels], 2)


def _level(maps: Tensor, bins: int, window: int) -> Tensor:
    """Pool every window by one level of the pyramid; returns [N, windows, C * bins * bins]."""
    by_row = _sliding(maps, bins, window)
    both = _sliding(by_row.transpose(-1, -2).flatten(1, 2), bins, window)
    # The shape is now [N, C * row bins, column bins, places across, places down].
    across_last = both.view(len(maps), maps.shape[1], bins, *both.shape[2:]).transpose(-1, -2)
    return across_last.permute(0, 4, 5, 1, 2, 3).flatten(3).flatten(1, 2)


def _sliding(maps: Tensor, bins: int, window: int) -> Tensor:
    """Return the maxima of each bin along the rows of every window: [N, C, H, W] becomes [N, C, bins, places, W]."""
    places = maps.shape[2] - window + 1
    edges = [(i * window // bins, -(-(i + 1) * window // bins)) for i in range(bins)]
    pooled = {length: _maxima(maps, length) for length in {stop - start for start, stop in edges}}
    return torch.stack([pooled[stop - start].narrow(2, start, places) for start, stop in edges], 2)


def _maxima(maps: Tensor, length: int) -> Tensor:
    """Return the maxima of `length` neighbours in a column, [N, C, H - length + 1, W].

    The reach doubles from step to step, which is faster than `max_pool2d` on a CPU.
    """
    reach = 1
    while reach < length:
        step = min(reach, length - reach)
        rows = maps.shape[2] - step
        maps = torch.maximum(maps.narrow(2, 0, rows), maps.narrow(2, step, rows))
        reach += step
    return maps
