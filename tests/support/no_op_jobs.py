"""Plans, submits and collects jobs that do nothing on a pretended Slurm, and tells what that costs the driver.

Usage: `python no_op_jobs.py FOLDER JOBS`; prints JSON.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any


def main(folder: str, count: str) -> dict[str, Any]:
    """Run so many jobs; give the driver's CPU seconds a job, its growth in MB, and what became of the jobs."""
    from pretended_slurm import install

    from harness.data.locate import Locations
    from harness.machine.runtime import Runtime
    from harness.plan.job import Job
    from harness.plan.plan import Plan
    from harness.plan.status import surveyed
    from harness.progress import Progress
    from harness.run.executors.slurm import cluster, submission
    from harness.run.executors.slurm.settings import Settings
    from harness.stop_signal import StopSignal
    from harness.store.store import Store

    assert submission
    import submitit

    assert submitit
    os.environ["PATH"] = f"{install(Path(folder) / 'commands')}:{os.environ['PATH']}"
    cluster.runs_here = lambda _: False
    store = Store(Path(folder) / "runs")
    store.prepare()
    runtime = Runtime(Locations(), device="cpu", threads=1)
    before_mb, before_s = peak_mb(), time.process_time()
    made = [
        Job(
            "measure",
            {"what": "arithmetic", "given": {"a": float(i)}, "values": {"b": "a"}, "units": {}},
            label=f"job {i}",
        )
        for i in range(int(count))
    ]
    plan = Plan(lambda: None, "ci", jobs={job.key: job for job in made})  # type: ignore[arg-type, return-value]
    survey = surveyed(plan, store, runtime.locations)
    settings = Settings(poll_s=0.5, jobs_at_once=int(count))
    execution = cluster.Cluster(settings).execute(survey, runtime, Progress(io.StringIO()), StopSignal())
    return {
        "ran": len(execution.ran),
        "failed": len(execution.failed),
        "cpu_ms_a_job": 1000 * (time.process_time() - before_s) / len(made),
        "growth_mb": peak_mb() - before_mb,
        "calls": (Path(folder) / "commands" / "calls").read_text().split("\n"),
    }


def peak_mb() -> float:
    """The most memory that this process has used so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
