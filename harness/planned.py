"""What `plan` shows: which jobs a suite needs, where each of them stands, and how long what is left will take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.environment import clocked_device
from harness.estimate import estimate
from harness.outline import outline_of, remember
from harness.runtime import Runtime
from harness.scale_names import ScaleName
from harness.scales import choose_scale, data_missing
from harness.shipped import suite_path
from harness.status import statuses
from harness.store import Store


def plan_suite(suite_file: str, asked: ScaleName | None, store_folder: Path, runtime: Runtime) -> dict[str, Any]:
    """Everything `plan` shows, as plain data."""
    outline, store = outline_of(suite_path(suite_file)), Store(store_folder)
    known = len(outline.made), len(outline.powers)
    choice = choose_scale(outline, store, runtime, asked)
    plan = outline.graph(choice.scale, clocked_device(runtime.device, runtime.threads))
    finds = outline.finds(choice.scale)
    if (len(outline.made), len(outline.powers)) != known:
        remember(outline)
    standing = statuses(plan, store, runtime.locations)
    todo = [job for key, job in plan.jobs.items() if standing[key].state in ("to do", "blocked")]
    time = estimate(todo, store, runtime)
    return {
        "suite": outline.name,
        "scale": choice.scale,
        "reason": choice.reason,
        "unlock": choice.unlock,
        "blocked_by": data_missing(plan, runtime.locations),
        "finds": finds,
        "estimate": {"seconds": time.seconds, "basis": time.basis},
        "jobs": [
            {"key": key, "kind": job.kind, "label": job.label, "state": standing[key].state, "why": standing[key].why,
             "spec": job.spec, "inputs": job.inputs, "multiply_adds": job.work}
            for key, job in plan.jobs.items()
        ],
    }  # fmt: skip
