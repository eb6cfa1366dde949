"""Finds the layers that an inspection needs: PReLUs by the layer before them, convolutions, and groups of kernels."""

from __future__ import annotations

from collections.abc import Sequence

from harness.models.layers import Traced, nearest_levels


def slope_owners(layers: Sequence[Traced]) -> dict[str, str]:
    """Map the name of each learned PReLU to the name of the layer with weights before it, in the order of the net.

    If another PReLU already follows that layer, as after a sum, the PReLU keeps its own name.
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
    """Return the convolution called `name`. Raises ValueError if there is none."""
    found = {one.name: one for one in layers if one.kernels is not None}
    if name not in found:
        raise ValueError(f"no convolution {name!r}; there are {', '.join(found) or 'none'}")
    return found[name]


def groups_after(layers: Sequence[Traced], conv: Traced) -> int:
    """Return into how many groups the next convolutions divide the maps of `conv`; 1 if none follows."""
    for level in nearest_levels(layers, conv.name, back=False):
        if groups := [found.groups for one in level if (found := one.kernels) is not None]:
            return min(groups)
    return 1
