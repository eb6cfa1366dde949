"""Modules for layers that torch lacks or does otherwise: normalisation, dropout, pyramids, local filters."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.models.response_norm import ResponseNorm

__all__ = ["Applied", "Drawing", "Local", "PaperDropout", "PyramidPool", "ResponseNorm", "SpatialNorm"]


class Applied(nn.Module):
    """A function of tensors as a module, for a layer without parameters."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        """Apply the function."""
        return self.function(*inputs)

    def extra_repr(self) -> str:
        """Return the function's name."""
        return getattr(self.function, "__name__", repr(self.function)).lstrip("_")


class Drawing(nn.Module):
    """A layer that draws random numbers for each image and, if a batch comes in parts, draws for the whole batch."""

    part: tuple[int, int] | None
    """(start, images) of the next part: its first image within a batch of `images`; None if batches are not divided."""
    kept: Tensor | None
    """Numbers drawn for the whole of a divided batch."""

    def __init__(self) -> None:
        super().__init__()
        self.part = self.kept = None


class PaperDropout(Drawing):
    """Dropout in AlexNet's form (section 4.2): zero with probability `p` in training, multiply by 1 - p in tests.

    With `rescaled` it divides by 1 - p in training instead, as `nn.Dropout` does. Both are equal in expectation and
    draw the same zeros. But with the same first weights and rate the net learns differently.
    """

    def __init__(self, p: float, *, rescaled: bool = False) -> None:
        super().__init__()
        self.p, self.rescaled = p, rescaled

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the shape of `x`; in training, zeros are drawn from the device's generator."""
        if self.rescaled:
            return x * self._drawn(x) / (1 - self.p) if self.training else x
        return x * self._drawn(x) if self.training else x * (1 - self.p)

    def _drawn(self, x: Tensor) -> Tensor:
        if self.part is None:
            return torch.empty_like(x).bernoulli_(1 - self.p)
        start, images = self.part
        if start == 0 or self.kept is None:
            layout = torch.channels_last if x.dim() == 4 and not x.is_contiguous() else torch.contiguous_format
            assert x.is_contiguous(memory_format=layout)  # other layouts would change the order of the batch's draws
            whole = torch.empty((images, *x.shape[1:]), dtype=x.dtype, device=x.device, memory_format=layout)
            self.kept = whole.bernoulli_(1 - self.p).bool()
        return self.kept[start : start + len(x)].to(x.dtype)

    def extra_repr(self) -> str:
        """Return the probability, and the form if it is not AlexNet's."""
        return f"p={self.p}, rescaled" if self.rescaled else f"p={self.p}"


class PyramidPool(nn.Module):
    """Spatial pyramid max-pooling (PReLU section 2.3): maps [N, C, H, W] become vectors [N, C * bins].

    At level n, bin i of a side a covers positions floor(i a / n) to ceil((i + 1) a / n), the latter excluded. The
    vector holds the levels in the given order and, within a level, maps, then rows, then columns of bins. The backward
    of slices and `amax` is deterministic on CUDA, unlike that of `nn.AdaptiveMaxPool2d`. Positions that tie for a
    maximum share its gradient.
    """

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors."""
        return torch.cat([_maxima(_maxima(x, level, -2), level, -1).flatten(1) for level in self.levels], dim=1)

    def extra_repr(self) -> str:
        """Return the levels."""
        return f"levels={self.levels}"


class SpatialNorm(nn.Module):
    """Response normalisation over a window of the same map (`layers.SpatialNorm`), float [N, C, H, W].

    Types below float32 are computed in float32, so that adding alpha times a sum to k keeps its precision.
    """

    def __init__(self, *, k: float, size: int, alpha: float, beta: float) -> None:
        super().__init__()
        self.k, self.size, self.alpha, self.beta = k, size, alpha, beta
        before, after = size // 2, (size - 1) // 2
        self.around = (before, after, before, after)

    def forward(self, a: Tensor) -> Tensor:
        """Return the normalised maps, in the type of `a`."""
        squares = F.pad(a.to(torch.promote_types(a.dtype, torch.float32)).square(), self.around)
        summed = F.avg_pool2d(squares, self.size, stride=1, divisor_override=1)
        return (a * (self.k + self.alpha * summed) ** -self.beta).to(a.dtype)

    def extra_repr(self) -> str:
        """Return the constants."""
        return f"k={self.k}, size={self.size}, alpha={self.alpha}, beta={self.beta}"


class Local(nn.Module):
    """A convolution without shared weights: maps [N, C, H, W] become [N, filters, rows, columns].

    `weight` is [rows * columns, filters, C * kernel * kernel]: for every position, row by row, kernels flattened as
    those of `nn.Conv2d`. `bias` is [filters, rows, columns]. `sides` are the rows and columns of the output, so the
    layer serves maps of a single size. `padding` is the (rows, columns) of zeros on each side.
    """

    def __init__(
        self, maps: int, filters: int, kernel: int, *, sides: tuple[int, int], stride: int, padding: tuple[int, int]
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, padding
        self.weight = nn.Parameter(torch.empty(sides[0] * sides[1], filters, maps * kernel**2))
        self.bias = nn.Parameter(torch.empty(filters, *sides))

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps."""
        seen = F.unfold(x, self.kernel, padding=self.padding, stride=self.stride)
        responses = torch.einsum("nip,pfi->nfp", seen, self.weight)
        return torch.unflatten(responses, 2, self.bias.shape[1:]) + self.bias

    def extra_repr(self) -> str:
        """Return the sizes in the style of `nn.Conv2d`."""
        positions, filters, connections = self.weight.shape
        maps = connections // self.kernel**2
        return (
            f"{maps}, {filters}, kernel_size={self.kernel}, stride={self.stride}, padding={self.padding}, "
            f"positions={positions}"
        )


def _maxima(x: Tensor, bins: int, dim: int) -> Tensor:
    """Return the maximum of each bin along a dimension; equal bins need a single operation, which is faster."""
    side = x.shape[dim]
    if side == bins:
        return x
    if side % bins == 0:
        return torch.unflatten(x, dim, (bins, -1)).amax(dim)
    edges = ((i * side // bins, -(-(i + 1) * side // bins)) for i in range(bins))
    return torch.stack([x.narrow(dim, start, stop - start).amax(dim) for start, stop in edges], dim)
