"""Names the job whose result does not fit the records that a report makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from harness.errors import HarnessError
from harness.plan.job import Job
from harness.report.results.faults import first_fault
from harness.store.store import KEY_LETTERS


@contextmanager
def fitting(job: Job) -> Iterator[None]:
    """Turn the fault of a record that is made from the result of a job into a HarnessError with job and field."""
    try:
        yield
    except ValidationError as error:
        raise HarnessError(
            f"the result of {job.label} does not fit a report: {first_fault(error)}; "
            f"move {job.kind}-{job.key[:KEY_LETTERS]} in the store away to run it again"
        ) from None
