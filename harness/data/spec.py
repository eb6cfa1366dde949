"""The data part of a suite: which set, which part of it, and how its images are prepared and varied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from harness.data.ranked import ranked
from harness.strict import Grown, Strict

Side = Annotated[int, Field(gt=0, le=10_000)]
"""A length in pixels; no image set of the field comes near the bound."""


class Subset(Strict):
    """A seeded part of a data set: a number of classes, and of training images in each.

    Validation and test splits keep every image of the chosen classes. The choice orders names by a hash. So it is the
    same on every machine, and with one seed a larger part contains every smaller one.
    """

    classes: PositiveInt
    per_class: PositiveInt
    seed: int = 0

    def choose_classes(self, names: Iterable[str]) -> list[str]:
        """Return the chosen classes, sorted. Raises ValueError if there are too few."""
        return self._choose(list(names), self.classes, "classes")

    def choose_images(self, ids: Iterable[str]) -> list[str]:
        """Return the chosen training images of one class, sorted by id. Raises ValueError if there are too few."""
        return self._choose(list(ids), self.per_class, "images of a class")

    def _choose(self, names: list[str], wanted: int, what: str) -> list[str]:
        if len(names) < wanted:
            raise ValueError(f"a subset of {wanted} {what} was asked for, where there are {len(names)}")
        return sorted(ranked(names, self.seed)[:wanted])


class Prepare(Strict):
    """Preparation of every image, once and in this order, before any view of it is taken.

    AlexNet, section 2: shorter side to 256, then the central 256 x 256.
    """

    short_side: Side | None = None
    """Rescale the shorter side to this many pixels: bilinear, antialiased, the longer side rounded."""
    center: Side | None = None
    """Cut out the central square of this side; an odd margin loses its extra pixel on the right and bottom."""
    pad: int = Field(0, ge=0, le=10_000)
    """Zeros added on every side."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.short_side is not None and self.center is not None and self.center > self.short_side:
            raise ValueError(f"a center of {self.center} pixels does not fit in a short_side of {self.short_side}")
        return self

    def rescaled(self, height: int, width: int) -> tuple[int, int]:
        """Return (height, width) after rescaling; the longer side is rounded to the nearest pixel, halves up.

        >>> Prepare(short_side=256).rescaled(375, 500)
        (256, 341)
        """
        if self.short_side is None:
            return height, width
        short = min(height, width)
        return _rounded(height * self.short_side, short), _rounded(width * self.short_side, short)

    def sides(self, raw_size: tuple[int, int] | None) -> tuple[int, int]:
        """Return (height, width) of a prepared image.

        `raw_size` is the (height, width) before, or None if images vary. Raises ValueError if prepared images would
        vary too, or if `center` does not fit.
        """
        if raw_size is None and self.center is None:
            raise ValueError("images come in many sizes; prepare needs `center` to cut them to one")
        height, width = (self.center or 0, self.center or 0) if raw_size is None else self.rescaled(*raw_size)
        if self.center is not None:
            if self.center > min(height, width):
                raise ValueError(f"a center of {self.center} pixels does not fit in images of {height} x {width}")
            height = width = self.center
        return height + 2 * self.pad, width + 2 * self.pad


class DataSpec(Strict):
    """The data of an experiment: which set, which part of it, and how its images are prepared."""

    name: str
    subset: Subset | None = None
    prepare: Prepare = Prepare()


class Augmentation(Grown):
    """Random changes to every training image at each use (AlexNet, section 4.1)."""

    crops: bool
    """Whether views are cut at random places; otherwise they are central."""
    flips: bool
    """Whether half of the views are mirrored left to right."""
    colour_std: NonNegativeFloat
    """Standard deviation of the multiples of colour components that are added; grey images get none."""
    colour_scale: Literal["sqrt_eigenvalues", "eigenvalues"] = "sqrt_eigenvalues"
    """Length of a colour component: its standard deviation, or its eigenvalue, as the formula is printed."""
    mean: Literal["same_offset", "centre_crop"] = "same_offset"
    """Part of the mean image to subtract: the part under the view, or always the central one."""
    shared: PositiveInt = 1
    """Number of consecutive images in a batch that share one place and one reflection."""
    noise_divides: bool = False
    """Whether training inputs, grey ones too, are divided by 1 + `colour_std`."""
    jitter: tuple[PositiveInt, PositiveInt] | None = None
    """Range of shorter sides for scale jitter, in pixels. Each image is rescaled anew to an integer side, all of
    them equally likely, before a view is cut (PReLU, section 3). The image is taken whole, as stored; `prepare` then
    applies to the mean image and to tests, and the central part of the mean image is subtracted."""

    @model_validator(mode="after")
    def _jitter_is_whole(self) -> Self:
        if self.jitter is not None:
            low, high = self.jitter
            if low > high:
                raise ValueError(f"jitter goes from the smaller to the larger side, not from {low} to {high}")
            if self.shared > 1:
                raise ValueError("jitter draws a view for each image; leave `shared` out with it")
            if not self.crops or self.mean != "centre_crop":
                raise ValueError("jitter needs `crops: true`, and `mean: centre_crop`, for views are of many scales")
        return self


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
