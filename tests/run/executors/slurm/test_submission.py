"""What is handed to sbatch, and what its answers mean, without a cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pretended_slurm import install

from harness.errors import UsageError
from harness.run.executors.slurm.request import Request
from harness.run.executors.slurm.settings import Settings
from harness.run.executors.slurm.submission import (
    Later,
    Refused,
    Unclear,
    parameters_of,
    require_readable,
    submit,
    without_allocation,
)
from harness.run.executors.slurm.submissions import Submissions
from harness.store.store import JobFolder, Store

REQUEST = Request(nodes=1, gpus=2, cpus=16, memory_gb=8, minutes=60)


def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """Submit a job to an sbatch that fails with an answer."""
    pytest.importorskip("submitit", reason="submitit is not installed")
    commands = install(tmp_path / "commands")
    (commands / "sbatch").write_text(f"#!/bin/sh\necho 'sbatch: error: {answer}' >&2\nexit 1\n")
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    record = Submissions(Store(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    made = record.write([(JobFolder(tmp_path / "runs" / "train-0"), "0", "train", "")], 1, REQUEST.document(), {})
    submit(made, REQUEST, Settings())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("Batch job submission failed: Socket timed out on send/recv operation", Unclear),
        ("Batch job submission failed: something new", Unclear),
        ("Batch job submission failed: Unable to contact slurm controller (connect failure)", Later),
        ("Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user size)", Later),
        ("QOSMaxSubmitJobPerUserLimit", Later),
        ("Batch job submission failed: Resource temporarily unavailable", Later),
        ("invalid partition specified: nowhere", Refused),
        ("Batch job submission failed: Invalid account or account/partition combination specified", Refused),
        ("Batch job submission failed: Requested node configuration is not available", Refused),
        ("Batch job submission failed: Job violates accounting/QOS policy (walltime limit)", Refused),
        ("sbatch: unrecognized option --constraints", Refused),
    ],
)
def test_an_answer_means_never_later_or_perhaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, kind: type[Exception]
) -> None:
    """What is not known may have been accepted, so it is looked for before anything is submitted again."""
    with pytest.raises(kind, match=r"\w"):
        refused(tmp_path, monkeypatch, answer)


def test_one_node_needs_no_srun_and_hears_the_signal_itself() -> None:
    """Several do, with a task on each."""
    one = parameters_of(REQUEST, Settings(options={"constraint": "h200"}), ["n7"])
    assert (one["use_srun"], one["gpus_per_node"], one["cpus_per_task"], one["exclude"]) == (False, 2, 16, "n7")
    assert one["additional_parameters"] == {"constraint": "h200", "requeue": True, "signal": "B:USR1@120"}
    two = parameters_of(Request(2, 4, 32, 8, 60), Settings(requeue=False))
    assert (two["use_srun"], two["nodes"], two["ntasks_per_node"]) == (True, 2, 1)
    assert two["additional_parameters"] == {"no-requeue": True, "signal": "USR1@120"}
    assert "--cpus-per-task=32" in two["srun_args"]


@pytest.mark.parametrize("name", ["100%done", "back\\slash", "two\nlines"])
def test_a_path_that_slurm_would_read_otherwise_is_refused(tmp_path: Path, name: str) -> None:
    """Before anything is submitted."""
    with pytest.raises(
        UsageError, match=r"Slurm takes .* for a sign of its own; name a store whose path has none with --store DIR"
    ):
        require_readable(tmp_path / name / "slurm")
    require_readable(tmp_path / "two words" / "slurm")


def test_a_timing_is_alone_on_its_node() -> None:
    """By Slurm's own word for it."""
    assert parameters_of(Request(1, 1, 1, 1, 1, alone=True), Settings())["exclusive"] is True


def test_nothing_of_an_allocation_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for where Slurm's configuration is, and what a user has set for sbatch; afterwards all is as it was."""
    inherited = {"SLURM_JOB_ID": "1", "SLURM_CPUS_PER_TASK": "2", "CUDA_VISIBLE_DEVICES": "0", "RANK": "3",
                 "MASTER_ADDR": "n1", "SUBMITIT_EXECUTOR": "slurm", "SLURMD_NODENAME": "n1"}  # fmt: skip
    kept: dict[str, Any] = {"SLURM_CONF": "/etc/slurm.conf", "SBATCH_ACCOUNT": "lab", "RANKING": "x"}
    for name, value in (inherited | kept).items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with without_allocation():
        assert not inherited.keys() & os.environ.keys()
        assert {name: os.environ[name] for name in kept} == kept
        assert os.environ["PYTHONPATH"]
    assert dict(os.environ) == before
