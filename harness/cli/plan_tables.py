"""A plan on the terminal: its jobs, the suites that share them, their cost, and what is missing."""

from __future__ import annotations

import re
from collections import Counter
from itertools import takewhile
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from harness.cli.tables import tinted
from harness.progress import duration, size

Document = dict[str, Any]
_NUMBERED = re.compile(r", (seed|repetition) \d+$")
"""The end of a job's name that tells it from its like."""


def show_plan(document: Document, *, every: bool = False) -> None:
    """Print the jobs of a plan and, where any are left, their cost in time, energy and disk space.

    Jobs of one kind and state that the same experiments rest on share a row; with `every`, each job has its own.
    """
    console = Console(highlight=False)
    console.print(Text(f"{document['suite']} at scale {document['scale']}: {document['reason']}", style="bold"))
    if document["unlock"]:
        console.print(Text(f"larger scales: {document['unlock']}"))
    elsewhere = document["elsewhere"]
    time = "time" if elsewhere is None else f"time, {elsewhere['device'].split()[-1]}"
    time += " or a core" if elsewhere is not None and elsewhere.get("processor_core_hours") else ""
    groups = _groups(document["jobs"])
    console.print(_jobs(document["jobs"], time) if every else _counted(groups, time))
    for what, labels in [*_whys(document["jobs"]).items(), *_shared(document["jobs"]).items()]:
        which = labels[0] if len(labels) == 1 else f"{len(labels)} jobs"
        console.print(Text(f"{which}: {what}"), soft_wrap=True)
    counts = Counter(job["state"] for job in document["jobs"])
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    console.print(Text(told if every or not counts else f"{told}; --full lists each job with its key"), soft_wrap=True)
    if counts["to do"] + counts["blocked"]:
        for line in _costs(document):
            console.print(Text(line), soft_wrap=True)
    if document["finds"] is not None:
        console.print(Text(f"judges {document['finds']['says']}"), soft_wrap=True)
        if looks := document["finds"].get("looks"):
            console.print(Text(f"seeds: {looks['says']}"), soft_wrap=True)
    for line in _arrays(document.get("slurm")):
        console.print(Text(line), soft_wrap=True)
    for one in document["missing"]:
        console.print(Text(f"missing: {one['what']} ({one['jobs']} jobs)"), soft_wrap=True)
    if document["blocked_by"]:
        console.print(Text(f"blocked: {document['blocked_by']}"), soft_wrap=True)


