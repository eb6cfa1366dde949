"""The `measure` job: runs a measurement of the registry, on this machine's device if it needs one."""

from __future__ import annotations

import time
from typing import Any

from harness.jobs.measures import MEASURES
from harness.jobs.work import Work

RESERVED = {"seed", "splits"}
"""Keys of a job's spec that do not belong to the measurement."""


def measure_quantities(work: Work) -> dict[str, Any]:
    """Run the measurement in the spec: a `MeasureSpec` as plain data, with a `seed` if it is random."""
    started = time.monotonic()
    registered = MEASURES[work.spec["what"]]
    spec = registered.spec.parsed({key: value for key, value in work.spec.items() if key not in RESERVED})
    device, environment = "cpu", {}
    if registered.needs_torch:
        from harness.jobs.device import device_environment, set_up  # noqa: PLC0415 - counting needs no torch

        chosen = set_up(work.runtime)
        device, environment = str(chosen), device_environment(chosen)
    values = registered.load()(spec, work.spec.get("seed"), device)
    assert values.keys() == spec.quantities().keys()
    return {
        "outcome": "done",
        "values": values,
        "data": [],
        "marks": [],
        "environment": environment,
        "cost": {"seconds": time.monotonic() - started},
    }
