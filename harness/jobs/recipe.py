"""How a paper trains: every hyperparameter of a recipe, in the open, and the few that a scale may change."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from harness.data.spec import Augmentation, Prepare
from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.schedule_spec import FixedDrops, Schedule, Unit, WarmUp
from harness.models.initialisation import Gaussian, Initialisation
from harness.strict import Grown, Strict

Precision = Literal["fp32", "bf16"]

Count = Annotated[int, Field(gt=0, le=1_000_000)]
"""Epochs, or images of a batch; the bound is far above what anybody trains, and keeps a typing error from a plan."""


class Recipe(Grown):
    """One training recipe: what the paper says of it, section by section."""

    source: str
    batch: Count
    epochs: Count | None = None
    """Passes over the training images, each less the remainder that fills no batch."""
    iterations: Count | None = None
    """Steps, in the place of epochs; the last pass may be cut short."""
    rate: PositiveFloat
    schedule: Schedule
    warm_up: WarmUp | None = None
    optimiser: Optimiser
    initialisation: Initialisation
    prepare: Prepare
    crop: PositiveInt
    """Side of the square views the net sees, in pixels."""
    augmentation: Augmentation
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """The part of each label that is shared out among all classes alike (Szegedy et al., 2016)."""
    precision: Precision = "fp32"

    @model_validator(mode="after")
    def _has_one_length(self) -> Self:
        if (self.epochs is None) == (self.iterations is None):
            raise ValueError("needs its length once: `epochs`, or `iterations`")
        return self

    def steps(self, of_epoch: int) -> int:
        """Steps of the whole training, where an epoch has so many."""
        return self.iterations if self.iterations is not None else (self.epochs or 0) * of_epoch

    def passes(self, of_epoch: int) -> int:
        """Passes over the training images, the last of them perhaps cut short."""
        return -(-self.steps(of_epoch) // max(1, of_epoch))

    def with_length(self, epochs: int | None, iterations: int | None) -> Self:
        """The recipe with whichever of the two is given in the place of its own length."""
        if epochs is None and iterations is None:
            return self
        return self.model_copy(update={"epochs": epochs, "iterations": iterations})


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


def _without_empty(changed: dict[str, Any]) -> dict[str, Any]:
    """The changes to a recipe, a warm-up of no length being none."""
    warm_up = changed.get("warm_up")
    return {**changed, "warm_up": None} if warm_up is not None and warm_up.length == 0 else changed


class _Length(Strict):
    """A training's length, which a change of a recipe may give in either way."""

    epochs: Count | None = None
    iterations: Count | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.epochs is not None and self.iterations is not None:
            raise ValueError("gives both `epochs` and `iterations`; a training has one length")
        return self


class RecipeChange(_Length):
    """What a suite may change of a recipe it names; a nested part is given whole."""

    batch: Count | None = None
    rate: PositiveFloat | None = None
    schedule: Schedule | None = None
    warm_up: WarmUp | None = None
    """A length of 0 takes the recipe's away."""
    optimiser: Optimiser | None = None
    initialisation: Initialisation | None = None
    prepare: Prepare | None = None
    crop: PositiveInt | None = None
    augmentation: Augmentation | None = None
    label_smoothing: float | None = Field(None, ge=0, lt=1)
    precision: Precision | None = None

    def applied_to(self, recipe: Recipe) -> Recipe:
        """The recipe with every field given here in the place of its own."""
        fields = set(type(self).model_fields) - set(_Length.model_fields)
        given = {name: value for name in fields if (value := getattr(self, name)) is not None}
        return recipe.with_length(self.epochs, self.iterations).model_copy(update=_without_empty(given))


class ScaledTraining(_Length):
    """The fields of a recipe that a scale may change, and no others: size, length, step and arithmetic, not method."""

    batch: Count | None = None
    rate: PositiveFloat | None = None
    drops_after: list[PositiveInt] | None = None
    """Fixed drops of the rate after these epochs, in the place of the recipe's schedule; after iterations where the
    scale gives its length in such."""
    warm_up: WarmUp | None = None
    """A length of 0 takes the recipe's away."""
    gain: Literal["as_printed", "paper_fan_in"] | None = None
    """Whether printed standard deviations, or the gain they had at the paper's fan-ins, are kept."""
    prepare: Prepare | None = None
    crop: PositiveInt | None = None
    """Also changes, in proportion, the sides that images are jittered to."""
    precision: Precision | None = None

    def applied_to(self, recipe: Recipe) -> Recipe:
        """The recipe at this scale."""
        whole = {"batch", "rate", "prepare", "crop", "precision", "warm_up"}
        changed: dict[str, object] = {name: value for name in whole if (value := getattr(self, name)) is not None}
        if self.drops_after is not None:
            factor = getattr(recipe.schedule, "factor", 0.1)
            unit: Unit = "epochs" if self.iterations is None else "iterations"
            changed["schedule"] = FixedDrops(rule="fixed", after=self.drops_after, factor=factor, unit=unit)
        if self.gain is not None:
            printed = isinstance(recipe.initialisation, Gaussian) or recipe.initialisation.fc_std is not None
            if printed:  # a rule that prints no standard deviation follows the width by itself
                changed["initialisation"] = recipe.initialisation.model_copy(update={"gain": self.gain})
        if self.crop is not None and (jitter := recipe.augmentation.jitter) is not None:
            sides = tuple(in_proportion(side, self.crop, recipe.crop) for side in jitter)
            changed["augmentation"] = recipe.augmentation.model_copy(update={"jitter": sides})
        return recipe.with_length(self.epochs, self.iterations).model_copy(update=_without_empty(changed))
