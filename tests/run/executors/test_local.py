"""The executor of a single machine."""

import errno
import json
import os
import signal
import time
from dataclasses import replace

import pytest
import torch
from fake_nvml import FakeNvml, metered
from tiny_suites import tiny_world

from harness.errors import DeviceMissing, Interrupted, JobFailed, UsageError
from harness.jobs import JOBS, pixel_statistics
from harness.machine import telemetry
from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.run.execute import written
from harness.run.executors import local
from harness.run.executors.local import Local
from harness.store.soundness import faults_of
from harness.store.store import JobFolder

CPU = Runtime(device="cpu", threads=1)


@pytest.fixture
def world(tmp_path):
    """A tiny suite with nothing done."""
    return tiny_world(tmp_path, subset={"classes": 10, "per_class": 40}, epochs=1)


def folder_of(world, kind):
    """The folder of a job of a kind."""
    return written(world.store, next(job for job in world.plan.jobs.values() if job.kind == kind))


@pytest.fixture
def folder(world):
    """Its measuring job, planned and not run."""
    return folder_of(world, "pixels")


@pytest.fixture
def fail(monkeypatch):
    """Make measuring jobs do something else."""

    def fail(error):
        def instead(_work):
            raise error

        monkeypatch.setattr(pixel_statistics, "measure_pixels", instead)

    return fail


def run(folder, runtime=CPU):
    """Run one job."""
    Local(runtime, Progress()).run(folder)


def test_every_kind_of_job_says_the_same_things(world):
    """What the store and the report read of every result."""
    world.run()
    for kind in ("pixels", "train", "evaluate"):
        result = world.result(kind)
        assert result["kind"] == kind
        assert {"key", "code", "outcome", "values", "data", "marks", "cost", "outputs", "seal"} <= result.keys()
        assert {"seconds", "finished_at"} <= result["cost"].keys()


def test_a_long_training_is_set_against_the_matrix_peak(world, monkeypatch):
    """A short one is not, for that would cost more than it tells; nothing else is."""
    world.run()
    assert "matrix_peak_flop_s" not in world.result("train")["cost"]
    monkeypatch.setattr(local, "LEAST_S", 0.0)
    training, pixels = (folder_of(world, kind) for kind in ("train", "pixels"))
    for one in (training, pixels):
        one.result.unlink()
        run(one)
    assert training.read_result()["cost"]["matrix_peak_flop_s"] > 1e8
    assert "matrix_peak_flop_s" not in pixels.read_result()["cost"]


def test_a_training_that_diverged_has_no_share_of_the_peak(world, monkeypatch):
    """It has not done its work, by which the share is reckoned."""
    monkeypatch.setattr(local, "LEAST_S", 0.0)
    result = {"outcome": "diverged", "cost": {"seconds": 20.0}, "environment": {"device": "cpu", "threads": 1}}
    Local(CPU, Progress())._set_against_peak(result, "fp32")
    assert result["cost"] == {"seconds": 20.0}


def test_a_peak_that_cannot_be_measured_is_told(world, monkeypatch):
    """The training counts all the same."""

    def short(*_):
        raise torch.cuda.OutOfMemoryError("none left")

    world.run()
    monkeypatch.setattr(local, "LEAST_S", 0.0)
    monkeypatch.setattr(local, "matrix_peak", short)
    training = folder_of(world, "train")
    training.result.unlink()
    run(training)
    assert "matrix_peak_flop_s" not in training.read_result()["cost"]
    assert "how fast matrices are multiplied is not measured (none left)" in training.log.read_text()


def test_a_finished_job_is_left_alone(folder, fail):
    """Another process may have done it in the meantime."""
    run(folder)
    before = folder.result.read_bytes()
    fail(ZeroDivisionError())
    run(folder)
    assert folder.result.read_bytes() == before


