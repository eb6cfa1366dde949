"""What a suite may read off a trained net: `INSPECTIONS` maps a kind to its torch-free spec and what carries it out."""

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
"""What stands under a name in an experiment's `inspect`."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """One kind of inspection."""

    spec: type[Coefficients | Kernels | Neighbours | Panel | PerClass | Gradients]
    runs: str
    """`module:function`, imported only when an inspection of this kind runs, for it may bring torch."""

    def load(self) -> Callable[..., Any]:
        """The function that takes a spec and a `Subject` and gives what it `Found`."""
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
    """The spec that plain data describe; raises pydantic's ValidationError."""
    return _SPECS.validate_python(data, strict=False)
