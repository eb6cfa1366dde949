"""The declarations of features, which turn an image into one vector; plain data, without torch.

A feature has a descriptor of patches, a vocabulary that is learned of descriptors, and the regions of a spatial
pyramid. A new one joins `Feature`, and the functions that learn and encode `CODINGS` in `codings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from harness.jobs.features.descriptor_specs import Descriptor
from harness.strict import Strict

Cells = Annotated[int, Field(gt=0, le=16)]
"""Number of equal parts of a length."""


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
        cells = self.descriptor.multiply_adds(height, width)
        projected = self.descriptor.length(channels) * self.dimensions
        return cells + patches * (projected + (2 + 2 * len(self.regions)) * self.gaussians * self.dimensions)

    def numbers_of_patch(self) -> int:
        """Count the numbers that memory holds for a patch while its descriptor is encoded."""
        return 3 * self.dimensions + 3 * self.gaussians

    def vocabulary_numbers(self, length: int) -> int:
        """Count the numbers of a vocabulary of descriptors of this length."""
        return length * (self.dimensions + 1) + self.gaussians * (2 * self.dimensions + 1)

    def multiply_adds_to_learn(self, descriptors: int) -> int:
        """Count the multiply-adds of a fit; a step of expectation-maximisation takes four products."""
        return descriptors * self.dimensions * self.gaussians * 4 * self.iterations


class _ByWords(Strict):
    """One vector an image, by a codebook: the centres of k-means of its training descriptors' components."""

    descriptor: Descriptor
    dimensions: PositiveInt
    """Principal components of a descriptor that are kept."""
    iterations: PositiveInt = 100
    """Most steps of k-means; it ends earlier where the centres no longer move."""
    images: PositiveInt
    """Training images, or as many as there are, whose descriptors the components and the words are learned from."""
    per_image: PositiveInt
    """Most descriptors of one of these images that are taken."""
    regions: list[tuple[Cells, Cells]] = Field(min_length=1)
    """Divisions of the image into (rows, columns), each region of which has a vector of its own: a spatial pyramid."""

    def numbers(self) -> int:
        """Count the numbers of an image's code."""
        return self.numbers_of_region() * sum(rows * columns for rows, columns in self.regions)

    def multiply_adds(self, channels: int, height: int, width: int) -> int:
        """Count the multiply-adds that describe and encode one image, to the order of magnitude."""
        patches = self.descriptor.patches(height, width)
        of_patch = self.descriptor.length(channels) * self.dimensions + self.size() * self.dimensions
        return self.descriptor.multiply_adds(height, width) + patches * (of_patch + self._after())

    def numbers_of_patch(self) -> int:
        """Count the numbers that memory holds for a patch while its descriptor is encoded, besides passing ones."""
        return 3 * self.dimensions + 4

    def vocabulary_numbers(self, length: int) -> int:
        """Count the numbers of a vocabulary of descriptors of this length."""
        return length * (self.dimensions + 1) + self.size() * self.dimensions

    def multiply_adds_to_learn(self, descriptors: int) -> int:
        """Count the multiply-adds of k-means, a product of descriptors and centres a step."""
        return descriptors * self.dimensions * self.size() * self.iterations

    def size(self) -> int:
        """Count the words of the codebook."""
        raise NotImplementedError

    def numbers_of_region(self) -> int:
        """Count the numbers of one region's vector."""
        raise NotImplementedError

    def _after(self) -> int:
        """Count the multiply-adds that encode a descriptor once its nearest words are known."""
        raise NotImplementedError


class LocalCoordinate(_ByWords):
    """Each descriptor as a sum of its nearest words (Yu, Zhang and Gong 2009), with coefficients that add up to 1.

    The coefficients are those of Wang and others (2010): of the nearest words alone, in closed form.
    """

    what: Literal["local_coordinate"]
    anchors: PositiveInt
    """Words of the codebook."""
    neighbours: PositiveInt = 5
    """Nearest words that a descriptor is a sum of."""
    ridge: PositiveFloat = 1e-4
    """Weight of the coefficients' squares, as a part of the trace of the neighbours' covariance."""
    pooling: Literal["max", "mean"] = "max"
    """How the coefficients of a region's patches become one; under `max`, a word that none uses has 0."""

    def size(self) -> int:
        """Count the anchors."""
        return self.anchors

    def numbers_of_region(self) -> int:
        """Count one number an anchor."""
        return self.anchors

    def numbers_of_patch(self) -> int:
        """Add the neighbours' numbers, eight bytes each."""
        return super().numbers_of_patch() + 4 * self.neighbours

    def _after(self) -> int:
        return self.neighbours**2 * (self.dimensions + self.neighbours)


class SuperVector(_ByWords):
    """Each descriptor as its distance from its nearest word, and a constant (Zhou, Yu, Zhang and Huang 2010)."""

    what: Literal["super_vector"]
    words: PositiveInt
    """Words of the codebook."""
    constant: NonNegativeFloat = 1.0
    """The number beside the distance from a word, which counts the patches that are nearest to it."""

    def size(self) -> int:
        """Count the words."""
        return self.words

    def numbers_of_region(self) -> int:
        """Count one number a word, and its distance in every component."""
        return self.words * (1 + self.dimensions)

    def _after(self) -> int:
        return len(self.regions) * self.dimensions


Feature = Annotated[FisherVector | LocalCoordinate | SuperVector, Field(discriminator="what")]
"""Every kind of feature there is."""


class AnyFeature(Strict):
    """Reads a feature of any kind."""

    feature: Feature


def feature_of(spec: Mapping[str, Any]) -> Feature:
    """Return the feature that a job's spec declares; raises pydantic's ValidationError."""
    return AnyFeature.parsed({"feature": spec["feature"]}).feature