def test_an_unforeseen_failure_is_one_line_with_its_traceback_in_the_log(folder, fail):
    """The run goes on with other jobs; who wants to know more finds it all."""
    fail(ZeroDivisionError("first line\nsecond line"))
    with pytest.raises(JobFailed) as caught:
        run(folder)
    assert str(caught.value) == f"ZeroDivisionError: first line (see {folder.log})"
    assert "Traceback" in folder.log.read_text()
    assert not folder.result.exists()


def test_a_foreseen_failure_keeps_its_own_words(folder, fail):
    """The message of the job is the message of the failure."""
    fail(UsageError("the remedy"))
    with pytest.raises(JobFailed, match=r"^the remedy$"):
        run(folder)


def test_a_full_disk_is_told_in_one_line(folder, fail, monkeypatch):
    """Even where the log cannot be written either."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(local, "write_atomically", full)
    fail(OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(JobFailed, match="No space left on device"):
        run(folder)


def test_a_missing_device_is_no_failure_of_a_job(folder, monkeypatch):
    """It ends the run, with its own exit code, before any work is done."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceMissing):
        run(folder, Runtime(device="cuda"))


def test_the_log_keeps_what_earlier_attempts_said(folder, fail):
    """A job that failed, was mended and ran tells of both."""
    for word in ("first", "second"):
        fail(ZeroDivisionError(word))
        with pytest.raises(JobFailed):
            run(folder)
    assert folder.log.read_text().count("Traceback") == 2


def test_a_signal_in_the_last_moment_of_a_job_still_stops_the_run(folder, monkeypatch):
    """The job is done by then, and its result stays; the next one is not begun."""
    whole = Local._finish

    def finish(self, *arguments):
        os.kill(os.getpid(), signal.SIGTERM)
        whole(self, *arguments)

    monkeypatch.setattr(Local, "_finish", finish)
    with pytest.raises(Interrupted):
        run(folder)
    assert folder.read_result()["outcome"] == "done"


