"""Sums up a plan for `plan`: the jobs of a suite, where each stands, what is left will cost, and what is missing."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.data import DATASETS
from harness.data.locate import Locations, Missing
from harness.data.sets.files import stored
from harness.machine.environment import clocked_device
from harness.machine.runtime import Runtime
from harness.plan.division import at_once, divided, told
from harness.plan.estimate import H200, Estimate, estimate, estimate_on
from harness.plan.job import Job
from harness.plan.outline import outline_of, remember
from harness.plan.plan import Plan
from harness.plan.rates import on_gpu
from harness.plan.scale_choice import choose_scale, data_missing
from harness.plan.sharing import also_wanted
from harness.plan.status import Survey, surveyed
from harness.progress import duration
from harness.store.store import Store
from harness.suite.shipped import suite_path
from harness.vocabulary import ScaleName

LARGE: tuple[ScaleName, ...] = ("paper", "subset")
"""Scales whose nets keep a large GPU busy, so that arithmetic alone says how long they take on one."""

LONGEST_ON_A_PROCESSOR_S = 86_400
"""Above this, a GPU is told to be missing."""

Say = Callable[[str], None]
Forecast = Callable[[Survey], dict[str, Any]]
"""Says what a run would hand to a cluster."""


def plan_suite(
    suite_file: str,
    asked: ScaleName | None,
    store_folder: Path,
    runtime: Runtime,
    *,
    across: bool = False,
    calibrating: Say | None = None,
    forecasting: Forecast | None = None,
) -> dict[str, Any]:
    """Give everything that `plan` shows, as plain data.

    With `across`, also which other shipped suites want each job; with `calibrating`, which is told of each, trainings
    and tests to do are timed first on this machine, a few steps each; with `forecasting`, what it says of the jobs.
    """
    path = suite_path(suite_file)
    outline, store, device = outline_of(path), Store(store_folder), clocked_device(runtime.device, runtime.threads)
    known = len(outline.made), len(outline.powers)
    choice = choose_scale(outline, store, runtime, asked)
    survey = choice.survey or surveyed(outline.plan(choice.scale, device), store, runtime.locations)
    plan = survey.plan
    finds = outline.finds(choice.scale)
    if (len(outline.made), len(outline.powers)) != known:
        remember(outline)
    todo, shared = survey.jobs("to do", "blocked"), divided(plan, runtime)
    if calibrating is not None:
        from harness.plan.calibrate import calibrate  # noqa: PLC0415 - it imports torch, and is only asked for

        calibrate(todo, plan.jobs, store, replace(shared, shared_gpus=0), calibrating)
    time = estimate(todo, store, shared, plan.jobs)
    together = at_once(todo, time.seconds, shared)
    also = also_wanted(plan.jobs, path, choice.scale, device) if across else {}
    elsewhere = estimate_on(H200, todo) if choice.scale in LARGE and not on_gpu(runtime) else None
    return {
        "suite": outline.name,
        "scale": choice.scale,
        "reason": choice.reason,
        "unlock": choice.unlock,
        "blocked_by": data_missing(plan, runtime.locations),
        "finds": finds,
        "estimate": time.document() | {"at_once": told(shared, together)},
        "elsewhere": None if elsewhere is None else {"device": H200.name, **elsewhere.document()},
        "disk": _disk(todo, plan, runtime.locations),
        "missing": _missing(survey, time if elsewhere else None),
        "jobs": _jobs(survey, elsewhere or time, also),
        **({} if forecasting is None else {"slurm": forecasting(survey)}),
    }  # fmt: skip


def _jobs(survey: Survey, time: Estimate, also: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """Give every job as plain data, its seconds those of an estimate."""
    return [
        {"key": key, "kind": job.kind, "label": job.label, "state": status.state, "why": status.why,
         "spec": job.spec, "inputs": job.inputs, "multiply_adds": job.work, "wanted_by": job.wanted_by,
         "also_in": also.get(key), "seconds": time.of_job.get(key), "keeps_bytes": job.keeps_bytes}
        for key, job in survey.plan.jobs.items() for status in [survey.standing[key]]
    ]  # fmt: skip


def _disk(todo: Iterable[Job], plan: Plan, locations: Locations) -> dict[str, Any]:
    """Count the bytes that jobs will leave, by kind; those beyond while the largest of them runs; those of the data."""
    by_kind: Counter[str] = Counter()
    scratch = 0
    for job in todo:
        by_kind[job.kind] += job.keeps_bytes
        scratch = max(scratch, job.scratch_bytes)
    return {
        "keeps_bytes": by_kind.total(),
        "scratch_bytes": scratch,
        "by_kind": {kind: size for kind, size in by_kind.items() if size},
        "data_bytes": {name: _data_bytes(name, locations) for name in plan.datasets},
    }


def _data_bytes(name: str, locations: Locations) -> int | None:
    """Give the size on disk of a data set of a few files; None for one that is not there, or of uncounted files."""
    found = locations.find(DATASETS[name])
    if isinstance(found, Missing) or not DATASETS[name].files:
        return None
    files = [stored(found.path, file.name) for file in DATASETS[name].files]
    return sum(file.stat().st_size for file in files if file is not None)


def _missing(survey: Survey, on_processor: Estimate | None) -> list[dict[str, Any]]:
    """List what keeps jobs from being run, or from ending: each thing once, with how many jobs it holds up."""
    todo = survey.jobs("to do", "blocked")
    whys = Counter(survey.standing[job.key].why for job in survey.jobs("blocked"))
    found = [{"what": why, "jobs": count} for why, count in whys.items() if not why.startswith("it needs what is")]
    if on_processor is not None and on_processor.seconds > LONGEST_ON_A_PROCESSOR_S:
        why = f"this processor would take about {duration(on_processor.seconds)}"
        found.append({"what": f"a GPU, for {why}", "jobs": len(todo)})
    needed = sum(job.keeps_bytes for job in todo) + max((job.scratch_bytes for job in todo), default=0)
    if needed > _free_bytes(survey.store.root):
        found.append({"what": f"room for the store {survey.store.root}, whose disk has less free", "jobs": len(todo)})
    return found


def _free_bytes(folder: Path) -> int:
    """Count the free bytes on the disk where a folder is or will be."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