def _groups(jobs: list[Document]) -> list[list[Document]]:
    """The jobs of each state and kind that the same experiments rest on, in the order of their first."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[Document]] = {}
    for job in jobs:
        groups.setdefault((job["state"], job["kind"], tuple(job.get("wanted_by") or ())), []).append(job)
    return list(groups.values())


def _counted(groups: list[list[Document]], time: str) -> Table:
    table = Table("state", Column("jobs", justify="right"), "what", Column(time, justify="right"))
    for jobs in groups:
        seconds = [job["seconds"] for job in jobs if job.get("seconds") is not None]
        cost = duration(sum(seconds)) if seconds else ""
        table.add_row(tinted(jobs[0]["state"]), f"{len(jobs):,}", Text(_what([job["label"] for job in jobs])), cost)
    return table


def _what(labels: list[str]) -> str:
    """A name for jobs: that of a single one, else what all their names begin with.

    >>> _what(["codes of fv.sift, train, seed 0", "codes of fv.colour, test, seed 1"])
    'codes of fv'
    """
    if len(labels) == 1:
        return labels[0]
    names = [_NUMBERED.sub("", label) for label in labels]
    alike = takewhile(lambda letters: len({*letters}) == 1, zip(*names, strict=False))
    begin = "".join(letters[0] for letters in alike)
    if any(re.match(r"\w", name[len(begin) :]) for name in names):
        begin = re.sub(r"\w*$", "", begin)
    return begin.rstrip(" .,") or f"{names[0]}, ..."


def _jobs(jobs: list[Document], time: str) -> Table:
    table = Table("state", "job", "key", time)
    for job in jobs:
        seconds = job.get("seconds")
        cost = "" if seconds is None else duration(seconds)
        table.add_row(tinted(job["state"]), Text(job["label"]), job["key"][:20], cost)
    return table


def _whys(jobs: list[Document]) -> dict[str, list[str]]:
    """Group jobs by the reason of their state; reasons of blocked jobs are printed as missing."""
    whys: dict[str, list[str]] = {}
    for job in jobs:
        if job["why"] and job["state"] != "blocked":
            whys.setdefault(f"{job['state']}: {job['why']}", []).append(job["label"])
    return whys


def _shared(jobs: list[Document]) -> dict[str, list[str]]:
    """Group jobs by the several experiments, and by the other suites, that share them."""
    shared: dict[str, list[str]] = {}
    for job in jobs:
        experiments, suites = job.get("wanted_by") or [], job.get("also_in") or []
        if len(experiments) > 1:
            shared.setdefault(f"shared by {', '.join(experiments)}", []).append(job["label"])
        if suites:
            shared.setdefault(f"also needed by {', '.join(suites)}", []).append(job["label"])
    return shared


def _costs(document: Document) -> list[str]:
    here, elsewhere, disk = document["estimate"], document["elsewhere"], document["disk"]
    work = f"about {duration(here['seconds'])} of work, {here['at_once']}"
    lines = [f"{work}: {_hours(here)} ({here['basis']}); {_energy(here)}"]
    if elsewhere is not None:
        beside = elsewhere.get("processor_core_hours", 0.0)
        also = f", and {amount(beside)} core-hours of a processor for jobs that use no GPU" if beside >= 1 else ""
        lines.append(f"or {_hours(elsewhere)}, {_energy(elsewhere)} ({elsewhere['basis']}){also}")
    kinds = ", ".join(f"{_FILES.get(kind, kind)} {size(count)}" for kind, count in disk["by_kind"].items())
    scratch = disk["scratch_bytes"]
    more = f", and {size(scratch)} of checkpoints while a training runs" if scratch else ""
    lines.append(f"disk: {size(disk['keeps_bytes'])}{f' ({kinds})' if kinds else ''}{more}")
    sizes = {
        name: "of a size not known" if count is None else size(count) for name, count in disk["data_bytes"].items()
    }
    data = ", ".join(f"{name} {count}" for name, count in sizes.items())
    return lines + ([f"data, in addition: {data}"] if data else [])


def _arrays(slurm: Document | None) -> list[str]:
    """Say what a run would hand to Slurm."""
    if slurm is None:
        return []
    lines = [
        f"step {one['step']}: {one['jobs']} job{'s' if one['jobs'] > 1 else ''} ({one['labels'][0]}"
        f"{', ...' if one['jobs'] > 1 else ''}), each {one['says']}; about {amount(one['hours'])} {slurm['unit']}, "
        f"{amount(one['hours_asked'])} asked for"
        for one in slurm["arrays"]
    ]
    if slurm["here"]:
        lines.append(f"in the driver itself: {len(slurm['here'])} jobs that need no torch")
    whole = sum(one["jobs"] for one in slurm["arrays"])
    hours, asked = (amount(sum(one[name] for one in slurm["arrays"])) for name in ("hours", "hours_asked"))
    lines.append(
        f"Slurm would get {whole} jobs in {len(slurm['arrays'])} arrays, at most {slurm['jobs_at_once']} at once: "
        f"about {hours} {slurm['unit']}, {asked} asked for; nothing was submitted"
    )
    return lines


_FILES = {"train": "weights", "evaluate": "predictions", "ensemble": "mean predictions", "pixels": "mean images",
          "vocabulary": "vocabularies", "encode": "codes", "fit": "classifiers", "classify": "scores"}  # fmt: skip


def _hours(cost: Document) -> str:
    unit = "GPU-hours" if cost["core_hours"] is None else "core-hours"
    hours = cost["gpu_hours"] if cost["core_hours"] is None else cost["core_hours"]
    return f"{amount(hours)} {unit}"


def _energy(cost: Document) -> str:
    if cost["kwh"] is None:
        return f"kWh not known ({cost['power_basis']})"
    return f"{amount(cost['kwh'])} kWh {cost['power_basis']}"


def amount(value: float) -> str:
    """Format a number with three significant digits, without an exponent.

    >>> amount(1234.5), amount(0.01234)
    ('1,234', '0.0123')
    """
    return f"{value:,.0f}" if value >= 100 else f"{float(f'{value:.3g}'):g}"
