"""The names in suites and in specs of jobs to which other packages may give a meaning, and the code that this adds.

Where no package adds anything, which is told without reading a suite, nothing more is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from harness.machine.entry_points import Group, entries, using
from harness.store.store import JobFolder

Spec = Mapping[str, Any]


def named_in(data: Any, key: str = "") -> Iterator[tuple[Group, str]]:
    """Every name in a suite, or in the spec of a job, that may be of a registry; `key` is what the data stand under."""
    if isinstance(data, list):
        for one in data:
            yield from named_in(one, key)
    elif isinstance(data, dict):
        for below, value in data.items():
            yield from _named(below, value, key)
            yield from named_in(value, below)


def _named(key: object, value: object, above: str) -> Iterator[tuple[Group, str]]:
    match key, value:
        case "name", str():
            yield ("datasets" if above == "data" else "models"), value
        case "data", str():
            yield "datasets", value
        case "what", str():
            yield "measures", value
            yield "inspections", value


def specs_with(spec: Spec, inputs: Iterable[JobFolder]) -> list[Spec]:
    """The spec of a job and those of the jobs that it builds on; none are read where no package adds anything."""
    if not entries():
        return []
    return [spec, *(folder.read_job()["spec"] for folder in inputs if folder.job.exists())]


def extended(*specs: Spec) -> AbstractContextManager[None]:
    """Within it, the code is that of a job with one of these specs that builds on jobs with the others.

    Raises UsageError for a name that stands for two things.
    """
    if not entries():
        return using(())
    from harness.jobs.extensions import named_entries  # noqa: PLC0415 - pydantic, and every registry

    return using(named_entries(*specs))
