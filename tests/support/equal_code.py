"""Checks that today's code gives the results of an earlier commit bit for bit, and lists the pairs of digests.

    python tests/support/equal_code.py COMMIT           run every kind of job under both, compare, print pairs
    python tests/support/equal_code.py COMMIT --write   and add the pairs to `same_code.json`: results stay current

Run it after every change of code that decides results, with the last commit whose results are to stay current. A move
of files changes digests only where a file enters a package with code of its own. It takes about ten minutes of one
thread. Results lie in `--folder` and are reused: those of the commit, and those of today's code until it changes. The
exit code is 1 where anything differs, and that kind gets no pair.

It compares everything in a result that another run has to repeat, including the digests of weights, predictions and
arrays. Timings never repeat, so only the names of their numbers are compared: read the diff of the timed code. A
training that is stopped under the earlier code and finished by today's has to end in the same bits too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
from earlier_code import ROOT, unpacked
from equal_code_jobs import IMAGES, Jobs, chosen_jobs, with_inputs
from image_folders import make_image_folders

from harness.jobs import JOBS
from harness.jobs.code import code_digest
from harness.jobs.same_code import PAIRS, pairs, same_code
from harness.plan.job import Job
from harness.run.execute import written
from harness.store.store import Store, write_json

OF_THE_RUN = {"seal", "cost", "beside", "code", "marks"}
"""Entries of a result that may differ between two runs of a job with the same outcome."""

PROGRAM = """
import json, pathlib, sys
import harness.__main__ as program
root, flags, *folders = json.loads(sys.argv[1])
assert pathlib.Path(program.__file__).is_relative_to(root), program.__file__
for number, folder in enumerate(folders, 1):
    print(f"[{number}/{len(folders)}] {folder}", file=sys.stderr, flush=True)
    sys.argv[1:] = ["job", folder, *flags]
    try:
        program.main()
    except SystemExit as end:
        if end.code in (130, 143):
            raise
