"""Runs jobs one after another in this process, so that torch is imported once."""

from __future__ import annotations

import sys
import traceback
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from harness.errors import DeviceMissing, HarnessError, Interrupted, JobFailed, OutOfMemory, UsageError
from harness.jobs import JOBS
from harness.jobs.code import code_digest
from harness.jobs.named import extended, specs_with
from harness.jobs.work import Work
from harness.machine.collector import modules_spared
from harness.machine.entry_points import in_use, versions
from harness.machine.environment import environment
from harness.machine.gpu_summary import shared_among
from harness.machine.memory import is_out_of_memory
from harness.machine.runtime import Runtime
from harness.machine.telemetry import Sampler, sampled
from harness.plan.job import Job
from harness.plan.rates import note_rate
from harness.progress import Progress
from harness.run.executors.gpus import processes_of, require_gpus
from harness.run.executors.shared import Launch, run_shared
from harness.run.matrix_peak import LEAST_S, matrix_peak
from harness.stop_signal import StopSignal
from harness.store.documents import seal
from harness.store.provenance import TRAINED_ELSEWHERE, trained_elsewhere
from harness.store.store import JobFolder, Store, file_sha256, write_atomically, write_json


@dataclass(frozen=True, slots=True)
class Local:
    """The executor of a single machine."""

    runtime: Runtime
    progress: Progress
    stop: StopSignal | None = None
    """The signals of the run that the jobs belong to; without one, each job listens for itself."""
    engine: str = ""
    """What has started this process on a machine of its own, for the record; empty for nothing."""
    launch: Launch | None = None
    """Starts the processes that share a job; None starts all of them on this machine."""

    def run(self, folder: JobFolder) -> None:
        """Run the job under its lock, and keep its messages in its log.

        Raises UsageError for a folder that holds no job of this program or is worked on elsewhere, DeviceMissing,
        Interrupted, and JobFailed for whatever else goes wrong, with the traceback of the unforeseen in the log.
        """
        job = readable_job(folder)
        with folder.locked(), nullcontext(self.stop) if self.stop else StopSignal().listening() as stop:
            stop.raise_if_asked()
            if folder.read_result() is not None:  # another process has finished it in the meantime
                return
            try:
                inputs = {name: sound_input(folder, key) for name, key in job["inputs"].items()}
                work = Work(job["spec"], folder, inputs, self.runtime, self.progress, stop)
                processes = processes_of(job["kind"], job["spec"], self.runtime)
                with sampled(folder, self.runtime.device, gpus=processes) as sampler:
                    result = self._computed(job["kind"], work, processes)
                self._measured(result, sampler)
                if job["kind"] == "train" and processes == 1:
                    self._set_against_peak(result, job["spec"]["recipe"]["precision"])
                self._finish(folder, job, result)
            except (Interrupted, DeviceMissing, JobFailed):
                raise
            except HarnessError as error:
                raise JobFailed(str(error)) from error
            except Exception as error:  # the boundary: a job may fail in any way, and the run goes on
                self.progress.spoken.append(traceback.format_exc())
                if is_out_of_memory(error):
                    raise OutOfMemory(self._less_memory(job["kind"], error)) from error
                raise JobFailed(f"{type(error).__name__}: {_first_line(error)} (see {folder.log})") from error
            finally:
                self.progress.clear()
                keep_log(folder, self.progress)
            stop.raise_if_asked()

    def _measured(self, result: dict[str, Any], sampler: Sampler) -> None:
        """Note the telemetry of the GPU beside the time that the job took; nothing where it ran on none."""
        telemetry = sampler.of(result["environment"])
        if telemetry is not None:
            result["cost"]["telemetry"] = shared_among(telemetry, self.runtime.jobs_a_gpu)
        elif result["environment"].get("device") == "cuda":
            self.progress.spoken.append(f"energy is not measured ({sampler.trouble or 'there is no NVML'})")

    def _set_against_peak(self, result: dict[str, Any], precision: str) -> None:
        """Note how fast this process could multiply matrices, beside the time of a training that took long enough.

        One that diverged has not done its work, and so has no share.
        """
        there = result["environment"]
        if result["outcome"] != "done" or result["cost"]["seconds"] < LEAST_S:
            return
        try:
            result["cost"]["matrix_peak_flop_s"] = matrix_peak(there["device"], precision, there["threads"])
        except Exception as error:  # noqa: BLE001 - a finished training does not fail by what is measured beside it
            self.progress.spoken.append(f"how fast matrices are multiplied is not measured ({_first_line(error)})")

    def _computed(self, kind: str, work: Work, processes: int) -> dict[str, Any]:
        """The result of the job, computed in this process or in several that share it."""
        if processes == 1:
            with modules_spared():
                computes = JOBS[kind].load()
            return computes(work)
        runtime = replace(self.runtime, processes=processes)
        if self.launch is None:
            require_gpus(runtime)
        if torch := sys.modules.get("torch"):  # what an earlier job of this process holds of the GPU's memory
            torch.cuda.empty_cache()
        return run_shared(kind, replace(work, runtime=runtime), self.launch)

    def _less_memory(self, kind: str, error: Exception) -> str:
        """A message that says memory was lacking, and what would need less of it."""
        now = self.runtime.micro_batch
        fewer = f"fewer than {now} images" if now else "fewer images"
        ways = [f"--micro-batch N puts {fewer} through the net at once"] if kind in ("train", "evaluate") else []
        ways += ["end what else uses the memory of this device, or run on one that has more"]
        return f"out of memory ({_first_line(error) or type(error).__name__}); {'; or '.join(ways)}"

    def _finish(self, folder: JobFolder, job: dict[str, Any], result: dict[str, Any]) -> None:
        """Write the result; `result.json` comes last, because it makes the job done."""
        with extended(*specs_with(job["spec"], map(folder.sibling, job["inputs"].values()))):
            code, machine = code_digest(job["kind"]), environment()
            machine["packages"] |= versions(in_use())
        machine |= {"engine": self.engine} if self.engine else {}
        write_json(folder.environment, seal(machine | {"job": result.pop("environment")}))
        result["cost"] |= self._beside()
        result["cost"]["finished_at"] = datetime.now(UTC).isoformat(timespec="seconds")
        if result["outcome"] == "done":
            self._note_rate(folder, job, result["cost"])
        inputs = {name: folder.sibling(key).read_result() or {} for name, key in job["inputs"].items()}
        about = {"key": job["key"], "kind": job["kind"], "code": code}
        about["inputs"] = {name: found.get("outputs") for name, found in inputs.items()}
        if foreign := trained_elsewhere(inputs.values()):
            about[TRAINED_ELSEWHERE] = foreign
        folder.write_result({**about, **result})

    def _beside(self) -> dict[str, Any]:
        """How many jobs ran at a time and on one GPU, and why so many; nothing for a job by itself."""
        told = {"jobs_at_once": self.runtime.jobs, "jobs_a_gpu": self.runtime.jobs_a_gpu}
        because = {"jobs_because": self.runtime.why_jobs} if self.runtime.why_jobs else {}
        return {name: count for name, count in told.items() if count > 1} | because

    def _note_rate(self, folder: JobFolder, job: dict[str, Any], cost: dict[str, Any]) -> None:
        """Remember how fast the job went, for plans of others that are like it."""
        network = job["inputs"].get("network")
        training = folder.sibling(network).read_job()["spec"] if network and job["kind"] != "train" else None
        power_w = cost.get("telemetry", {}).get("mean_power_w")
        note_rate(Store(folder.path.parent), job, cost["seconds"], self.runtime, training, power_w)


