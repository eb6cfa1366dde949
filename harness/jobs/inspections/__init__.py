"""Inspections: numbers and pictures that a suite may read from a trained net.

`INSPECTIONS` maps each kind to its spec, which needs no torch, and to the function that carries it out.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from harness.jobs.inspections.coefficients import Coefficients
from harness.jobs.inspections.gradients import Gradients
from harness.jobs.inspections.kernels import Kernels
from harness.jobs.inspections.neighbours import Neighbours
from harness.jobs.inspections.panel import Panel
from harness.jobs.inspections.per_class import PerClass

__all__ = ["INSPECTIONS", "Inspection", "InspectionSpec", "parsed"]

InspectionSpec = Annotated[
    Coefficients | Kernels | Neighbours | Panel | PerClass | Gradients, Field(discriminator="what")
]
"""Any spec of an inspection, as given under a name in an experiment's `inspect`."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """One kind of inspection."""

    spec: type[Coefficients | Kernels | Neighbours | Panel | PerClass | Gradients]
    runs: str
    """The function, as `module:function`. It is imported only when an inspection runs, because it may import torch."""

    def load(self) -> Callable[..., Any]:
        """Import and return the function that takes a spec and a `Subject` and returns a `Found`."""
        module, function = self.runs.split(":")
        loaded: Callable[..., Any] = getattr(importlib.import_module(module), function)
        return loaded


INSPECTIONS: dict[str, Inspection] = {
    "coefficients": Inspection(Coefficients, "harness.jobs.inspections.on_device.coefficients:inspect"),
    "kernels": Inspection(Kernels, "harness.jobs.inspections.on_device.kernels:inspect"),
    "neighbours": Inspection(Neighbours, "harness.jobs.inspections.on_device.neighbours:inspect"),
    "panel": Inspection(Panel, "harness.jobs.inspections.on_device.panel:inspect"),
    "per_class": Inspection(PerClass, "harness.jobs.inspections.on_device.per_class:inspect"),
    "gradients": Inspection(Gradients, "harness.jobs.inspections.on_device.gradients:inspect"),
}

_SPECS: TypeAdapter[InspectionSpec] = TypeAdapter(InspectionSpec)


def parsed(data: Any) -> InspectionSpec:
    """Parse the spec that plain data describe. Raises pydantic's ValidationError if they describe none."""
    return _SPECS.validate_python(data, strict=False)
