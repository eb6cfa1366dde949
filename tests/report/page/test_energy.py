"""Cost on the page: units that people read, a line of power over time, and "not measured" where it was not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from result_documents import blank_results, typed

from harness.report.page.energy import energy, gibibytes, measured_gpu, power_drawn, watts
from harness.report.page.render import render

SAMPLES = Path(__file__).parent.parent.parent / "samples"


def sample() -> tuple[dict[str, Any], dict[str, Any]]:
    """The results and curves of the sample that has telemetry."""
    return tuple(json.loads((SAMPLES / f"paper_{kind}.json").read_text("utf-8")) for kind in ("results", "curves"))  # type: ignore[return-value]


def gpu() -> dict[str, Any]:
    """Its telemetry."""
    return dict(sample()[0]["costs"][0]["gpu"])


def section(results: dict[str, Any]) -> str:
    """The page's section on cost, its tags left out."""
    page = render(typed(results), sample()[1])
    part = page[page.index("<h3>Cost</h3>") : page.index("</section>", page.index("<h3>Cost</h3>"))]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", part))


@pytest.mark.parametrize(
    ("joules", "text"),
    [
        (None, "not measured"),
        (3.6e6, "1 kWh"),
        (2.61e8, "72.5 kWh"),
        (36_000.0, "0.01 kWh"),
        (35_000.0, "35,000 J"),
        (12.5, "12.5 J"),
    ],
)
def test_energy_is_in_the_unit_that_suits_it(joules: float | None, text: str) -> None:
    """And never 0 for want of a number."""
    assert energy(joules) == text


def test_time_adds_up_over_kinds() -> None:
    """And nothing else does."""
    cost = blank_results()["cost"] | {"train_s": 5.0, "evaluate_s": 2, "energy_j": 9.0, "finished_at": "x"}
    assert typed(blank_results(cost=cost)).cost.seconds == 7.0


def test_power_and_memory_are_said_or_dashed() -> None:
    """Where the GPU told them."""
    assert watts({"mean_power_w": 589.6, "max_power_w": 600.0}) == "590 W, at most 600 W"
    assert watts({"mean_power_w": 589.6, "max_power_w": None}) == "590 W"
    assert watts({"mean_power_w": None, "max_power_w": None}) == watts(None) == gibibytes(None) == "\N{EM DASH}"
    assert gibibytes(3 * 2**29) == "1.5 GiB"


def test_power_over_time_is_one_line_from_zero_to_the_largest() -> None:
    """Three moments, the last at full power."""
    columns = ["time_s", "power_w", "utilisation_percent", "memory_bytes", "clock_mhz", "temperature_c"]
    rows = [[time, power, None, None, None, None] for time, power in ((0, 0), (5, 200), (7, None), (10, 400))]
    drawn = power_drawn({"series": {"columns": columns, "rows": rows}})
    assert drawn is not None
    assert 'points="0.0,22.0 60.0,11.0 120.0,0.0"' in drawn
    assert 'aria-label="Power over time, 0 to 400 W"' in drawn


def test_one_moment_is_no_line() -> None:
    """Nor is none."""
    assert power_drawn(None) is None
    assert power_drawn(gpu() | {"series": gpu()["series"] | {"rows": gpu()["series"]["rows"][:1]}}) is None


def test_the_page_tells_each_experiment() -> None:
    """Its energy, how it was had, and of how many jobs."""
    text = section(sample()[0])
    for part in (
        "1 of 7 jobs, 11 min",
        "by energy counter of the GPU, every 1 s",
        "590 W, at most 600 W",
        "27.9 GiB",
        "91%",
        "71 °C",
        "power limit",
        "NVIDIA H200",
        "1 shared",
    ):
        assert part in text


def test_what_was_not_measured_says_so() -> None:
    """In the sum and for each experiment."""
    results = sample()[0]
    results["cost"]["energy_j"] = None
    results["costs"] = [row | {"gpu": None} for row in results["costs"]]
    assert section(results).count("not measured") == 1 + len(results["costs"])
    assert "0 J" not in section(results)


def test_a_report_of_an_earlier_version_has_no_experiments_there() -> None:
    """And shows the rest."""
    results = sample()[0]
    del results["costs"]
    assert "By experiment" not in section(results)


@pytest.mark.parametrize("odd", [{}, {"series": {}}])
def test_telemetry_in_another_form_is_not_measured(odd: Any) -> None:
    """The page is written all the same."""
    results = sample()[0]
    results["costs"][0]["gpu"] = odd
    assert measured_gpu(odd) is None
    assert "not measured" in section(results)


@pytest.mark.parametrize("name", sorted(gpu()))
def test_any_part_in_another_form_makes_it_not_measured(name: str) -> None:
    """No half of it is shown."""
    assert measured_gpu(gpu() | {name: object()}) is None
    assert measured_gpu({key: value for key, value in gpu().items() if key != name}) is None
