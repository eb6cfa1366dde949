"""Which jobs of a store are meant: by suite and scale, or by key with what each was made from."""

from __future__ import annotations

from pathlib import Path

import pytest
from filled_store import folder_of
from suite_files import TABLE1

from harness.errors import HarnessError, UsageError
from harness.plan.graph import Plan
from harness.plan.stored_jobs import (
    declarations_of,
    finished_of_keys,
    finished_of_suite,
    named_scales,
    timed_on,
    wanted_folders,
)
from harness.run.execute import written
from harness.store.declarations import declaration_path
from harness.store.store import Store
from harness.suite.shipped import shipped_suites


def test_a_suite_means_its_finished_jobs(store: Store, plan: Plan) -> None:
    """At one scale, or at all; another scale's are none of them."""
    folder_of(store, plan, "evaluate").result.unlink()
    finished = {path for path in store.root.glob("*-*") if (path / "result.json").exists()}
    for scale in ("ci", None):
        assert {job.path for job in finished_of_suite(store, str(TABLE1), scale)} == finished
    assert finished_of_suite(store, str(TABLE1), "small") == []


def test_a_key_means_its_job_and_what_it_was_made_from(store: Store, plan: Plan) -> None:
    """Down to the pixels, each once."""
    test = folder_of(store, plan, "evaluate", 1)
    found = finished_of_keys(store, [test.path.name.rpartition("-")[2], test.path.name])
    assert {job.path for job in found} == {
        test.path,
        folder_of(store, plan, "train", 1).path,
        folder_of(store, plan, "pixels").path,
    }
    assert len(found) == 3


def test_no_key_means_every_finished_job(store: Store, plan: Plan) -> None:
    """And no unfinished one."""
    folder_of(store, plan, "evaluate").result.unlink()
    assert len(finished_of_keys(store, [])) == len(plan.jobs) - 1


def test_an_unfinished_job_and_a_lost_input_are_told(store: Store, plan: Plan) -> None:
    """Neither can be carried elsewhere."""
    test = folder_of(store, plan, "evaluate")
    folder_of(store, plan, "train").path.rename(store.root / "away")
    with pytest.raises(HarnessError, match="which is not beside it"):
        finished_of_keys(store, [test.path.name])
    test.result.unlink()
    with pytest.raises(UsageError, match="only finished jobs are exported"):
        finished_of_keys(store, [test.path.name])


def test_declarations_are_those_of_the_suite(store: Store) -> None:
    """Or all, where no suite is named."""
    path = declaration_path(store, "alexnet", "table1", "ci")
    other = declaration_path(store, "alexnet", "mytable1", "ci")
    other.write_bytes(b"of another suite")
    assert declarations_of(store, str(TABLE1), "ci") == declarations_of(store, str(TABLE1), None) == [path]
    assert declarations_of(store, str(TABLE1), "small") == []
    assert declarations_of(store, None, None) == [other, path]


def test_timings_of_every_device_are_wanted() -> None:
    """A store that several machines share holds what each of them timed."""
    timing = shipped_suites() / "timing.yaml"
    outline, scales = named_scales(str(timing))
    jobs = [job for job in outline.plan(scales[0]).jobs.values() if "device_name" in job.spec]
    there = {Store(Path()).folder(job.kind, job.on("GPU 9000").key).path.name for job in jobs}
    assert there
    assert there <= wanted_folders([str(timing)], ["", "GPU 9000"])


def test_a_report_shows_the_timings_that_there_are(tmp_path: Path) -> None:
    """This machine's before all others; merged ones where it has none."""
    outline, (scale, *_) = named_scales(str(shipped_suites() / "timing.yaml"))
    store = Store(tmp_path / "runs")
    assert timed_on(outline, scale, store, "here") == "here"
    timed = [job for job in outline.plan(scale).jobs.values() if "device_name" in job.spec]
    for device, count in (("GPU 2", len(timed)), ("GPU 1", 1), ("here", 1)):
        for job in timed[:count]:
            written(store, job.on(device))
            assert timed_on(outline, scale, store, "here") in ("here", "GPU 2")
            store.folder(job.kind, job.on(device).key).result.touch()
        assert timed_on(outline, scale, store, "here") == ("here" if device == "here" else "GPU 2")
    assert timed_on(outline, scale, store, "elsewhere") == "GPU 2"


def test_a_suite_that_times_nothing_is_of_this_machine(store: Store) -> None:
    """Whatever else lies in the store."""
    outline, (scale, *_) = named_scales(f"{TABLE1}:ci")
    assert timed_on(outline, scale, store, "here") == "here"
