"""The layers of the papers that torch lacks or does otherwise: normalisation, dropout, pyramids, local filters."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.models.response_norm import ResponseNorm

__all__ = ["Applied", "Drawing", "Local", "PaperDropout", "PyramidPool", "ResponseNorm"]


class Applied(nn.Module):
    """A function of tensors as a module, for a layer that holds nothing."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        """The function's value."""
        return self.function(*inputs)

    def extra_repr(self) -> str:
        """The function."""
        return getattr(self.function, "__name__", repr(self.function)).lstrip("_")


class Drawing(nn.Module):
    """A layer that draws random numbers for each image, and can draw those of a whole batch that comes in parts."""

    part: tuple[int, int] | None
    """Where the images of the next part start in a batch of so many, where a batch comes in parts."""
    kept: Tensor | None
    """What was drawn for the whole of such a batch."""

    def __init__(self) -> None:
        super().__init__()
        self.part = self.kept = None


class PaperDropout(Drawing):
    """Dropout in AlexNet's form (section 4.2): zero with probability `p` in training, multiply by 1 - p at test.

    `nn.Dropout` divides by 1 - p in training instead: equal in expectation, but from the same first weights and at the
    same rate it learns differently.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """A tensor of the shape of `x`; in training it draws from the generator of the device."""
        return x * self._drawn(x) if self.training else x * (1 - self.p)

    def _drawn(self, x: Tensor) -> Tensor:
        if self.part is None:
            return torch.empty_like(x).bernoulli_(1 - self.p)
        start, images = self.part
        if start == 0 or self.kept is None:
            layout = torch.channels_last if x.dim() == 4 and not x.is_contiguous() else torch.contiguous_format
            assert x.is_contiguous(memory_format=layout)  # else the order of the whole batch's draws would be another
            whole = torch.empty((images, *x.shape[1:]), dtype=x.dtype, device=x.device, memory_format=layout)
            self.kept = whole.bernoulli_(1 - self.p).bool()
        return self.kept[start : start + len(x)].to(x.dtype)

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}"


class PyramidPool(nn.Module):
    """Spatial pyramid max-pooling (PReLU section 2.3): maps [N, C, H, W] to vectors [N, C * bins].

    For a level n, bin i of a side a covers positions floor(i a / n) to ceil((i + 1) a / n), the latter excluded. The
    vector holds the levels in the order given and, within one, maps, then rows, then columns of bins. It is built from
    slices and `amax`, whose backward is deterministic on CUDA, unlike that of `nn.AdaptiveMaxPool2d`; positions that
    tie for a maximum share its gradient.
    """

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, x: Tensor) -> Tensor:
        """The vectors."""
        return torch.cat([_maxima(_maxima(x, level, -2), level, -1).flatten(1) for level in self.levels], dim=1)

    def extra_repr(self) -> str:
        """The levels."""
        return f"levels={self.levels}"


class Local(nn.Module):
    """A convolution without shared weights: maps [N, C, H, W] to [N, filters, rows, columns].

    `weight` is [rows * columns, filters, C * kernel * kernel]: for every position, row by row, kernels that are
    flattened as those of `nn.Conv2d`; `bias` is [filters, rows, columns]. The sides are those of the one size of map
    that the layer is for; `padding` is (rows, columns) of zeros on each side.
    """

    def __init__(
        self, maps: int, filters: int, kernel: int, *, sides: tuple[int, int], stride: int, padding: tuple[int, int]
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, padding
        self.weight = nn.Parameter(torch.empty(sides[0] * sides[1], filters, maps * kernel**2))
        self.bias = nn.Parameter(torch.empty(filters, *sides))

    def forward(self, x: Tensor) -> Tensor:
        """The maps."""
        seen = F.unfold(x, self.kernel, padding=self.padding, stride=self.stride)
        responses = torch.einsum("nip,pfi->nfp", seen, self.weight)
        return torch.unflatten(responses, 2, self.bias.shape[1:]) + self.bias

    def extra_repr(self) -> str:
        """What `nn.Conv2d` says of itself."""
        positions, filters, connections = self.weight.shape
        maps = connections // self.kernel**2
        return (
            f"{maps}, {filters}, kernel_size={self.kernel}, stride={self.stride}, padding={self.padding}, "
            f"positions={positions}"
        )


def _maxima(x: Tensor, bins: int, dim: int) -> Tensor:
    """Of each bin along a dimension; where they are of one size, by one operation, for small maps take no time else."""
    side = x.shape[dim]
    if side == bins:
        return x
    if side % bins == 0:
        return torch.unflatten(x, dim, (bins, -1)).amax(dim)
    edges = ((i * side // bins, -(-(i + 1) * side // bins)) for i in range(bins))
    return torch.stack([x.narrow(dim, start, stop - start).amax(dim) for start, stop in edges], dim)
