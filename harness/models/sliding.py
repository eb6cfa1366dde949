"""The windows of a dense test as arithmetic: how wide they are on the last map, whether they fit, what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from harness.models.layers import Layer, Shape, require_chain, trace


@dataclass(frozen=True, slots=True)
class Sliding:
    """A net cut after its last map: convolutions see the whole image, the layers after them one window at a time."""

    maps: tuple[Layer, ...]
    """Up to the last map."""
    pyramid: Layer
    rest: tuple[Layer, ...]
    """After the pyramid."""
    crop: Shape
    """(channels, height, width) of the views that the net is trained on."""

    @classmethod
    def cut(cls, layers: tuple[Layer, ...], last_map: str, crop: Shape) -> Sliding:
        """A net after the layer of that name, which a spatial pyramid follows; ValueError for any other."""
        before = len(list(takewhile(lambda layer: layer.name != last_map, layers))) + 1
        require_chain(trace(layers, crop), "windows slide over")
        if before >= len(layers) or layers[before].pyramid is None:
            raise ValueError(f"no spatial pyramid follows {last_map}, so no window of its maps can be classified")
        pyramid = layers[before]
        return cls(layers[:before], pyramid, layers[before + 1 :], crop)

    def window(self) -> int:
        """The side of the last map of one training view; raises ValueError where that is no square."""
        _, height, width = self._last_map(self.crop)
        if height != width:
            raise ValueError(f"the map of one view is {height} x {width}, no square; name the `window`")
        return height

    def positions(self, window: int, image: Shape) -> int:
        """How many windows an image holds, one step apart (PReLU, section 3); raises ValueError where none fits."""
        _, height, width = self._last_map(image)
        if window > min(height, width):
            raise ValueError(f"a window of {window} does not fit in a last map of {height} x {width}")
        return (height - window + 1) * (width - window + 1)

    def multiply_adds(self, window: int, image: Shape) -> int:
        """Of one image: its convolutions once, and the layers after them for every window."""
        pooled = self.pyramid.output((self._last_map(image)[0], window, window))
        once = sum(layer.multiply_adds for layer in trace(self.maps, image))
        each = sum(layer.multiply_adds for layer in trace(self.rest, pooled))
        return once + each * self.positions(window, image)

    def _last_map(self, image: Shape) -> Shape:
        return list(trace(self.maps, image))[-1].output
