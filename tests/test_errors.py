"""Errors that a user can meet, and their exit codes."""

from __future__ import annotations

import signal

import pytest

from harness import errors


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("HarnessError", 1),
        ("Unsound", 1),
        ("UsageError", 2),
        ("SuiteError", 2),
        ("DataMissing", 4),
        ("DeviceMissing", 5),
        ("JobFailed", 6),
        ("BaselineMissing", 7),
    ],
)
def test_exit_codes_are_those_that_scripts_rely_on(name: str, code: int) -> None:
    """Exit codes never change."""
    assert getattr(errors, name).exit_code == code


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_ends_as_the_signal_would(number: int, code: int) -> None:
    """The exit code is 128 plus the signal's number."""
    assert errors.Interrupted(number, "stopped").exit_code == code


def test_a_suite_error_is_its_faults_line_by_line() -> None:
    """The message has one line per fault, and `faults` keeps them apart."""
    error = errors.SuiteError(["a:1:1: x", "a:2:1: y"])
    assert (str(error), error.faults) == ("a:1:1: x\na:2:1: y", ["a:1:1: x", "a:2:1: y"])


SHARED = (errors.SuiteError, errors.Unsound, errors.OutOfMemory, errors.Interrupted)


def test_no_two_kinds_of_trouble_share_a_code() -> None:
    """Exceptions are the two usage errors, the two kinds of failed job, and faults found by a check."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.HarnessError)]
    codes = [kind.exit_code for kind in kinds if kind not in SHARED]
    assert len(codes) == len({*codes, errors.REGRESSION_EXIT}) - 1
