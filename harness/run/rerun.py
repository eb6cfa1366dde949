"""Runs one finished job again, away from its store, and says whether it came out as it is stored."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import Unsound, UsageError
from harness.jobs.code import is_current
from harness.jobs.extensions import known_dataset
from harness.jobs.named import extended, specs_with
from harness.machine.cuda_visible import visible_gpus
from harness.machine.runtime import Runtime
from harness.plan.job import Job
from harness.progress import Progress
from harness.run.differences import Difference, file_differences, result_differences
from harness.run.execute import written
from harness.run.executors.gpus import uses_gpus
from harness.run.executors.local import Local
from harness.run.verify import foreign
from harness.stop_signal import StopSignal
from harness.store.inventory import with_key
from harness.store.provenance import IMPORTED
from harness.store.soundness import faults_of, job_of, left_out_of
from harness.store.store import JobFolder, Store

if TYPE_CHECKING:
    from harness.run.executors.slurm.cluster import Cluster

DECIDES_NOTHING = {"commit", "harness", "system", "cores", "engine"}
"""Facts of an environment that no result depends on: the code has its own digest, and threads stand with the job."""


@dataclass(slots=True)
class Rerun:
    """What the second run came to. Where `elsewhere` is empty, every byte has to come out again."""

    key: str
    label: str
    elsewhere: list[str] = field(default_factory=list)
    """The facts that differ here from where the result was made, and may change it."""
    differences: list[Difference] = field(default_factory=list)

    @property
    def is_unsound(self) -> bool:
        """Whether something came out otherwise, and nothing explains it."""
        return bool(self.differences) and not self.elsewhere

    def document(self) -> dict[str, Any]:
        """The comparison as plain data, for `--json`."""
        differences = [difference.document() for difference in self.differences]
        return {
            "key": self.key,
            "label": self.label,
            "identical": not differences,
            "elsewhere": self.elsewhere,
            "differences": differences,
        }

    def lines(self) -> Iterator[str]:
        """The comparison in sentences, for people."""
        for what in self.elsewhere:
            yield f"not the same here: {what}"
        for difference in self.differences:
            yield f"differs: {difference.what}: {difference.says}"
        why = "; what is not the same here may explain it" if self.elsewhere else ""
        yield f"{self.label}: " + (
            f"not identical{why}" if self.differences else "identical, every output byte for byte"
        )


def rerun(
    store: Store,
    key: str,
    runtime: Runtime,
    progress: Progress,
    threads: int | None = None,
    cluster: Cluster | None = None,
) -> Rerun:
    """Run the job whose key begins with `key` in a folder of its own, and compare; the store is only read.

    With a cluster the job runs there, and its folder lies in the store, which nodes see, until it is compared.

    The device, threads and processes are those of the result unless others are asked for. Raises UsageError where there
    is no such finished job or its inputs are not whole here, Unsound where it is damaged, DataMissing, and what jobs
    raise.
    """
    folder = with_key(store, key)
    _refuse_unsound(folder)
    job, stored = _job(folder), folder.read_result()
    if stored is None:
        raise UsageError(f"{folder.path} has no result yet to compare with")
    if IMPORTED in stored:
        raise UsageError(f"{folder.path} was trained elsewhere and imported; there is nothing to run again")
    if job.data_name is not None:
        runtime.locations.require(known_dataset(job.data_name))
    recorded = folder.read_environment().get("job", {})
    if runtime.device == "auto" and recorded.get("device") == "cpu":
        runtime = replace(runtime, device="cpu")
    runtime = replace(runtime, threads=threads or recorded.get("threads") or runtime.threads)
    shared = replace(runtime, processes=recorded.get("processes") or 1)
    if not uses_gpus(shared) or len(visible_gpus()) >= shared.processes:
        runtime = shared
    where = store.root.absolute() if cluster else None
    with tempfile.TemporaryDirectory(prefix=".harness-rerun-", dir=where) as temporary:
        again = written(Store(Path(temporary)), job)
        for input_folder in map(folder.sibling, job.inputs.values()):
            _refuse_unsound(input_folder)
            _borrow(input_folder, Path(temporary))
        progress.begin(job.label)
        if cluster is None:
            Local(runtime, progress).run(again)
        else:
            with StopSignal().listening() as stop:
                replace(cluster, lasting=False).run(again, job, runtime, progress, stop)
        return compared(job, folder, again)


def _refuse_unsound(folder: JobFolder) -> None:
    if faults := faults_of(folder):
        raise Unsound("\n".join(map(str, faults)))


def _job(folder: JobFolder) -> Job:
    about = job_of(folder)
    if (why := foreign(about)) is not None:
        raise UsageError(f"{folder.job}: {why}, so it cannot be run again")
    return Job(about.kind, about.spec, about.inputs, about.label, about.work)


def _borrow(folder: JobFolder, root: Path) -> None:
    """Put the files of an input into another store, as hard links on the same disk; nothing writes to them."""
    if left := [name for name in left_out_of(folder) if not (folder.path / name).exists()]:
        raise UsageError(f"{folder.path} came without {', '.join(left)}, which this job needs to run again")
    (root / folder.path.name).mkdir()
    for path in (folder.job, folder.result, folder.environment, *folder.outputs):
        if not path.exists():
            continue
        with suppress(OSError):  # another disk, or one without links
            os.link(path, root / folder.path.name / path.name)
            continue
        shutil.copyfile(path, root / folder.path.name / path.name)


def compared(job: Job, folder: JobFolder, again: JobFolder) -> Rerun:
    """Compare two folders of one job: what differs in the second, and what may explain it."""
    stored, now = (each.read_result() or {} for each in (folder, again))
    found = Rerun(job.key, job.label)
    found.elsewhere = [*_elsewhere(job, folder, stored, now), *_environments(folder, again)]
    if "device_name" in job.spec:
        found.elsewhere.append("it measures time, which never comes out twice")
    found.differences = list(result_differences(stored, now))
    for name in sorted({*stored["outputs"], *now["outputs"]}):
        if stored["outputs"].get(name) != now["outputs"].get(name):
            found.differences += file_differences(name, folder, again)
    return found


def _elsewhere(job: Job, folder: JobFolder, stored: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    with extended(*specs_with(job.spec, map(folder.sibling, job.inputs.values()))):
        current = is_current(job.kind, stored["code"])
    if not current:
        yield f"the code of {job.kind} jobs has changed since"
    for before, seen in zip(stored["data"], now["data"], strict=False):
        if before["fingerprint"] != seen["fingerprint"]:
            yield f"the {seen['split']} data of {seen['name']} have changed since"
    for name in job.inputs:
        if stored["inputs"].get(name) != now["inputs"].get(name):
            yield f"its input {name} holds other files than it was made from"
    yield from (f"the result is marked: {mark}" for mark in stored["marks"] if mark not in now["marks"])


def _environments(folder: JobFolder, again: JobFolder) -> Iterator[str]:
    before, now = (dict(_flat(each.read_environment())) for each in (folder, again))
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            yield f"{name}: {before.get(name)} -> {now.get(name)}"


def _flat(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        if not above and name in DECIDES_NOTHING:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", str(value)
