"""The `inspect` job: reads numbers and pictures from one trained net without training it further."""

from __future__ import annotations

import io
import math
import time
from contextlib import ExitStack
from typing import Any

import numpy as np

from harness.jobs.device import device_environment, set_up
from harness.jobs.inspections import INSPECTIONS, InspectionSpec, parsed
from harness.jobs.inspections.subject import Found, Subject
from harness.jobs.observe import observed
from harness.jobs.work import Work
from harness.store.store import write_atomically

DIVERGED = "the net diverged and leaves nothing to inspect"


def inspect(work: Work) -> dict[str, Any]:
    """Carry out the inspection in the spec.

    For a net that diverged the result has no values; `absent` gives the reason for every number. The result's data are
    those that the net was trained on, followed by those that were inspected.
    """
    started, spec = time.monotonic(), parsed(work.spec["inspection"])
    device = set_up(work.runtime)
    with ExitStack() as opened:
        subject = Subject(work, device, opened)
        found = inspected(spec, subject)
        if found is not None and found.arrays:
            keep(work, found)
        names = spec.quantities(subject.layers, subject.classes)
        trained = work.inputs["network"].read_result() or {}
        seen = [observed(split, work.runtime.locations) for split in subject.splits.values()]
        return {
            "outcome": "diverged" if found is None else "done",
            "values": {} if found is None else found.values,
            "absent": dict.fromkeys(names, DIVERGED) if found is None else dict(found.absent),
            "data": [*trained["data"], *(record for record in seen if record not in trained["data"])],
            "marks": trained["marks"],
            "environment": device_environment(device),
            "cost": {"seconds": time.monotonic() - started},
        }


def inspected(spec: InspectionSpec, subject: Subject) -> Found | None:
    """Return a value, or the reason for its absence, for every number of the spec.

    Returns None if the net diverged or a value is not finite.
    """
    if any(subject.diverged(name) for name in ("network", "test") if name in subject.work.inputs):
        return None
    found: Found = INSPECTIONS[spec.what].load()(spec, subject)
    if not all(math.isfinite(value) for value in found.values.values()):
        return None
    named = set(spec.quantities(subject.layers, subject.classes))
    assert {*found.values, *found.absent} == named, (spec.what, named)
    return found


def keep(work: Work, found: Found) -> None:
    """Store the arrays from which the report draws its picture."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **found.arrays)  # type: ignore[arg-type]  # numpy types its one keyword of its own
    write_atomically(work.folder.inspection, buffer.getvalue())
