"""The units of pixels in which torchvision's nets were trained: levels / 255, less MEAN, by STD, for each colour."""

from __future__ import annotations

from harness.models.layers import PerMapScale

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def torchvision_units(name: str) -> PerMapScale:
    """Return a layer that turns levels less 255 MEAN, which a data set's mean image is close to, into these units."""
    return PerMapScale(name, tuple(1 / (255 * std) for std in STD), (0.0,) * 3)
