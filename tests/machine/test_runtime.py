"""Runtime settings: where and how fast jobs run, never their results."""

from __future__ import annotations

import dataclasses
import os

import pytest

from harness.machine.runtime import Runtime, cores


def test_cores_are_those_this_process_may_use() -> None:
    """A container may have fewer than the machine."""
    assert 1 <= cores() <= os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be bound to cores here")
def test_a_process_bound_to_one_core_has_one() -> None:
    """The number of the machine's cores does not matter."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, before)


def test_by_default_every_core_works_on_whatever_device_there_is() -> None:
    """A kill costs at most a minute of work."""
    runtime = Runtime()
    assert (runtime.device, runtime.threads, runtime.checkpoint_every_s) == ("auto", cores(), 60.0)
    assert not runtime.resume_elsewhere


def test_settings_cannot_be_changed_on_the_way() -> None:
    """All jobs of a run have the same settings."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Runtime().threads = 2