"""
"""Runs jobs one after another in one process; a failed job has no result."""

WAYS = {"plainly": (), "in parts": ("--micro-batch", "8"), "shared": ("--processes", "2")}
"""Ways to take batches, with their flags."""
STOPPED = "stopped"
"""The way of a training that one version of the code starts and the other finishes."""


@dataclass(frozen=True)
class Side:
    """One version of the code and the folder of its results."""

    root: Path
    stores: Path

    def store(self, way: str) -> Store:
        """Return the store of the results of one way to take batches."""
        return Store(self.stores / way.replace(" ", "_"))

    def run(self, way: str, jobs: Iterable[Job], *flags: str, stopped: bool = False) -> None:
        """Run the jobs that have no result; `stopped` stops the one job after its first epoch."""
        folders = [written(self.store(way), job) for job in jobs]
        request = [str(self.root), flags, *(str(one.path) for one in folders if not one.result.exists())]
        if len(request) == 2:
            return
        command = [sys.executable, "-c", PROGRAM, json.dumps(request)]
        variables = {**os.environ, "PYTHONPATH": str(self.root), "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(command, env=variables, cwd=self.stores, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        for line in process.stderr:
            sys.stderr.write(line)
            if stopped and ": epoch 1/" in line:
                process.send_signal(signal.SIGINT)
        process.wait()

    def result(self, way: str, job: Job) -> dict[str, Any] | None:
        """Return the result of a job, or None where it failed."""
        return self.store(way).folder(job.kind, job.key).read_result()


@dataclass(frozen=True)
class Comparison:
    """The jobs that ran under both versions of the code, by way."""

    before: Side
    after: Side
    jobs: Mapping[str, Jobs]

    def differences(self, kind: str) -> Iterator[str]:
        """Yield one line for each job that differs."""
        for way, job in self._of(kind):
            one, other = self.before.result(way, job), self.after.result(way, job)
            if one is None:
                click.echo(f"not compared, for the earlier code gives no result: {job.label} ({way})")
            elif other is None:
                yield f"{job.label} ({way}): no result under today's code"
            elif names := different(one, other, job):
                yield f"{job.label} ({way}): other {', '.join(names)}"

    def pair(self, kind: str) -> tuple[str, str] | None:
        """Return the digests before and after; None where nothing was compared or they are equal."""
        found = {
            (one["code"], other["code"])
            for way, job in self._of(kind)
            if (one := self.before.result(way, job)) and (other := self.after.result(way, job))
        }
        assert all(after == code_digest(kind) for _, after in found)
        assert len(found) <= 1
        return next((pair for pair in found if pair[0] != pair[1]), None)

    def count(self, kind: str) -> int:
        """Return the number of compared jobs."""
        return sum(1 for way, job in self._of(kind) if self.before.result(way, job))

    def _of(self, kind: str) -> Iterator[tuple[str, Job]]:
        return ((way, job) for way, jobs in self.jobs.items() for job in jobs.values() if job.kind == kind)


def different(one: Mapping[str, Any], other: Mapping[str, Any], job: Job) -> list[str]:
    """Return the parts in which two results of a job differ."""
    return [name for name in sorted({*one, *other} - OF_THE_RUN) if _differ(name, one, other, job)]


def _differ(name: str, one: Mapping[str, Any], other: Mapping[str, Any], job: Job) -> bool:
    if name == "values" and job.takes_time:
        return set(one[name]) != set(other[name])
    return json.dumps(one.get(name), sort_keys=True) != json.dumps(other.get(name), sort_keys=True)


def earlier(commit: str, folder: Path) -> Side:
    """Unpack the code of a commit below the folder."""
    code = unpacked(commit, folder)
    return Side(code, code.parent)


def today(folder: Path) -> Side:
    """Return the code of this tree, with results of this code only."""
    place = folder / sha256("".join(map(code_digest, JOBS)).encode()).hexdigest()[:20]
    place.mkdir(parents=True, exist_ok=True)
    return Side(ROOT, place)


def compared(before: Side, after: Side, folder: Path) -> Comparison:
    """Run all jobs under both versions."""
    if not (folder / IMAGES).exists():
        make_image_folders(folder / "making", train=16, val=3, test=3)
        (folder / "making").rename(folder / IMAGES)
    chosen = chosen_jobs()
    test = min((job for job in chosen.values() if job.kind == "evaluate"), key=lambda job: job.work)
    few = {key: chosen[key] for key in with_inputs(test.key, chosen)}
    comparison = Comparison(before, after, {way: chosen if way == "plainly" else few for way in WAYS})
    flags = ["--device", "cpu", "--threads", "1", "--data", f"{IMAGES}={folder / IMAGES}"]
    for side in (before, after):
        for way, more in WAYS.items():
            side.run(way, comparison.jobs[way].values(), *flags, *more)
    return comparison


def gone_on(comparison: Comparison) -> Iterator[str]:
    """Return the differences of a training that is stopped under the earlier code and resumed under today's."""
    jobs, before, after = comparison.jobs["plainly"], comparison.before, comparison.after
    several = (job for job in jobs.values() if job.kind == "train" and job.spec["recipe"]["epochs"] > 1)
    training = min(several, key=lambda job: sum(jobs[key].work for key in with_inputs(job.key, jobs)))
    *inputs, job = (jobs[key] for key in with_inputs(training.key, jobs))
    flags, there = ["--device", "cpu", "--threads", "1"], Side(before.root, after.stores)
    there.run(STOPPED, inputs, *flags)
    there.run(STOPPED, [job], *flags, stopped=True)
    after.run(STOPPED, [job], *flags, "--resume-elsewhere")
    whole, found = before.result("plainly", job), after.result(STOPPED, job)
    if whole is None or found is None or found["code"] != code_digest("train"):
        yield f"{job.label}: was not stopped and gone on from"
    elif names := different(whole, found, job):
        yield f"{job.label}, stopped by the earlier code and gone on from by today's: other {', '.join(names)}"


def listed(new: Mapping[str, tuple[str, str]]) -> None:
    """Add pairs to the committed list."""
    document = {kind: [list(pair) for pair in found] for kind, found in pairs().items()}
    for kind, pair in new.items():
        document.setdefault(kind, []).append(list(pair))
    write_json(PAIRS, document)


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.argument("commit")
@click.option("--folder", type=click.Path(path_type=Path), default=Path(tempfile.gettempdir()) / "equal-code")
@click.option("--write", is_flag=True)
def main(commit: str, folder: Path, *, write: bool) -> None:
    """Compare, tell, and list."""
    folder = folder.absolute()
    comparison = compared(earlier(commit, folder), today(folder), folder)
    differences = {kind: list(comparison.differences(kind)) for kind in JOBS}
    differences["train"] += gone_on(comparison)
    new: dict[str, tuple[str, str]] = {}
    for kind, found in differences.items():
        pair = comparison.pair(kind)
        said = f"{len(found)} differences" if found else "all equal"
        click.echo(
            f"{kind}: {comparison.count(kind)} compared, {said}; "
            + (" -> ".join(pair) if pair else "the digest is the same")
        )
        for line in found:
            click.echo(f"  {line}")
        if pair and not found and pair[0] not in same_code(kind, pair[1]):
            new[kind] = pair
    if write:
        listed(new)
    click.echo(f"{len(new)} pairs {'added to' if write else 'that are not in'} {PAIRS.name}")
    sys.exit(1 if any(differences.values()) else 0)


if __name__ == "__main__":
    main()
