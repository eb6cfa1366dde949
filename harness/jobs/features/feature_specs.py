"""The declarations of features and of the local descriptors under them; plain data, without torch.

A descriptor is a class with a `what`, the grid of its patches and the length of its vectors. A new one joins
`Descriptor`, and the function that computes it `DESCRIPTORS` in `description`.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from harness.strict import Strict

Cells = Annotated[int, Field(gt=0, le=16)]
"""Number of equal parts of a length."""

CELLS = 4
"""Cells of a patch along each side, of both descriptors."""
ORIENTATIONS = 8
"""Directions of gradients that a SIFT descriptor tells apart."""


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


Descriptor = Annotated[DenseSift | LocalColourStatistics, Field(discriminator="what")]


class FisherVector(Strict):
    """One vector an image: the gradients of a Gaussian mixture's log-likelihood of its descriptors."""

    what: Literal["fisher_vector"]
    descriptor: Descriptor
    dimensions: PositiveInt
    """Principal components of a descriptor that are kept."""
    gaussians: PositiveInt
    iterations: PositiveInt = 100
    """Most steps of expectation-maximisation; it ends earlier where the likelihood no longer grows."""
    images: PositiveInt
    """Training images, or as many as there are, whose descriptors the components and the mixture are learned from."""
    per_image: PositiveInt
    """Most descriptors of one of these images that are taken."""
    gradients: list[Literal["weights", "means", "variances"]] = Field(default=["means", "variances"], min_length=1)
    """The parameters of the mixture that gradients are taken with respect to, in this order."""
    regions: list[tuple[Cells, Cells]] = Field(min_length=1)
    """Divisions of the image into (rows, columns), each region of which has a vector of its own: a spatial pyramid."""
    power: float = Field(0.5, gt=0, le=1)
    """Exponent of the magnitude of every number, whose sign is kept; 1 changes nothing."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(set(self.gradients)) != len(self.gradients):
            raise ValueError("`gradients` names a parameter twice")
        return self

    def numbers_of_region(self) -> int:
        """Count the numbers of one region's vector."""
        each = {"weights": 1, "means": self.dimensions, "variances": self.dimensions}
        return self.gaussians * sum(each[one] for one in self.gradients)

    def numbers(self) -> int:
        """Count the numbers of an image's code."""
        return self.numbers_of_region() * sum(rows * columns for rows, columns in self.regions)

    def multiply_adds(self, channels: int, height: int, width: int) -> int:
        """Count the multiply-adds that describe and encode one image, to the order of magnitude."""
        patches = self.descriptor.patches(height, width)
        cells = CELLS * ORIENTATIONS * height * width * len(self.descriptor.sides)
        projected = self.descriptor.length(channels) * self.dimensions
        return cells + patches * (projected + (2 + 2 * len(self.regions)) * self.gaussians * self.dimensions)


Feature = FisherVector
"""Every kind of feature there is."""
