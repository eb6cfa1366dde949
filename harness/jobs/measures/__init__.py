"""What can be measured without training: `MEASURES` maps a name to its torch-free spec and what runs it."""

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
"""Of (spec, seed, torch's name of a device); yields exactly the spec's quantities."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of measurement."""

    spec: type[Measured]
    runs: str
    """`module:function`, imported only when it runs."""
    random: bool = False
    """It needs a seed, and is repeated over the seeds of a scale."""
    timed: bool = False
    """Its spec holds the name of the device."""
    needs_torch: bool = False
    """It runs on a device; otherwise anywhere, exactly."""

    def load(self) -> Function:
        """The function that measures."""
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
"""What a suite's `measure:` may be, told apart by `what`."""
