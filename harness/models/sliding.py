"""Arithmetic of a dense test's windows: their side on the last map, their number in an image, and their cost."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from harness.models.layers import Layer, Shape, require_chain, trace


@dataclass(frozen=True, slots=True)
class Sliding:
    """A net cut after its last map: convolutions see the whole image, the later layers one window at a time."""

    maps: tuple[Layer, ...]
    """Layers up to the last map."""
    pyramid: Layer
    rest: tuple[Layer, ...]
    """Layers after the pyramid."""
    crop: Shape
    """Shape of the views that the net is trained on, (channels, height, width)."""

    @classmethod
    def cut(cls, layers: tuple[Layer, ...], last_map: str, crop: Shape) -> Sliding:
        """Cut a net after the layer `last_map`. Raises ValueError if no spatial pyramid follows it."""
        before = len(list(takewhile(lambda layer: layer.name != last_map, layers))) + 1
        require_chain(trace(layers, crop), "windows slide over")
        if before >= len(layers) or layers[before].pyramid is None:
            raise ValueError(f"no spatial pyramid follows {last_map}, so no window of its maps can be classified")
        pyramid = layers[before]
        return cls(layers[:before], pyramid, layers[before + 1 :], crop)

    def window(self) -> int:
        """Return the side of the last map of one training view. Raises ValueError if that map is not square."""
        _, height, width = self._last_map(self.crop)
        if height != width:
            raise ValueError(f"the map of one view is {height} x {width}, no square; name the `window`")
        return height

    def positions(self, window: int, image: Shape) -> int:
        """Return how many windows an image holds, one position apart (PReLU, section 3).

        Raises ValueError if none fits.
        """
        _, height, width = self._last_map(image)
        if window > min(height, width):
            raise ValueError(f"a window of {window} does not fit in a last map of {height} x {width}")
        return (height - window + 1) * (width - window + 1)

    def multiply_adds(self, window: int, image: Shape) -> int:
        """Return the multiply-adds of one image: convolutions once, later layers once for each window."""
        pooled = self.pyramid.output((self._last_map(image)[0], window, window))
        once = sum(layer.multiply_adds for layer in trace(self.maps, image))
        each = sum(layer.multiply_adds for layer in trace(self.rest, pooled))
        return once + each * self.positions(window, image)

    def _last_map(self, image: Shape) -> Shape:
        return list(trace(self.maps, image))[-1].output
