"""Selects jobs in a store by suite or by key, with their inputs."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from harness.errors import HarnessError, UsageError
from harness.plan.outline import Outline, outline_of
from harness.store.inventory import contents, with_key
from harness.store.store import JobFolder, Store
from harness.suite.shipped import suite_path
from harness.vocabulary import SCALES, ScaleName


def finished_of_suite(store: Store, suite: str, scale: str | None) -> list[JobFolder]:
    """List the finished jobs that a suite wants, at one scale or at all of them."""
    wanted = wanted_in(store, [suite if scale is None else f"{suite}:{scale}"])
    return [job for job in contents(store).jobs if job.path.name in wanted and job.result.exists()]


def finished_of_keys(store: Store, keys: Iterable[str]) -> list[JobFolder]:
    """List the finished jobs of these keys, or all there are where none is named, with their inputs.

    Raises UsageError where a key is that of no finished job.
    """
    named = [with_key(store, key) for key in keys]
    if unfinished := [job.path.name for job in named if not job.result.exists()]:
        raise UsageError(f"{unfinished[0]} has no result yet, and only finished jobs are exported")
    if not named:
        return [job for job in contents(store).jobs if job.result.exists()]
    found: dict[Path, JobFolder] = {}
    while named:
        job = named.pop()
        if job.path not in found:
            found[job.path] = job
            named += [job.sibling(key) for key in job.read_job()["inputs"].values()]
    return list(found.values())


def declarations_of(store: Store, suite: str | None, scale: str | None) -> list[Path]:
    """List the declarations from before first results: of one suite, at one scale, or all there are."""
    if suite is None:
        return sorted(store.declarations.glob("*.json"))
    name = named_scales(suite if scale is None else f"{suite}:{scale}")[0].name
    return sorted(store.declarations.glob(f"*-{name}-{scale or '*'}.json"))


def wanted_in(store: Store, names: Iterable[str]) -> set[str]:
    """Name the job folders that suites want of a store, each suite given as `SUITE` or `SUITE:SCALE`.

    Raises UsageError for a store, suite or scale that is not there, SuiteError for a faulty suite.
    """
    return wanted_folders(names, devices_of(contents(store).jobs))


def wanted_folders(names: Iterable[str], devices: Iterable[str]) -> set[str]:
    """Name the directories of every job that these suites want, timed ones on every one of the devices."""
    wanted: set[str] = set()
    for outline, scales in map(named_scales, names):
        for plan in (outline.plan(scale, device) for scale in scales for device in devices):
            wanted |= {Store(Path()).folder(job.kind, key).path.name for key, job in plan.jobs.items()}
    return wanted


def named_scales(name: str) -> tuple[Outline, tuple[ScaleName, ...]]:
    """Look up `SUITE` or `SUITE:SCALE`; raises UsageError where there is no such suite or scale."""
    suite, _, scale = name.rpartition(":")
    if not suite or scale not in SCALES:
        outline = outline_of(suite_path(name))
        return outline, outline.scales
    outline = outline_of(suite_path(suite))
    if scale not in outline.scales:
        raise UsageError(f"{outline.path} has no scale {scale!r}; it has {', '.join(outline.scales)}")
    return outline, tuple(one for one in outline.scales if one == scale)


def devices_of(jobs: Iterable[JobFolder]) -> set[str]:
    """Name the devices that the timing jobs of a store ran on; an empty name stands for the jobs that time nothing."""
    found = {""}
    for job in jobs:
        with suppress(HarnessError, FileNotFoundError, KeyError, TypeError):
            found.add(str(job.read_job()["spec"]["device_name"]))
    return found


def timed_on(outline: Outline, scale: ScaleName, store: Store, here: str) -> str:
    """Name the device whose timings a report shows: this one where the store has any of them, else that with most."""
    timed = [job for job in outline.plan(scale, here).jobs.values() if "device_name" in job.spec]
    if not timed or not store.root.is_dir():
        return here
    devices = [here, *sorted(devices_of(contents(store).jobs) - {here, ""})]
    found = {
        device: sum(store.folder(job.kind, job.on(device).key).result.exists() for job in timed) for device in devices
    }
    return here if found[here] else max(devices, key=lambda device: found[device])
