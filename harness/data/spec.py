"""What a suite may say about data: which set, which part of it, how its images are prepared and varied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from harness.data.ranked import ranked
from harness.strict import Grown, Strict

Side = Annotated[int, Field(gt=0, le=10_000)]
"""A length in pixels; no image set of the field comes near the bound."""


class Subset(Strict):
    """A seeded part of a data set: so many classes, and so many training images of each.

    Validation and test splits keep every image of the chosen classes. The choice ranks names by a hash, so it is the
    same on every machine, and a larger part of one seed contains every smaller one.
    """

    classes: PositiveInt
    per_class: PositiveInt
    seed: int = 0

    def choose_classes(self, names: Iterable[str]) -> list[str]:
        """The chosen classes, sorted; raises ValueError when there are too few."""
        return self._choose(list(names), self.classes, "classes")

    def choose_images(self, ids: Iterable[str]) -> list[str]:
        """The chosen training images of one class, sorted by id; raises ValueError when there are too few."""
        return self._choose(list(ids), self.per_class, "images of a class")

    def _choose(self, names: list[str], wanted: int, what: str) -> list[str]:
        if len(names) < wanted:
            raise ValueError(f"a subset of {wanted} {what} was asked for, where there are {len(names)}")
        return sorted(ranked(names, self.seed)[:wanted])


class Prepare(Strict):
    """What is done once to every image, in this order, before any view of it is taken.

    AlexNet, section 2: shorter side to 256, then the central 256 x 256.
    """

    short_side: Side | None = None
    """Rescale so that the shorter side has this many pixels: bilinear, antialiased, the longer side rounded."""
    center: Side | None = None
    """Cut out the central square of this side; of an odd margin, the extra pixel is lost at the right and bottom."""
    pad: int = Field(0, ge=0, le=10_000)
    """Zeros added on every side."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.short_side is not None and self.center is not None and self.center > self.short_side:
            raise ValueError(f"a center of {self.center} pixels does not fit in a short_side of {self.short_side}")
        return self

    def rescaled(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) after rescaling; the longer side is rounded to the nearest pixel, halves up."""
        if self.short_side is None:
            return height, width
        short = min(height, width)
        return _rounded(height * self.short_side, short), _rounded(width * self.short_side, short)

    def sides(self, raw_size: tuple[int, int] | None) -> tuple[int, int]:
        """(height, width) of a prepared image; raises ValueError where there is no one such size, or center is larger.

        `raw_size` is the (height, width) before, None where images come in many sizes.
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
    """What is drawn anew for every training image each time it is used (AlexNet, section 4.1)."""

    crops: bool
    """Views at random places; without it, the central view."""
    flips: bool
    """Reflect half of the views left to right."""
    colour_std: NonNegativeFloat
    """Standard deviation of the multiples of the colour components that are added; grey images have none."""
    colour_scale: Literal["sqrt_eigenvalues", "eigenvalues"] = "sqrt_eigenvalues"
    """Length of a colour component: its standard deviation, or the eigenvalue, as the formula is printed."""
    mean: Literal["same_offset", "centre_crop"] = "same_offset"
    """Which part of the mean image is subtracted: the part under the view, or always the central one."""
    shared: PositiveInt = 1
    """So many images that stand one after another in a batch share one place and one reflection."""
    noise_divides: bool = False
    """Divide training inputs by 1 + `colour_std` while that is not 0, colour or not."""
    jitter: tuple[PositiveInt, PositiveInt] | None = None
    """Rescale each image anew so that its shorter side is a whole number of pixels, all from the first to the second
    equally likely, before a view is cut out of it (PReLU, section 3). The image is then taken as it is stored, whole;
    `prepare` is for the mean image and for tests, and the central part of the mean image is subtracted."""

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
