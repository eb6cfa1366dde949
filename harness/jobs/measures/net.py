"""The network that a measurement is made on, and the part of it that the papers' equations speak of."""

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
    """A network of the registry, or a plain chain, with the classes and images it is built for."""

    model: Annotated[Net, OneOfRegistered(also=[Chain])]
    classes: PositiveInt
    input: tuple[PositiveInt, PositiveInt, PositiveInt]
    """(channels, height, width)."""

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        self.traced()
        return self

    def layers(self) -> tuple[Layer, ...]:
        """The net from image to logits."""
        return self.model.layers(self.classes)

    def traced(self) -> tuple[Traced, ...]:
        """Every layer with its shapes and counts; raises ValueError where a map shrinks to nothing."""
        return tuple(trace(self.layers(), self.input))

    def step_multiply_adds(self, batch: int) -> int:
        """Of a forward and a backward pass of a batch; a step of training costs three forward passes."""
        return 3 * batch * sum(one.multiply_adds for one in self.traced())

    def full_size(self) -> tuple[Traced, ...]:
        """The network at the paper's own size."""
        return self.model.full_size(self.classes)

    def left_out(self) -> set[str]:
        """Layers that a rule for first weights may name though a net cut from this one lacks them."""
        traced = self.traced()
        return {*self.model.left_out, *(one.name for one in learnable(traced)), *(name for name, _, _ in drawn(traced))}

    def stds(self, rule: Gaussian | FanScaled) -> dict[str, float]:
        """By layer, the standard deviations of a rule; raises ValueError where it does not fit the network."""
        return standard_deviations(self.traced(), rule, self.full_size(), self.model.left_out)

    def without_dropout(self) -> tuple[Layer, ...]:
        """The layers less dropout, which the equations of section 2.2 do not know."""
        return without(self.layers(), lambda layer: layer.noise)

    def convolutional(self) -> tuple[Layer, ...]:
        """The layers up to the last convolution and its activation.

        Raises ValueError where there is none, and for a net that is no chain, which has no such part.
        """
        traced = tuple(trace(self.without_dropout(), self.input))
        require_chain(traced, "the convolutional part is that of")
        last = max((index for index, one in enumerate(traced) if one.kernels is not None), default=None)
        if last is None:
            raise ValueError("the net has no convolution")
        after = [one.layer for one in traced[last + 1 : last + 2] if one.layer.activation is not None]
        return (*(one.layer for one in traced[: last + 1]), *after)

    def changed(self, change: Callable[[Model], Model]) -> Self:
        """The network after `change`; a chain, which no scale knows, stays as it is."""
        if isinstance(self.model, Chain):
            return self
        return type(self)(model=change(self.model), classes=self.classes, input=self.input)


class OfNet(Measured):
    """A measurement on one network."""

    net: MeasuredNet

    def with_models(self, change: Callable[[Model], Model]) -> Self:
        """The same on the changed network."""
        return self.model_copy(update={"net": self.net.changed(change)})


def of_convolutions(spec: Gaussian | FanScaled) -> Gaussian | FanScaled:
    """A rule for first weights less what it says of fully connected layers, for a net that was cut before them."""
    return spec.model_copy(update={"fc_std": None}) if isinstance(spec, FanScaled) else spec