def test_a_folder_without_a_job_is_refused_and_left_as_it_was(tmp_path):
    """A wrong path must not gather lock files."""
    with pytest.raises(UsageError, match=r"holds no job\.json"):
        run(JobFolder(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", [{"spec": {}}, {"kind": "train"}, {"key": "0" * 64}, {"kind": "nothing"}])
def test_a_job_that_was_edited_is_refused(folder, change):
    """Its result would stand under a key that means something else."""
    folder.job.write_text(json.dumps({**folder.read_job(), **change}))
    with pytest.raises(UsageError, match="key does not fit"):
        run(folder)


def test_a_job_of_another_version_is_refused(folder, monkeypatch):
    """The same spec would mean something else."""
    monkeypatch.setitem(JOBS, "pixels", replace(JOBS["pixels"], version=JOBS["pixels"].version + 1))
    with pytest.raises(UsageError, match="another version"):
        run(folder)


def test_a_job_whose_input_is_unfinished_says_so(world):
    """Somebody ran `job` on the wrong directory first."""
    jobs = {job.kind: written(world.store, job) for job in world.plan.jobs.values()}
    with pytest.raises(JobFailed, match=r"pixels-\w+ has no result yet, and train-\w+ builds on it"):
        run(jobs["train"])


def test_two_processes_never_work_in_one_directory(folder):
    """The second is told, and does nothing."""
    with folder.locked(), pytest.raises(UsageError, match="another process is working on this job"):
        run(folder)
    assert not folder.result.exists()


def test_what_a_killed_process_was_writing_is_swept_away(folder):
    """Checkpoints are large; a hundred kills must not fill the disk."""
    left = folder.path / ".checkpoint.pt.x1y2z3"
    left.touch()
    run(folder)
    assert not left.exists()
    assert folder.job.exists()


def test_only_a_job_that_was_done_in_full_teaches_how_fast_this_machine_is(tmp_path):
    """A training that diverged at once, and its test that looked at nothing, would promise wonders."""
    world = tiny_world(tmp_path, subset={"classes": 10, "per_class": 40}, rate=1e6)
    world.run()
    assert world.result("train")["outcome"] == "diverged"
    assert not world.store.rates.exists()


def test_an_input_that_was_edited_is_refused(world):
    """The net of another spec would be tested as this one's."""
    world.run(kinds={"pixels", "train"})
    folder = world.folder("train")
    job = folder.read_job()
    job["spec"]["recipe"]["crop"] = 24
    folder.job.write_text(json.dumps(job))
    (reason,) = world.run().failed.values()
    assert "key does not fit" in reason


@pytest.fixture
def on_gpu(monkeypatch):
    """Measuring jobs say that they ran, a moment long, on a GPU that draws 300 W."""
    real = pixel_statistics.measure_pixels

    def measure(work):
        time.sleep(0.2)
        return {**real(work), "environment": {"device": "cuda", "instructions": "NVIDIA H200"}}

    monkeypatch.setattr(pixel_statistics, "measure_pixels", measure)
    monkeypatch.setattr(telemetry, "INTERVAL_S", 0.01)
    monkeypatch.setattr(telemetry, "nvml", lambda: FakeNvml(metered(300)))


def test_a_job_on_a_gpu_leaves_what_it_drew_with_its_cost(folder, on_gpu):
    """Beside its time, and nowhere else."""
    run(folder, Runtime(threads=1))
    result = folder.read_result()
    found = result["cost"]["telemetry"]
    assert found["energy_j"] == pytest.approx(300 * found["measured_s"], rel=0.05)
    assert found["measured_s"] >= 0.2
    assert faults_of(folder) == []
    assert not folder.telemetry.exists()


def test_a_job_that_shared_its_gpu_says_so_and_has_its_part_of_the_energy(folder, on_gpu):
    """With how many, and why; a job by itself says nothing of it."""
    run(folder, Runtime(threads=1, jobs=4, shared_gpus=2, why_jobs="2 on each GPU, for so many steps fill it"))
    found = folder.read_result()["cost"]
    assert {name: found[name] for name in found if name.startswith("jobs")} == {
        "jobs_at_once": 4,
        "jobs_a_gpu": 2,
        "jobs_because": "2 on each GPU, for so many steps fill it",
    }
    assert found["telemetry"]["energy_from"].endswith(", 1/2 of it")


def test_a_job_on_the_processor_has_no_telemetry(folder, monkeypatch):
    """A GPU that stands idle beside it is none of its business."""
    monkeypatch.setattr(telemetry, "nvml", lambda: FakeNvml(metered(300)))
    run(folder, Runtime(threads=1))
    assert folder.read_result()["cost"].keys() == {"seconds", "finished_at"}
    assert "energy" not in folder.log.read_text()


def test_a_gpu_that_is_not_measured_is_told_in_the_log(folder, on_gpu, monkeypatch):
    """With the reason; the result is whole without it."""
    monkeypatch.setattr(telemetry, "nvml", lambda: FakeNvml({"nvmlDeviceGetMigMode": [1, 1]}))
    run(folder, Runtime(threads=1))
    assert "telemetry" not in folder.read_result()["cost"]
    assert "energy is not measured (NVML: the GPU is partitioned)" in folder.log.read_text()


def test_a_stopped_job_keeps_what_it_drew_for_the_next_process(folder, on_gpu, monkeypatch):
    """Both count."""
    real = pixel_statistics.measure_pixels

    def stopped(_work):
        time.sleep(0.2)
        raise Interrupted(signal.SIGTERM, "stopped")

    monkeypatch.setattr(pixel_statistics, "measure_pixels", stopped)
    with pytest.raises(Interrupted):
        run(folder, Runtime(threads=1))
    monkeypatch.setattr(pixel_statistics, "measure_pixels", real)
    run(folder, Runtime(threads=1))
    found = folder.read_result()["cost"]["telemetry"]
    assert found["measured_s"] >= 0.4
    assert found["energy_j"] == pytest.approx(300 * found["measured_s"], rel=0.05)
