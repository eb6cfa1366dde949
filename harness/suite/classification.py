"""Systems that are no nets: images are described and encoded by features, and linear classifiers learn the codes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PositiveFloat, PositiveInt

from harness.data.spec import Prepare
from harness.jobs.classifiers.classifier_specs import Classifier
from harness.jobs.features.feature_specs import Feature
from harness.strict import Name, Strict

SIZES = ("dimensions", "gaussians", "anchors", "words", "images", "per_image")
"""What a scale may change of a feature, where the feature has it."""


class Misfit(ValueError):
    """Says what of a system does not fit, and names the keys that could be changed, the likeliest first."""

    def __init__(self, why: str, *keys: str, feature: str | None = None) -> None:
        super().__init__(why)
        self.keys = keys
        self.feature = feature
        """The feature that the keys are of; None for the whole system."""


class Classify(Strict):
    """Features of a data set's images, one classifier for each feature, and the mean of the classifiers' scores."""

    data: Name
    prepare: Prepare = Prepare()
    features: dict[Name, Feature] = Field(min_length=1)
    classifier: Classifier
    """Learned once on the codes of each feature."""


class ScaledClassification(Strict):
    """The changes of a scale to such a system, in all of its features: its size, not its method."""

    prepare: Prepare | None = None
    """In the place of the system's own; the way in which small images are enlarged."""
    sides: Annotated[list[PositiveInt], Field(min_length=1)] | None = None
    step: PositiveInt | None = None
    dimensions: PositiveInt | None = None
    gaussians: PositiveInt | None = None
    anchors: PositiveInt | None = None
    words: PositiveInt | None = None
    images: PositiveInt | None = None
    per_image: PositiveInt | None = None
    regularisation: PositiveFloat | None = None
    epochs: PositiveInt | None = None

    def applied_to(self, system: Classify) -> Classify:
        """Give the system as it is at this scale; raises Misfit where no feature has what is changed."""
        known = {name for feature in system.features.values() for name in type(feature).model_fields}
        if strangers := sorted(self._given(*SIZES).keys() - known):
            raise Misfit(f"no feature has the `{strangers[0]}` that the scale changes; leave it out", strangers[0])
        features = {name: self._feature(feature) for name, feature in system.features.items()}
        classifier = system.classifier.model_copy(update=self._given("regularisation", "epochs"))
        return system.model_copy(update={"features": features, "classifier": classifier, **self._given("prepare")})

    def _feature(self, feature: Feature) -> Feature:
        descriptor = feature.descriptor.model_copy(update=self._given("sides", "step"))
        sizes = self._given(*(name for name in SIZES if name in type(feature).model_fields))
        return feature.model_copy(update={"descriptor": descriptor, **sizes})

    def _given(self, *names: str) -> dict[str, Any]:
        return {name: value for name in names if (value := getattr(self, name)) is not None}
