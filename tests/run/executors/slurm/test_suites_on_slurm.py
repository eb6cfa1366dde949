"""Whole commands on a real Slurm on this machine, compared with the same on this machine alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from real_slurm import OF_THE_RUN, RealSlurm, Sums
from slurm_commands import Wrap, calls, command, job_of, to_slurm

pytestmark = pytest.mark.slurm


def test_verify_and_check_run_their_jobs_there(tmp_path: Path, wrap: Wrap) -> None:
    """A job is repeated byte for byte, and a suite agrees with a baseline that was made here."""
    asked = wrap("sbatch", 'exec "$real" "$@"')
    world = Sums(tmp_path, count=1)
    world.undisturbed()
    said = to_slurm("verify", "--store", str(tmp_path / "undisturbed"), "--rerun", job_of(world)[1][:12])
    assert "measure sum0: identical, every output byte for byte" in said
    assert len(calls(asked)) == 1
    baseline = str(tmp_path / "baseline.json")
    command("baseline", "update", str(world.suite), "--baseline", baseline, "--yes", "--device", "cpu")
    to_slurm("check", str(world.suite), "--baseline", baseline, "--store", str(tmp_path / "checked"))
    assert len(calls(asked)) == 2
    assert [path.name for path in (tmp_path / "checked").iterdir()] == []


@pytest.mark.nightly
def test_a_training_is_shared_by_two_nodes(tmp_path: Path, slurm: RealSlurm) -> None:
    """One torchrun on each, which meet at the first; the same bits as of two processes on this machine."""
    from tiny_suites import tiny_suite

    suite = str(tiny_suite(tmp_path, subset={"classes": 10, "per_class": 40}, epochs=1))
    there, here = tmp_path / "there", tmp_path / "here"
    shared = ["run", suite, "--scale", "ci", "--processes", "2", "--out", str(tmp_path / "report")]
    to_slurm(*shared, "--nodes", "2", "--slurm", "memory_gb=2", "--store", str(there))
    command(*shared, "--device", "cpu", "--threads", "1", "--store", str(here))
    for folder in here.glob("*-*"):
        found, expected = (json.loads((root / folder.name / "result.json").read_text()) for root in (there, here))
        assert {k: v for k, v in found.items() if k not in OF_THE_RUN} == {
            k: v for k, v in expected.items() if k not in OF_THE_RUN
        }
    asked = [json.loads(path.read_text()) for path in there.glob("slurm/*/submission.json")]
    assert {one["asked"]["nodes"] for one in asked if one["jobs"][0]["label"].startswith("train")} == {2}