def readable_job(folder: JobFolder) -> dict[str, Any]:
    """The job document of a folder; raises UsageError where there is none, or one that this program did not plan."""
    try:
        job = folder.read_job()
        sound = Job(job["kind"], job["spec"], job["inputs"]).key == job["key"]
    except FileNotFoundError:
        raise UsageError(f"{folder.path} is no folder of a job: it holds no {folder.job.name}") from None
    except (KeyError, TypeError, ValueError, RecursionError):  # of another shape than a job's
        sound = False
    if not sound:
        raise UsageError(
            f"{folder.job}: its key does not fit its content: it was edited, or comes from another version of this "
            "program; plan it again into another store"
        )
    return job


def sound_input(folder: JobFolder, key: str) -> JobFolder:
    """The finished job that this one builds on; raises JobFailed when it is unfinished or a file of it is damaged."""
    found = folder.sibling(key)
    if readable_job(found)["key"] != key:
        raise JobFailed(f"{found.path} holds another job than {folder.path.name} builds on; use another store")
    result = found.read_result_of(key)
    if result is None:
        raise JobFailed(f"{found.path} has no result yet, and {folder.path.name} builds on it")
    for name, digest in result["outputs"].items():
        path = found.path / name
        if "/" in name or not path.is_file() or file_sha256(path) != digest:
            raise JobFailed(f"{path} is missing or damaged; move {found.path} away to run that job again")
    return found


def keep_log(folder: JobFolder, progress: Progress) -> None:
    """Add the messages of a job to its log; on a full disk the log is lost, and the messages were still shown."""
    with suppress(OSError):
        before = folder.log.read_bytes() if folder.log.exists() else b""
        write_atomically(folder.log, before + "".join(f"{line}\n" for line in progress.spoken).encode())


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
