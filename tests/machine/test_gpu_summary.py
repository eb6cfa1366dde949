"""Summaries of GPU readings: known sums, two sources of energy, and series of bounded length."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.machine.gpu_summary import ROWS, Tally, joined, shared_among, thinned
from harness.machine.nvml import Reading


def tallied(*readings: Reading) -> dict[str, Any]:
    """Return the summary of some readings, after a round trip through JSON."""
    tally = Tally()
    for reading in readings:
        tally.add(reading)
    found = tally.summary()
    assert found is not None
    return dict(json.loads(json.dumps(found, allow_nan=False)))


def session(*readings: Reading, **about: Any) -> dict[str, Any]:
    """Return a session of a job as the sampler writes it."""
    return {"gpus": ["NVIDIA H200"], "interval_s": 1.0, "shared": False, "ended": None, **tallied(*readings), **about}


def test_energy_is_what_the_counter_went_on_by() -> None:
    """The power at the moments of reading does not matter."""
    found = tallied(Reading(5.0, 100.0, 1000.0), Reading(7.0, 100.0, 1500.0), Reading(9.0, 100.0, 2200.0))
    assert (found["energy_j"], found["energy_from"]) == (1200.0, "energy counter of the GPU")
    assert (found["measured_s"], found["samples"]) == (4.0, 3)


def test_without_a_counter_power_is_integrated() -> None:
    """The trapezia are 2 s at 150 W and 1 s at 250 W."""
    found = tallied(Reading(0.0, 100.0), Reading(2.0, 200.0), Reading(3.0, 300.0))
    assert (found["energy_j"], found["energy_from"]) == (550.0, "power integrated over time")
    assert found["mean_power_w"] == pytest.approx(550 / 3, abs=0.05)
    assert found["max_power_w"] == 300.0


def test_a_counter_that_runs_backwards_is_not_believed() -> None:
    """The driver was reloaded."""
    found = tallied(Reading(0.0, 100.0, 900.0), Reading(1.0, 100.0, 5.0), Reading(2.0, 100.0, 105.0))
    assert (found["energy_j"], found["energy_from"]) == (200.0, "power integrated over time")


def test_a_counter_that_stands_still_is_not_zero_joules() -> None:
    """A short job may end before the counter is updated."""
    found = tallied(Reading(0.0, 100.0, 7.0), Reading(0.05, 100.0, 7.0))
    assert found["energy_j"] == 5.0


@pytest.mark.parametrize("readings", [[Reading(0.0, memory_bytes=1)], [Reading(0.0, 100.0)], [Reading(0.0, None, 7.0)]])
def test_energy_that_cannot_be_known_is_null(readings: list[Reading]) -> None:
    """A single reading spans no time, and memory gives no power."""
    found = tallied(*readings)
    assert (found["energy_j"], found["energy_from"]) == (None, None)


def test_a_gap_in_power_is_not_bridged() -> None:
    """The gap counts neither as 0 W nor as the mean of its ends."""
    found = tallied(Reading(0.0, 100.0), Reading(1.0, 100.0), Reading(2.0, memory_bytes=1), Reading(3.0, 100.0))
    assert found["energy_j"] == 100.0
    assert found["mean_power_w"] == 100.0


def test_peaks_and_means_are_those_of_what_was_said() -> None:
    """A reading without one value counts for the other values."""
    found = tallied(
        Reading(0.0, utilisation_percent=40, memory_bytes=10, clock_mhz=1000, temperature_c=50),
        Reading(1.0, utilisation_percent=80, memory_bytes=30, clock_mhz=None, temperature_c=70),
        Reading(2.0, utilisation_percent=None, memory_bytes=20, clock_mhz=2000, temperature_c=60),
    )
    assert (found["mean_utilisation_percent"], found["mean_clock_mhz"]) == (60.0, 1500.0)
    assert (found["peak_memory_bytes"], found["max_temperature_c"]) == (30, 70)


def test_throttled_seconds_are_counted_once_and_by_reason() -> None:
    """Two reasons at once are counted as one time."""
    seen = (0.0, ()), (1.0, ("power limit", "heat (hardware)")), (3.0, ("power limit",)), (4.0, ())
    found = tallied(*(Reading(time_s, slowed_by=frozenset(reasons)) for time_s, reasons in seen))
    assert found["throttled_s"] == 3.0
    assert found["throttled_by"] == {"heat (hardware)": 1.0, "power limit": 3.0}


def test_a_gpu_that_does_not_tell_of_throttling_has_none_told() -> None:
    """Unknown throttling differs from no throttling."""
    assert tallied(Reading(0.0, 1.0), Reading(1.0, 1.0))["throttled_s"] is None
    assert tallied(Reading(0.0, slowed_by=frozenset()), Reading(1.0, slowed_by=frozenset()))["throttled_s"] == 0.0


def test_empty_readings_count_for_nothing() -> None:
    """A driver that is gone adds no time."""
    found = tallied(Reading(0.0, 100.0), Reading(1.0, 100.0), Reading(2.0), Reading(3.0))
    assert (found["samples"], found["measured_s"], found["energy_j"]) == (2, 1.0, 100.0)


def test_nothing_read_is_no_summary() -> None:
    """The summary is None, not zeros."""
    tally = Tally()
    tally.add(Reading(0.0))
    assert tally.summary() is None


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1, 5000])
def test_a_series_stays_short_and_keeps_means_and_peaks(count: int) -> None:
    """The length of the job does not matter."""
    tally = Tally()
    for second in range(count):
        tally.add(Reading(float(second), 100.0, memory_bytes=7 if second == count // 2 else 1))
    summary = tally.summary()
    assert summary is not None
    rows = summary["series"]["rows"]
    assert ROWS / 2 - 1 <= len(rows) <= ROWS or len(rows) == count
    assert len(tally.rows) <= 8 * ROWS
    assert {row[1] for row in rows} == {100.0}
    assert max(row[3] for row in rows) == 7
    assert rows[0][0] <= rows[-1][0] < count


def test_rows_taken_together_ignore_what_one_lacks() -> None:
    """Time and power are means, memory the larger value."""
    assert thinned([[0.0, 10.0, None, 1, None, None], [2.0, None, None, 3, None, None]], 1) == [
        [1.0, 10.0, None, 3, None, None]
    ]


def test_a_job_in_two_processes_is_one() -> None:
    """Sums add up, means are weighted by time, and the second series starts where the first ended."""
    first = session(Reading(0.0, 100.0, 10.0, memory_bytes=5), Reading(1.0, 100.0, 110.0, memory_bytes=9))
    second = session(Reading(0.0, 200.0), Reading(3.0, 200.0), shared=True, ended="NVML: GPU is lost")
    found = joined([first, second])
    assert found is not None
    assert (found["energy_j"], found["measured_s"], found["samples"]) == (700.0, 4.0, 4)
    assert (found["mean_power_w"], found["max_power_w"], found["peak_memory_bytes"]) == (175.0, 200.0, 9)
    assert found["energy_from"] == "energy counter of the GPU; power integrated over time"
    assert (found["shared"], found["ended"], found["gpus"]) == (True, "NVML: GPU is lost", ["NVIDIA H200"])
    assert [row[0] for row in found["series"]["rows"]] == [0.0, 1.0, 1.0, 4.0]


def test_what_no_process_measured_is_unknown() -> None:
    """Its sum is unknown too."""
    found = joined([session(Reading(0.0, memory_bytes=1)), session(Reading(0.0, memory_bytes=1))])
    assert found is not None
    assert (found["energy_j"], found["energy_from"], found["throttled_s"], found["mean_power_w"]) == (None,) * 4
    assert joined([]) is None


def test_jobs_that_shared_a_gpu_have_equal_parts_of_its_energy() -> None:
    """So that the sum over jobs is that of the GPU; its power stays its own, and what is unknown stays unknown."""
    whole = session(Reading(0.0, 100.0, 900.0), Reading(4.0, 100.0, 1300.0))
    part = shared_among(whole, 8)
    assert (part["energy_j"], part["energy_from"]) == (50.0, "energy counter of the GPU, 1/8 of it")
    assert part["mean_power_w"] == whole["mean_power_w"]
    assert shared_among(whole, 1) == whole
    unknown = session(Reading(0.0, memory_bytes=1))
    assert shared_among(unknown, 8) == unknown
