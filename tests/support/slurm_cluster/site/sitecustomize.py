"""Slows the measurements of a test's jobs down, step by step and with checkpoints, as a training goes.

Python imports this by itself where the folder is on its path, as the setup lines of a test's submissions have it.
HARNESS_TEST_STEPS says how many steps of a tenth of a second there are. A measurement ends in the same result.
"""

import hashlib
import os
import sys
import time
from dataclasses import fields
from pathlib import Path

import harness.jobs
from harness.store.store import write_atomically

STEP_S = 0.1
steps = int(os.environ.get("HARNESS_TEST_STEPS", "0"))


def paced(work, inner):
    """Do the steps that are left, each with a checkpoint, then the work itself."""
    checkpoint = work.folder.checkpoint
    begun = int(checkpoint.read_bytes()[:8]) if checkpoint.exists() else 0
    sys.stdout.write(f"steps: from {begun}\n")
    sys.stdout.flush()
    if os.environ.get("HARNESS_TEST_FULL_NODE") == os.environ.get("SLURMD_NODENAME", "none"):
        with Path("/dev/full").open("w") as full:
            full.write("there is no room")
    for step in range(begun, steps):
        time.sleep(STEP_S)
        content = f"{step + 1:08d}".encode()
        write_atomically(checkpoint, content + hashlib.sha256(content).digest())
        work.stop.raise_if_asked()
    return inner(work)


class Paced(harness.jobs.JobKind):
    """The kind of measurements, slowed down."""

    __slots__ = ()

    def load(self):
        """Give the function that does the work."""
        inner = super().load()
        return lambda work: paced(work, inner)


if steps:
    kind = harness.jobs.JOBS["measure"]
    harness.jobs.JOBS["measure"] = Paced(**{one.name: getattr(kind, one.name) for one in fields(kind)})

if os.environ.get("HARNESS_TEST_ALL_TO_SLURM"):
    from harness.run.executors.slurm import cluster

    cluster.runs_here = lambda _: False
