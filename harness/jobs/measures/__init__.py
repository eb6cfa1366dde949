"""Measurements that need no training: `MEASURES` maps each name to its spec, without torch, and to its function."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from harness.jobs.measures.arithmetic import Arithmetic
from harness.jobs.measures.configuration import Configuration
from harness.jobs.measures.network import Network
from harness.jobs.measures.propagation import FirstStep, Propagation, Rescaling
from harness.jobs.measures.quantity import Measured
from harness.jobs.measures.speedup import Speedup
from harness.jobs.measures.spp import Spp
from harness.jobs.measures.stds import FilterStds, Stds
from harness.jobs.measures.timing import Timing
from harness.jobs.measures.units import Units
from harness.jobs.measures.variances import Attenuation, VarianceProducts

Function = Callable[[Measured, int | None, str], dict[str, float]]
"""Function of (spec, seed, torch's name of a device) that returns exactly the quantities of the spec."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of measurement."""

    spec: type[Measured]
    runs: str
    """The function, as `module:function`, imported only when it runs."""
    random: bool = False
    """Whether it needs a seed. If so, it is repeated for every seed of a scale."""
    timed: bool = False
    """Whether it measures time. If so, its spec holds the name of the device."""
    needs_torch: bool = False
    """Whether it runs on a device. If not, it gives the same exact result on any machine."""

    def load(self) -> Function:
        """Import and return the function that measures."""
        module, function = self.runs.split(":")
        loaded: Function = getattr(importlib.import_module(module), function)
        return loaded


_COMPUTE = "harness.jobs.measures.quantity:compute"

MEASURES: dict[str, Measure] = {
    "arithmetic": Measure(Arithmetic, _COMPUTE),
    "attenuation": Measure(Attenuation, _COMPUTE),
    "configuration": Measure(Configuration, _COMPUTE),
    "filter_stds": Measure(FilterStds, _COMPUTE),
    "first_step": Measure(
        FirstStep, "harness.jobs.measures.on_device.first_step:measure", random=True, needs_torch=True
    ),
    "network": Measure(Network, _COMPUTE),
    "propagation": Measure(
        Propagation, "harness.jobs.measures.on_device.propagation:measure", random=True, needs_torch=True
    ),
    "rescaling": Measure(
        Rescaling, "harness.jobs.measures.on_device.propagation:compare", random=True, needs_torch=True
    ),
    "speedup": Measure(
        Speedup, "harness.jobs.measures.on_device.speedup:measure", random=True, timed=True, needs_torch=True
    ),
    "spp": Measure(Spp, _COMPUTE),
    "stds": Measure(Stds, _COMPUTE),
    "timing": Measure(
        Timing, "harness.jobs.measures.on_device.timing:measure", random=True, timed=True, needs_torch=True
    ),
    "units": Measure(Units, "harness.jobs.measures.on_device.units:measure", needs_torch=True),
    "variance_products": Measure(VarianceProducts, _COMPUTE),
}

MeasureSpec = Annotated[
    Arithmetic
    | Attenuation
    | Configuration
    | FilterStds
    | FirstStep
    | Network
    | Propagation
    | Rescaling
    | Speedup
    | Spp
    | Stds
    | Timing
    | Units
    | VarianceProducts,
    Field(discriminator="what"),
]
"""Any spec of a measurement, as given in a suite's `measure:`; `what` tells them apart."""
