"""The declarations of local descriptors of patches; plain data, without torch.

A descriptor is a class with a `what`, the grid of its patches and the length of its vectors. A new one joins
`Descriptor`, and the function that computes it `DESCRIPTORS` in `description`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from harness.strict import Strict

CELLS = 4
"""Cells of a patch along each side, of all descriptors but `lbp`."""
ORIENTATIONS = 8
"""Directions of gradients that a SIFT descriptor tells apart."""
UNSIGNED = 9
"""Directions that a HOG descriptor tells apart, without telling up from down (Dalal and Triggs 2005)."""
LBP_CELLS = 2
"""Cells of a patch along each side, of local binary patterns."""
PATTERNS = 59
"""Patterns of eight neighbours that count by themselves, 58 with at most two changes around, and one for the rest."""


class Grid(Strict):
    """Square patches at every `step` pixels, as far as they lie whole within the image, for each length of side."""

    sides: list[PositiveInt] = Field(min_length=1)
    """Sides of the patches, in pixels: the scales at which the image is described."""
    step: PositiveInt

    def corners(self, height: int, width: int, side: int) -> tuple[list[int], list[int]]:
        """Give the rows and the columns at which patches of a side begin; what is left over is divided evenly."""
        return self._starts(height, side), self._starts(width, side)

    def patches(self, height: int, width: int) -> int:
        """Count the patches of an image, of all sides.

        >>> Grid(sides=[16, 24], step=4).patches(32, 32)
        34
        """
        return sum(len(rows) * len(columns) for rows, columns in (self.corners(height, width, s) for s in self.sides))

    def numbers_of_pixel(self) -> int:
        """Count the numbers that memory holds for a pixel while its image is described."""
        return 40

    def multiply_adds(self, height: int, width: int) -> int:
        """Count the multiply-adds that describe an image, to the order of magnitude."""
        return CELLS * ORIENTATIONS * height * width * len(self.sides)

    def _starts(self, length: int, side: int) -> list[int]:
        left = length - side
        return [] if left < 0 else list(range(left % self.step // 2, left + 1, self.step))


class DenseSift(Grid):
    """Histograms of gradient directions (Lowe 2004, section 6) in 4 x 4 cells, upright, at every place of a grid."""

    what: Literal["dense_sift"]
    flat_below: NonNegativeFloat = 0.0
    """Patches whose grey levels have a smaller standard deviation, in levels of 0 to 255, are left out."""

    def length(self, channels: int) -> int:
        """Count the numbers of a descriptor; colour makes no difference."""
        assert channels
        return CELLS * CELLS * ORIENTATIONS


class LocalColourStatistics(Grid):
    """Mean and standard deviation of each colour in 4 x 4 cells; of grey images, of the grey level."""

    what: Literal["local_colour_statistics"]

    def length(self, channels: int) -> int:
        """Count the numbers of a descriptor, 96 of a colour image."""
        return CELLS * CELLS * 2 * channels


class Hog(Grid):
    """Histograms of unsigned gradient directions in 4 x 4 cells, which are one block (Dalal and Triggs 2005)."""

    what: Literal["hog"]

    def length(self, channels: int) -> int:
        """Count the numbers of a descriptor; colour makes no difference."""
        assert channels
        return CELLS * CELLS * UNSIGNED


class Lbp(Grid):
    """Histograms of uniform local binary patterns in 2 x 2 cells (Ojala, Pietikainen and Maenpaa 2002)."""

    what: Literal["lbp"]

    def length(self, channels: int) -> int:
        """Count the numbers of a descriptor; colour makes no difference."""
        assert channels
        return LBP_CELLS * LBP_CELLS * PATTERNS

    def numbers_of_pixel(self) -> int:
        """Count a map for each pattern, and the maps between."""
        return 2 * PATTERNS + 40

    def multiply_adds(self, height: int, width: int) -> int:
        """Count the products of maps and weights of columns."""
        return LBP_CELLS * PATTERNS * height * width * len(self.sides)


class HogLbp(Grid):
    """The `hog` and the `lbp` of a patch, one after the other."""

    what: Literal["hog_lbp"]

    def length(self, channels: int) -> int:
        """Count the numbers of both."""
        return sum(one.length(channels) for one in self.both())

    def numbers_of_pixel(self) -> int:
        """Count those of patterns, which are more."""
        return max(one.numbers_of_pixel() for one in self.both())

    def multiply_adds(self, height: int, width: int) -> int:
        """Count those of both."""
        return sum(one.multiply_adds(height, width) for one in self.both())

    def both(self) -> tuple[Hog, Lbp]:
        """Give the two descriptors, on the same grid."""
        return Hog(what="hog", sides=self.sides, step=self.step), Lbp(what="lbp", sides=self.sides, step=self.step)


Descriptor = Annotated[DenseSift | LocalColourStatistics | Hog | Lbp | HogLbp, Field(discriminator="what")]
