"""The errors that a user can meet, each with the exit code that scripts rely on.

HarnessError            1   internal, never expected
├── Unsound             1   a check found a fault in a store, a result or a machine
├── UsageError          2   a wrong argument
│   └── SuiteError      2   a suite file with faults; one line for each
├── DataMissing         4   a data set is not on disk
├── DeviceMissing       5   the requested device is not on this machine
├── JobFailed           6   a job ended without a result
│   └── OutOfMemory     6   a job ran out of memory
├── BaselineMissing     7   there is nothing to compare with
└── Interrupted   130/143   a signal asked the run to stop
"""

from __future__ import annotations

REGRESSION_EXIT = 3


class HarnessError(Exception):
    """An error that the user reads as one message; the process exits with `exit_code`."""

    exit_code = 1


class Unsound(HarnessError):
    """A check found a fault; the message, or output before it, describes the fault."""


class UsageError(HarnessError):
    """An argument that is invalid or cannot be satisfied."""

    exit_code = 2


class SuiteError(UsageError):
    """A suite file with faults; `faults` holds one `FILE:LINE:COL: key.path: message` line each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class DataMissing(HarnessError):
    """A data set is not on disk; the message names the set, the places searched, and the remedy."""

    exit_code = 4


class DeviceMissing(HarnessError):
    """The requested device is not on this machine."""

    exit_code = 5


class JobFailed(HarnessError):
    """A job ended without a result."""

    exit_code = 6


class OutOfMemory(JobFailed):
    """A job needed more memory than there is; the message says how to use less."""


class BaselineMissing(HarnessError):
    """There is no baseline to compare with."""

    exit_code = 7


class Interrupted(HarnessError):
    """A signal asked the run to stop; finished work is saved."""

    def __init__(self, signal_number: int, message: str) -> None:
        self.exit_code = 128 + signal_number
        super().__init__(message)

    def __reduce__(self) -> tuple[type[Interrupted], tuple[int, str]]:
        """Support pickling, which carries the error from one process to another."""
        return Interrupted, (self.exit_code - 128, str(self))
