"""Measurements of the standard deviations of first weights: of a rule on a network, and of eq. 14 for given filters."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from harness.jobs.measures.chain import Chain
from harness.jobs.measures.net import OfNet
from harness.jobs.measures.quantity import Computed, Number, flat
from harness.models.initialisation import FanScaled, Initialisation, standard_deviations
from harness.models.layers import trace


class Stds(OfNet, Computed):
    """The standard deviation that a rule gives each convolution and fully connected layer of a network."""

    what: Literal["stds"]
    initialisation: Initialisation

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.numbers()
        return self

    def numbers(self) -> dict[str, Number]:
        """Return `<layer>_std` for each layer."""
        stds = self.net.stds(self.initialisation)
        return {f"{flat(name)}_std": Number(std, "", f"{name}, standard deviation") for name, std in stds.items()}


class FilterStds(Computed):
    """The standard deviations of eq. 14, sqrt(2 / (k^2 d)), for counts d of k x k filters (PReLU section 2.2)."""

    what: Literal["filter_stds"]
    kernel: PositiveInt
    filters: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]

    def numbers(self) -> dict[str, Number]:
        """Return `std_<filters>` for each count of filters."""
        layers = Chain(name="chain", filters=self.filters, kernel=self.kernel, pad=self.kernel).layers(1)
        traced = tuple(trace(layers, (1, self.kernel, self.kernel)))
        stds = standard_deviations(traced, FanScaled(rule="he_backward"))
        filters = {one.name: one.kernels.filters for one in traced if one.kernels is not None}
        return {
            f"std_{filters[name]}": Number(std, "", f"{filters[name]} filters, standard deviation by eq. 14")
            for name, std in stds.items()
        }
