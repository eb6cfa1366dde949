"""Tests of the `measure` job: its result, its seed and its device."""

import io
import json

import pytest
from measure_specs import SHARED, SPECS, parsed
from pydantic import ValidationError

from harness.jobs.measures import MEASURES
from harness.jobs.measures.job import measure_quantities
from harness.jobs.work import Work
from harness.machine.environment import clocked_device
from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.stop_signal import StopSignal
from harness.store.store import JobFolder, write_json


def job(tmp_path, spec):
    """Run a job with this spec and return its result."""
    runtime = Runtime(device="cpu", threads=1)
    return measure_quantities(Work(spec, JobFolder(tmp_path), {}, runtime, Progress(io.StringIO()), StopSignal()))


def test_a_counted_result_has_its_numbers_and_no_machine(tmp_path):
    """A counted result has its numbers and no environment, because it is the same everywhere."""
    result = job(tmp_path, {"what": "arithmetic", **SPECS["arithmetic"], "splits": []})
    assert result["values"] == {"difference": pytest.approx(1.72)}
    assert (result["outcome"], result["data"], result["marks"], result["environment"]) == ("done", [], [], {})
    assert result["cost"]["seconds"] >= 0


def test_a_measured_result_depends_on_its_seed_and_names_its_device(tmp_path):
    """A measured result depends on its seed and names its device."""
    results = [job(tmp_path, {"what": "propagation", **SPECS["propagation"], "seed": seed}) for seed in (0, 0, 1)]
    assert results[0]["values"] == results[1]["values"] != results[2]["values"]
    assert results[0]["environment"]["device"] == "cpu"


def test_an_unknown_key_of_a_spec_is_refused(tmp_path):
    """An unknown key in a spec is refused, so a job of another version is not misread."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        job(tmp_path, {"what": "units", "of": "prelu", "times": 2})


@pytest.mark.parametrize("what", sorted(SPECS.keys() - SHARED))
def test_a_job_read_from_its_file_yields_the_quantities_that_were_planned(tmp_path, what):
    """A job read from its file yields the planned quantities, although keys are sorted there."""
    planned = parsed(what).model_dump(mode="json")
    planned |= {"device_name": clocked_device("cpu", 1)} if MEASURES[what].timed else {}
    planned |= {"seed": 0} if MEASURES[what].random else {}
    write_json(tmp_path / "job.json", planned)
    result = job(tmp_path, json.loads((tmp_path / "job.json").read_text()))
    assert result["values"].keys() == parsed(what).quantities().keys()
