"""Where in a net an inspection looks: slopes, and kernels that a later layer keeps apart."""

from __future__ import annotations

from collections.abc import Sequence

from harness.models.layers import Traced, nearest_levels


def slope_owners(layers: Sequence[Traced]) -> dict[str, str]:
    """By the name of each learned PReLU, that of the layer with weights before it, in the order of the net.

    A PReLU keeps its own name where another has that layer's already, as after a sum.
    """
    owners: dict[str, str] = {}
    owner = ""
    for one in layers:
        if one.weighted:
            owner = one.name
        elif one.slopes:
            owners[one.name] = one.name if owner in owners.values() else owner
    return owners


def convolution(layers: Sequence[Traced], name: str) -> Traced:
    """The convolution of that name; raises ValueError where there is none."""
    found = {one.name: one for one in layers if one.kernels is not None}
    if name not in found:
        raise ValueError(f"no convolution {name!r}; there are {', '.join(found) or 'none'}")
    return found[name]


def groups_after(layers: Sequence[Traced], conv: Traced) -> int:
    """Into how many groups the next convolutions divide the maps that this one makes; 1 for the last."""
    for level in nearest_levels(layers, conv.name, back=False):
        if groups := [found.groups for one in level if (found := one.kernels) is not None]:
            return min(groups)
    return 1
