"""Recipes and protocols: every hyperparameter of how a paper trains and tests, and the few that a scale may change."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from harness.data.spec import Augmentation, Prepare
from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.rate_schedule import Changes
from harness.jobs.schedule_spec import FixedDrops, Schedule, Unit, WarmUp
from harness.models.initialisation import Gaussian, Initialisation
from harness.strict import Grown, Strict

Precision = Literal["fp32", "bf16"]

Count = Annotated[int, Field(gt=0, le=1_000_000)]
"""Number of epochs or of images in a batch. The bound is far above any real training and catches typing errors."""


class Recipe(Grown):
    """One training recipe, with every value that the paper states or leaves open."""

    source: str
    batch: Count
    epochs: Count | None = None
    """Passes over the training images. `remainder` says what happens to images that fill no batch."""
    iterations: Count | None = None
    """Number of steps, given instead of epochs. The last pass may be cut short."""
    rate: PositiveFloat
    schedule: Schedule
    warm_up: WarmUp | None = None
    optimiser: Optimiser
    initialisation: Initialisation
    prepare: Prepare
    crop: PositiveInt
    """Side of the square views that the net sees, in pixels."""
    augmentation: Augmentation
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Fraction of each label that is spread evenly over all classes (Szegedy et al., 2016)."""
    precision: Precision = "fp32"
    order: Literal["shuffled", "fixed"] = "shuffled"
    """shuffled: a new random order of the images in every epoch; fixed: one random order for all epochs."""
    remainder: Literal["dropped", "trained"] = "dropped"
    """Handling of the images that fill no batch. dropped: they are left out of that epoch. trained: they form a last,
    smaller batch, whose gradient is the mean over its own images.
    """

    @model_validator(mode="after")
    def _jitter_in_whole_batches(self) -> Self:
        if self.remainder == "trained" and self.augmentation.jitter is not None:
            raise ValueError("jittered views come in whole batches; leave `remainder` out of the recipe, or `jitter`")
        return self

    @model_validator(mode="after")
    def _warms_up_alone(self) -> Self:
        if self.warm_up is not None and isinstance(self.schedule, Changes):
            raise ValueError("a list of changes begins at its own rates; leave `warm_up` out of the recipe")
        return self

    def steps_of_epoch(self, images: int) -> int:
        """Return the number of steps in an epoch over `images` images."""
        return images // self.batch + (self.remainder == "trained" and images % self.batch > 0)

    @model_validator(mode="after")
    def _has_one_length(self) -> Self:
        if (self.epochs is None) == (self.iterations is None):
            raise ValueError("needs its length once: `epochs`, or `iterations`")
        return self

    def steps(self, of_epoch: int) -> int:
        """Return the steps of the whole training, given the steps of an epoch."""
        return self.iterations if self.iterations is not None else (self.epochs or 0) * of_epoch

    def passes(self, of_epoch: int) -> int:
        """Return the passes over the training images, given the steps of an epoch; the last may be cut short."""
        return -(-self.steps(of_epoch) // max(1, of_epoch))

    def with_length(self, epochs: int | None, iterations: int | None) -> Self:
        """Return the recipe with the given length, in epochs or in iterations, instead of its own."""
        if epochs is None and iterations is None:
            return self
        return self.model_copy(update={"epochs": epochs, "iterations": iterations})


class Protocol(Strict):
    """One way to test a net: which views of each image it sees. The softmax outputs of all views are averaged."""

    source: str
    views: Literal["centre", "ten_crop", "dense"]
    """dense: every window on the last map of the whole image (PReLU, section 3). An image may be larger than the mean
    image, so a dense test subtracts the mean of each colour over it: our choice, where the paper says per pixel.
    """
    scales: list[PositiveInt] | None = Field(None, min_length=1)
    """Shorter sides in pixels. The whole stored image is rescaled to each of them in turn and the scores are averaged
    with equal weight (our choice). Without it, images are prepared as in the recipe. The central part of the mean image
    is
    subtracted from every view. A scale with another crop changes these sides in proportion.
    """
    flips: bool = False
    """Whether a dense test sees the mirrored image too. Ten crops always do."""
    window: PositiveInt | None = None
    """Side of a window on the last map, in a dense test. The default is the side of the last map of one training view:
    14 for the large models of the PReLU paper.
    """
    sample: PositiveInt | None = None
    """Number of images to test, chosen by a hash of their names; all images if the split has fewer."""

    @model_validator(mode="after")
    def _dense_parts(self) -> Self:
        if self.views != "dense" and (self.flips or self.window is not None):
            raise ValueError(f"flips and window are of dense views; {self.views} has none")
        return self

    def prepares(self, own: Prepare) -> list[Prepare]:
        """Return the preparation of the images for each pass over them; `own` is the recipe's preparation."""
        return [own] if self.scales is None else [Prepare(short_side=side) for side in self.scales]

    def in_proportion(self, crop: int, of: int) -> Self:
        """Return the protocol for views of `crop` pixels instead of the recipe's `of` pixels."""
        scales = self.scales and [in_proportion(side, crop, of) for side in self.scales]
        return self.model_copy(update={"scales": scales})


def in_proportion(side: int, crop: int, of: int) -> int:
    """Scale a length in pixels by crop / of, rounded to the nearest integer, halves up.

    >>> in_proportion(256, 28, 224)
    32
    """
    return (2 * side * crop + of) // (2 * of)


def _without_empty(changed: dict[str, Any]) -> dict[str, Any]:
    """Return the changes to a recipe; a warm-up of length 0 becomes None."""
    warm_up = changed.get("warm_up")
    return {**changed, "warm_up": None} if warm_up is not None and warm_up.length == 0 else changed


class _Length(Strict):
    """The length of a training, in epochs or in iterations but not both."""

    epochs: Count | None = None
    iterations: Count | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.epochs is not None and self.iterations is not None:
            raise ValueError("gives both `epochs` and `iterations`; a training has one length")
        return self


class RecipeChange(_Length):
    """The changes that a suite may make to a recipe that it names. A nested part is replaced as a whole."""

    batch: Count | None = None
    rate: PositiveFloat | None = None
    schedule: Schedule | None = None
    warm_up: WarmUp | None = None
    """A warm-up of length 0 removes the recipe's."""
    optimiser: Optimiser | None = None
    initialisation: Initialisation | None = None
    prepare: Prepare | None = None
    crop: PositiveInt | None = None
    augmentation: Augmentation | None = None
    label_smoothing: float | None = Field(None, ge=0, lt=1)
    precision: Precision | None = None
    order: Literal["shuffled", "fixed"] | None = None
    remainder: Literal["dropped", "trained"] | None = None

    def applied_to(self, recipe: Recipe) -> Recipe:
        """Return the recipe with every field given here in place of its own."""
        fields = set(type(self).model_fields) - set(_Length.model_fields)
        given = {name: value for name in fields if (value := getattr(self, name)) is not None}
        return recipe.with_length(self.epochs, self.iterations).model_copy(update=_without_empty(given))


class ScaledTraining(_Length):
    """The fields of a recipe that a scale may change: size, length, rate and arithmetic, never the method.

    A changed length also changes the times in a list of changes, in proportion.
    """

    batch: Count | None = None
    """Also changes, in proportion, how many images share a view."""
    rate: PositiveFloat | None = None
    """Also changes, in proportion, the rates in a list of changes."""
    drops_after: list[PositiveInt] | None = None
    """Epochs after which the rate drops, in place of the recipe's schedule; iterations if the scale gives its length in
    iterations. A list of changes stays and is stretched to the length, because the order of its layers is part of the
    method.
    """
    warm_up: WarmUp | None = None
    """A warm-up of length 0 removes the recipe's."""
    gain: Literal["as_printed", "paper_fan_in"] | None = None
    """Whether to keep the printed standard deviations, or the gain that they had at the paper's fan-ins."""
    prepare: Prepare | None = None
    crop: PositiveInt | None = None
    """Also changes, in proportion, the sides to which jitter rescales images."""
    precision: Precision | None = None

    def applied_to(self, recipe: Recipe) -> Recipe:
        """Return the recipe at this scale."""
        whole = {"batch", "rate", "prepare", "crop", "precision", "warm_up"}
        changed: dict[str, object] = {name: value for name in whole if (value := getattr(self, name)) is not None}
        if (schedule := self._schedule(recipe)) is not None:
            changed["schedule"] = schedule
        if self.gain is not None:
            printed = isinstance(recipe.initialisation, Gaussian) or recipe.initialisation.fc_std is not None
            if printed:  # a rule without a printed standard deviation follows the width by itself
                changed["initialisation"] = recipe.initialisation.model_copy(update={"gain": self.gain})
        if (augmentation := self._augmentation(recipe)) is not None:
            changed["augmentation"] = augmentation
        return recipe.with_length(self.epochs, self.iterations).model_copy(update=_without_empty(changed))

    def _schedule(self, recipe: Recipe) -> FixedDrops | Changes | None:
        if isinstance(recipe.schedule, Changes):
            return recipe.schedule.scaled(self._stretch(recipe), (self.rate or recipe.rate) / recipe.rate)
        if self.drops_after is None:
            return None
        factor = getattr(recipe.schedule, "factor", 0.1)
        unit: Unit = "epochs" if self.iterations is None else "iterations"
        return FixedDrops(rule="fixed", after=self.drops_after, factor=factor, unit=unit)

    def _stretch(self, recipe: Recipe) -> float:
        """Return this scale's length divided by the recipe's. Raises ValueError if their units differ."""
        if self.epochs is None and self.iterations is None:
            return 1.0
        if self.epochs is not None and recipe.epochs is not None:
            return self.epochs / recipe.epochs
        if self.iterations is not None and recipe.iterations is not None:
            return self.iterations / recipe.iterations
        raise ValueError(
            "of a list of changes, a scale gives the length as the recipe does: in epochs, or in iterations"
        )

    def _augmentation(self, recipe: Recipe) -> Augmentation | None:
        own, changed = recipe.augmentation, dict[str, object]()
        if self.crop is not None and own.jitter is not None:
            changed["jitter"] = tuple(in_proportion(side, self.crop, recipe.crop) for side in own.jitter)
        if self.batch is not None and own.shared > 1:
            changed["shared"] = max(1, in_proportion(own.shared, self.batch, recipe.batch))
        return own.model_copy(update=changed) if changed else None
