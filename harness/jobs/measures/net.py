"""The network of a measurement, and its convolutional part, which the papers' equations describe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Self

from pydantic import PositiveInt, model_validator

from harness.jobs.measures.chain import Chain
from harness.jobs.measures.quantity import Measured
from harness.models import Model
from harness.models.initialisation import FanScaled, Gaussian, drawn, learnable, standard_deviations
from harness.models.layers import Layer, Traced, require_chain, trace, without
from harness.models.registered import Net, OneOfRegistered
from harness.strict import Strict


class MeasuredNet(Strict):
    """A registered network, or a plain chain, with the number of classes and the image shape it is built for."""

    model: Annotated[Net, OneOfRegistered(also=[Chain])]
    classes: PositiveInt
    input: tuple[PositiveInt, PositiveInt, PositiveInt]
    """Shape of an image, (channels, height, width)."""

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        self.traced()
        return self

    def layers(self) -> tuple[Layer, ...]:
        """Return the layers from image to logits."""
        return self.model.layers(self.classes)

    def traced(self) -> tuple[Traced, ...]:
        """Return every layer with its shapes and counts. Raises ValueError if a map shrinks to nothing."""
        return tuple(trace(self.layers(), self.input))

    def step_multiply_adds(self, batch: int) -> int:
        """Return the multiply-adds of a training step on a batch, counted as three forward passes."""
        return 3 * batch * sum(one.multiply_adds for one in self.traced())

    def full_size(self) -> tuple[Traced, ...]:
        """Return the layers of the network at the paper's own size."""
        return self.model.full_size(self.classes)

    def left_out(self) -> set[str]:
        """Return the layers that a rule for first weights may name although a net cut from this one lacks them."""
        traced = self.traced()
        return {*self.model.left_out, *(one.name for one in learnable(traced)), *(name for name, _, _ in drawn(traced))}

    def stds(self, rule: Gaussian | FanScaled) -> dict[str, float]:
        """Return the standard deviation of each layer under a rule. Raises ValueError if the rule does not fit."""
        return standard_deviations(self.traced(), rule, self.full_size(), self.model.left_out)

    def without_dropout(self) -> tuple[Layer, ...]:
        """Return the layers without dropout, which the equations of section 2.2 do not cover."""
        return without(self.layers(), lambda layer: layer.noise)

    def convolutional(self) -> tuple[Layer, ...]:
        """Return the layers up to the last convolution and its activation.

        Raises ValueError if there is no convolution, or if the net is no chain.
        """
        traced = tuple(trace(self.without_dropout(), self.input))
        require_chain(traced, "the convolutional part is that of")
        last = max((index for index, one in enumerate(traced) if one.kernels is not None), default=None)
        if last is None:
            raise ValueError("the net has no convolution")
        after = [one.layer for one in traced[last + 1 : last + 2] if one.layer.activation is not None]
        return (*(one.layer for one in traced[: last + 1]), *after)

    def changed(self, change: Callable[[Model], Model]) -> Self:
        """Return the network after `change`. A chain stays as it is, because scales do not change it."""
        if isinstance(self.model, Chain):
            return self
        return type(self)(model=change(self.model), classes=self.classes, input=self.input)


class OfNet(Measured):
    """A measurement on one network."""

    net: MeasuredNet

    def with_models(self, change: Callable[[Model], Model]) -> Self:
        """Return the same measurement on the changed network."""
        return self.model_copy(update={"net": self.net.changed(change)})


def of_convolutions(spec: Gaussian | FanScaled) -> Gaussian | FanScaled:
    """Return the rule without its part for fully connected layers, for a net that was cut before them."""
    return spec.model_copy(update={"fc_std": None}) if isinstance(spec, FanScaled) else spec
