"""Inspection: numbers and pictures read off one trained net, without training it further."""

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
    """Carry out the spec's inspection; of a net that diverged nothing is told, and `absent` says so of every number.

    The data of the result are those that the net was trained on, then what was looked at beside them.
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
    """A value, or a reason why there is none, for every number of the spec; None for a net that is no longer finite."""
    if any(subject.diverged(name) for name in ("network", "test") if name in subject.work.inputs):
        return None
    found: Found = INSPECTIONS[spec.what].load()(spec, subject)
    if not all(math.isfinite(value) for value in found.values.values()):
        return None
    named = set(spec.quantities(subject.layers, subject.classes))
    assert {*found.values, *found.absent} == named, (spec.what, named)
    return found


def keep(work: Work, found: Found) -> None:
    """Store what a picture is drawn from."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **found.arrays)  # type: ignore[arg-type]  # numpy types its one keyword of its own
    write_atomically(work.folder.inspection, buffer.getvalue())
