"""The errors a user can meet, each with the exit code that scripts rely on.

HarnessError            1   internal, never expected
├── Unsound             1   a store, a result or a machine that was checked and is not to be trusted
├── UsageError          2   a wrong argument
│   └── SuiteError      2   a suite file that cannot be used; one line for each fault
├── DataMissing         4   a data set is not where it was looked for
├── DeviceMissing       5   the device asked for is not there
├── JobFailed           6   a job ended without a result
│   └── OutOfMemory     6   for want of memory
├── BaselineMissing     7   nothing to compare with
└── Interrupted   130/143   a signal asked the run to stop
"""

from __future__ import annotations

REGRESSION_EXIT = 3


class HarnessError(Exception):
    """Something the user should read as one message; `exit_code` is what the process ends with."""

    exit_code = 1


class Unsound(HarnessError):
    """What was to be checked was, and is not sound; what is wrong has been said, or stands in the message."""


class UsageError(HarnessError):
    """An argument that cannot be honoured."""

    exit_code = 2


class SuiteError(UsageError):
    """A suite file with faults; `faults` holds one `FILE:LINE:COL: key.path: message` line each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class DataMissing(HarnessError):
    """A data set that is not on disk; the message says what was looked for, where, and what would mend it."""

    exit_code = 4


class DeviceMissing(HarnessError):
    """The device asked for is not on this machine."""

    exit_code = 5


class JobFailed(HarnessError):
    """A job that ended without a result."""

    exit_code = 6


class OutOfMemory(JobFailed):
    """A job that needed more memory than there is; the message says what needs less."""


class BaselineMissing(HarnessError):
    """There is no baseline to compare with."""

    exit_code = 7


class Interrupted(HarnessError):
    """A signal asked the run to stop; what was done is saved."""

    def __init__(self, signal_number: int, message: str) -> None:
        self.exit_code = 128 + signal_number
        super().__init__(message)

    def __reduce__(self) -> tuple[type[Interrupted], tuple[int, str]]:
        """How it goes from one process to another."""
        return Interrupted, (self.exit_code - 128, str(self))
