"""How a paper trains: every hyperparameter of a recipe, in the open, and the few that a scale may change."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from harness.data.spec import Augmentation, Prepare
from harness.jobs.optimiser_spec import Optimiser
from harness.models.initialisation import Gaussian, Initialisation
from harness.strict import Strict

Precision = Literal["fp32", "bf16"]

Count = Annotated[int, Field(gt=0, le=1_000_000)]
"""Epochs, or images of a batch; the bound is far above what anybody trains, and keeps a typing error from a plan."""


class FixedDrops(Strict):
    """The rate is multiplied by `factor` after each of the epochs in `after`."""

    rule: Literal["fixed"]
    after: list[PositiveInt]
    factor: float = Field(0.1, gt=0, lt=1)


class Plateau(Strict):
    """The rate is multiplied by `factor`, at most `drops` times, when the validation error stops improving."""

    rule: Literal["plateau"]
    drops: PositiveInt
    patience: PositiveInt
    """Epochs without an improvement of at least `smallest_gain` that count as having stopped."""
    smallest_gain: float = Field(ge=0)
    """Percentage points of top-1 error on the validation split, single centre view."""
    factor: float = Field(0.1, gt=0, lt=1)


Schedule = Annotated[FixedDrops | Plateau, Field(discriminator="rule")]


class Recipe(Strict):
    """One training recipe: what the paper says of it, section by section."""

    source: str
    batch: Count
    epochs: Count
    rate: PositiveFloat
    schedule: Schedule
    optimiser: Optimiser
    initialisation: Initialisation
    prepare: Prepare
    crop: PositiveInt
    """Side of the square views the net sees, in pixels."""
    augmentation: Augmentation
    precision: Precision = "fp32"


class Protocol(Strict):
    """One way of testing a net: which views of an image it sees; their softmax outputs are averaged."""

    source: str
    views: Literal["centre", "ten_crop", "dense"]
    """dense: every window of the last map of the whole image (PReLU, section 3). An image may be larger than the mean
    image, so then the mean over it of each colour is subtracted: our choice, where the paper says per pixel."""
    scales: list[PositiveInt] | None = Field(None, min_length=1)
    """Test the whole image, as it is stored, rescaled so that its shorter side has each of these numbers of pixels in
    turn, and average the scores, all of equal weight (our choice); without it, images are prepared as the recipe says.
    The central part of the mean image is subtracted from every view. A scale with another crop changes these numbers in
    proportion."""
    flips: bool = False
    """Of a dense test: look at the reflected image too; ten crops always do."""
    window: PositiveInt | None = None
    """Of a dense test: the side of a window on the last map; without it, that of the map of one training view, which is
    14 for the large models of the PReLU paper."""
    sample: PositiveInt | None = None
    """Test on so many images of the split, chosen by a hash of their names, or on all where there are fewer."""

    @model_validator(mode="after")
    def _dense_parts(self) -> Self:
        if self.views != "dense" and (self.flips or self.window is not None):
            raise ValueError(f"flips and window are of dense views; {self.views} has none")
        return self

    def prepares(self, own: Prepare) -> list[Prepare]:
        """How the images are prepared for each pass over them; `own` is the recipe's way."""
        return [own] if self.scales is None else [Prepare(short_side=side) for side in self.scales]

    def in_proportion(self, crop: int, of: int) -> Self:
        """The protocol where views have `crop` pixels in the place of the recipe's `of`."""
        scales = self.scales and [in_proportion(side, crop, of) for side in self.scales]
        return self.model_copy(update={"scales": scales})


def in_proportion(side: int, crop: int, of: int) -> int:
    """A length in pixels where views have `crop` pixels in the place of `of`, to the nearest, halves up."""
    return (2 * side * crop + of) // (2 * of)


class RecipeChange(Strict):
    """What a suite may change of a recipe it names; a nested part is given whole."""

    batch: Count | None = None
    epochs: Count | None = None
    rate: PositiveFloat | None = None
    schedule: Schedule | None = None
    optimiser: Optimiser | None = None
    initialisation: Initialisation | None = None
    prepare: Prepare | None = None
    crop: PositiveInt | None = None
    augmentation: Augmentation | None = None
    precision: Precision | None = None

    def applied_to(self, recipe: Recipe) -> Recipe:
        """The recipe with every field given here in the place of its own."""
        given = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return recipe.model_copy(update=given)


class ScaledTraining(Strict):
    """The fields of a recipe that a scale may change, and no others: size, length, step and arithmetic, not method."""

    epochs: Count | None = None
    batch: Count | None = None
    rate: PositiveFloat | None = None
    drops_after: list[PositiveInt] | None = None
    """Fixed drops of the rate after these epochs, in the place of the recipe's schedule."""
    gain: Literal["as_printed", "paper_fan_in"] | None = None
    """Whether printed standard deviations, or the gain they had at the paper's fan-ins, are kept."""
    prepare: Prepare | None = None
    crop: PositiveInt | None = None
    """Also changes, in proportion, the sides that images are jittered to."""
    precision: Precision | None = None

    def applied_to(self, recipe: Recipe) -> Recipe:
        """The recipe at this scale."""
        whole = {"epochs", "batch", "rate", "prepare", "crop", "precision"}
        changed: dict[str, object] = {name: value for name in whole if (value := getattr(self, name)) is not None}
        if self.drops_after is not None:
            changed["schedule"] = FixedDrops(rule="fixed", after=self.drops_after, factor=recipe.schedule.factor)
        if self.gain is not None:
            printed = isinstance(recipe.initialisation, Gaussian) or recipe.initialisation.fc_std is not None
            if printed:  # a rule that prints no standard deviation follows the width by itself
                changed["initialisation"] = recipe.initialisation.model_copy(update={"gain": self.gain})
        if self.crop is not None and (jitter := recipe.augmentation.jitter) is not None:
            sides = tuple(in_proportion(side, self.crop, recipe.crop) for side in jitter)
            changed["augmentation"] = recipe.augmentation.model_copy(update={"jitter": sides})
        return recipe.model_copy(update=changed)
