"""The layers of the papers that torch lacks or does otherwise: normalisation, dropout, pyramids, local filters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

CACHED_NUMBERS = 2**20
"""Numbers in a piece of a batch whose intermediate results a CPU's cache still holds: 4 MiB of float32 each."""


class ResponseNorm(nn.Module):
    """Local response normalisation across maps by the printed formula (AlexNet section 3.3); any shape [N, C, ...].

    b_i = a_i / (k + alpha sum_j a_j^2)^beta, with j from max(0, i - n/2) to min(C - 1, i + n/2) in integer division: n
    maps for an odd n, n + 1 for an even one. `nn.LocalResponseNorm` divides alpha by n, which the formula does not.
    `groups` > 1 stops the sum at the borders of that many groups of maps; raises ValueError where they do not divide C.
    """

    def __init__(self, *, k: float, n: int, alpha: float, beta: float, groups: int = 1) -> None:
        super().__init__()
        self.constants = _Constants(k, n // 2, alpha, beta, groups)

    def forward(self, a: Tensor) -> Tensor:
        """The normalised maps, in the type and memory format of `a`."""
        if a.shape[1] % self.constants.groups:
            raise ValueError(f"response normalisation: {self.constants.groups} groups do not divide {a.shape[1]} maps")
        normalised: Tensor = _Normalise.apply(a, self.constants)  # type: ignore[no-untyped-call]
        return normalised

    def extra_repr(self) -> str:
        """The constants."""
        return ", ".join(f"{name}={value}" for name, value in self.constants._asdict().items())


class PaperDropout(nn.Module):
    """Dropout in AlexNet's form (section 4.2): zero with probability `p` in training, multiply by 1 - p at test.

    `nn.Dropout` divides by 1 - p in training instead: equal in expectation, but from the same first weights and at the
    same rate it learns differently.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.part: tuple[int, int] | None = None
        """Where the images of `x` start in a batch of so many, where a batch comes in parts."""
        self.kept: Tensor | None = None
        """What was drawn for the whole of such a batch, as bytes."""

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
    side = x.shape[dim]
    edges = ((i * side // bins, -(-(i + 1) * side // bins)) for i in range(bins))
    return torch.stack([x.narrow(dim, start, stop - start).amax(dim) for start, stop in edges], dim)


class _Constants(NamedTuple):
    """The formula's; `reach` is n/2 in integer division."""

    k: float
    reach: int
    alpha: float
    beta: float
    groups: int


class _Normalise(torch.autograd.Function):
    """The formula with its gradient written out.

    With s = k + alpha sum a^2, dE/da = g s^-beta - 2 alpha beta a sum(g a s^(-beta-1)), the second sum over the same
    neighbourhood, for it is symmetric. Only `a` is saved, which the ReLU before keeps anyway: while it is in cache, s
    is cheaper to compute again than to write out. Types below float32 are computed in float32: near k = 2, bfloat16 has
    steps of 1/64, in which alpha times the sum would be lost.
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, constants: _Constants) -> Tensor:
        ctx.save_for_backward(a)
        ctx.constants = constants
        b = torch.empty_like(a)
        for x, out in _pieces(a, b):
            out.copy_(_inverse_power(_scale(x, constants), constants.beta).mul_(x))
        return b

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (a,) = ctx.saved_tensors
        _, reach, alpha, beta, groups = ctx.constants
        result = torch.empty_like(a)
        for x, g, out in _pieces(a, gradient, result):
            scale = _scale(x, ctx.constants)
            direct = _inverse_power(scale, beta).mul_(g)
            shared = _neighbours(scale.reciprocal_().mul_(direct).mul_(x), reach, groups).mul_(x)
            out.copy_(direct.sub_(shared, alpha=2 * alpha * beta))
        return result, None


def _pieces(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Parts of a batch, small on a CPU, else the whole: inputs in float32 or better, and last the output to fill."""
    first, images = tensors[0], max(1, len(tensors[0]))
    if first.device.type == "cpu":
        images = max(1, CACHED_NUMBERS * images // max(1, first.numel()))
    wide = torch.promote_types(first.dtype, torch.float32)
    for *inputs, out in zip(*(torch.split(tensor, images) for tensor in tensors), strict=True):
        yield (*(piece.to(wide) for piece in inputs), out)


def _scale(x: Tensor, constants: _Constants) -> Tensor:
    """The base of the power, k + alpha sum x^2; a new tensor."""
    return _neighbours(x.square(), constants.reach, constants.groups).mul_(constants.alpha).add_(constants.k)


def _neighbours(x: Tensor, reach: int, groups: int) -> Tensor:
    """The sum over the maps within `reach` of each, in the same group; a new tensor."""
    maps = torch.unflatten(x, 1, (groups, -1))
    total = maps.clone()
    for distance in range(1, reach + 1):
        total[:, :, distance:] += maps[:, :, :-distance]
        total[:, :, :-distance] += maps[:, :, distance:]
    return total.flatten(1, 2)


def _inverse_power(scale: Tensor, beta: float) -> Tensor:
    """The factor scale^-beta, a new tensor; by square roots for the paper's 3/4, for a general power is slow."""
    return scale.sqrt().mul_(scale).rsqrt_() if beta == 0.75 else torch.pow(scale, -beta)
