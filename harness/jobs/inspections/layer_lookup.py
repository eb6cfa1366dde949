"""Where in a chain of layers an inspection looks: slopes, and kernels that a later layer keeps apart."""

from __future__ import annotations

from collections.abc import Sequence

from harness.models.initialisation import learnable
from harness.models.layers import Activation, Conv, Traced


def slope_owners(layers: Sequence[Traced]) -> dict[str, str]:
    """By the name of each learned PReLU, that of the convolution or fully connected layer before it."""
    owners: dict[str, str] = {}
    owner = ""
    learned = {one.layer.name for one in learnable(layers)}
    for one in layers:
        if one.layer.name in learned:
            owner = one.layer.name
        elif isinstance(one.layer, Activation) and one.slopes:
            owners[one.layer.name] = owner
    return owners


def convolution(layers: Sequence[Traced], name: str) -> tuple[int, Traced]:
    """A convolution and its place in the chain; raises ValueError where there is none of that name."""
    for place, one in enumerate(layers):
        if isinstance(one.layer, Conv) and one.layer.name == name:
            return place, one
    known = ", ".join(one.layer.name for one in layers if isinstance(one.layer, Conv))
    raise ValueError(f"no convolution {name!r}; there are {known or 'none'}")


def groups_after(layers: Sequence[Traced], place: int) -> int:
    """Into how many groups the next convolution divides the maps that this one makes; 1 for the last."""
    later = (one.layer.groups for one in layers[place + 1 :] if isinstance(one.layer, Conv))
    return next(later, 1)
