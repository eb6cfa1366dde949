"""The code of a job whose spec, or whose inputs, name what other packages add.

Where no package adds anything, which is told without reading a suite, nothing more is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from harness.machine.entry_points import entries, using
from harness.store.store import JobFolder

Spec = Mapping[str, Any]


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
