"""How arrays are handed to a real Slurm on this machine, and what a node or Slurm may have against them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from real_slurm import RealSlurm, Sums
from slurm_commands import Wrap, calls, site

pytestmark = pytest.mark.slurm


def test_a_submission_whose_answer_was_lost_is_found_by_its_name(tmp_path: Path, wrap: Wrap) -> None:
    """Sbatch ends with a time-out although the jobs were accepted: there is no second copy."""
    asked = wrap("sbatch", '"$real" "$@" >/dev/null; echo "sbatch: error: Socket timed out on send/recv" >&2; exit 1')
    world = Sums(tmp_path)
    execution = world.run()
    assert (len(execution.ran), execution.failed) == (2, {})
    assert (len(calls(asked)), len(world.records())) == (1, 1)
    assert world.results() == world.undisturbed()


def test_a_refusal_is_told_and_leaves_the_rest_of_the_queue(tmp_path: Path, wrap: Wrap) -> None:
    """The second array is refused for good; the first ends as if nothing had been."""
    wrap(
        "sbatch",
        '[ $call = 2 ] && { echo "sbatch: error: invalid partition specified: x" >&2; exit 1; }; exec "$real" "$@"',
    )
    world = Sums(tmp_path, count=8)
    execution = world.run()
    assert len(execution.ran) == 6
    assert list(execution.failed.values()) == ["sbatch refused it: invalid partition specified: x"] * 2
    assert len(world.records()) == 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"partition": "nowhere"}, "invalid partition specified: nowhere"),
        ({"exclude": ("n77",)}, "Invalid node name specified"),
        ({"options": {"time": "soon"}}, "Invalid --time specification"),
        ({"options": {"nonsense": "1"}}, "unrecognized option"),
        ({"options": {"constraint": "h200"}}, "Invalid feature specification"),
        ({"memory_gb": 9000}, "Memory specification can not be satisfied"),
    ],
    ids=lambda value: "" if isinstance(value, str) else str(value),
)
def test_a_wrong_setting_is_refused_by_slurm_itself(
    tmp_path: Path, slurm: RealSlurm, settings: dict[str, Any], says: str
) -> None:
    """Its own words are the reason, and nothing is left in the queue or in the store."""
    world = Sums(tmp_path, count=1)
    (why,) = world.run(**settings).failed.values()
    assert why.startswith("sbatch refused it: ")
    assert says in why
    assert world.records() == []


def test_any_other_path_of_a_store_will_do(tmp_path: Path, slurm: RealSlurm) -> None:
    """Scripts and options of sbatch hold it."""
    (folder := tmp_path / 'two words, it\'s "a" $HOME `b` #1').mkdir()
    world = Sums(folder, count=1)
    assert world.run().failed == {}
    (record,) = world.records()
    log = record.log(0)
    assert log is not None
    assert log.read_text().endswith("done\n")


def test_arrays_keep_to_slurms_limit_and_to_ours(tmp_path: Path, wrap: Wrap, slurm: RealSlurm) -> None:
    """Fourteen jobs make arrays of at most six, of which two run at a time; a refused connection is tried later."""
    asked = wrap(
        "sbatch", 'if [ $call = 1 ]; then echo "sbatch: error: Connection refused" >&2; exit 1; fi; exec "$real" "$@"'
    )
    most = wrap("squeue", f'out=$("$real" "$@"); echo "$out" | grep -c RUNNING >> {tmp_path}/running; echo "$out"')
    world = Sums(tmp_path, count=14)
    assert world.run(jobs_at_once=2).failed == {}
    assert all(len(record.jobs) <= 6 for record in world.records())
    assert sum(len(record.jobs) for record in world.records()) == 14
    assert max(map(int, (tmp_path / "running").read_text().split())) <= 2
    first, second = calls(asked)[:2]
    assert second - first >= 1
    assert len(calls(most)) >= 3
    assert "Connection refused; the next try is in 1 s" in world.said


def test_a_driver_in_an_allocation_leaks_nothing_of_it(tmp_path: Path, slurm: RealSlurm) -> None:
    """The driver has two cores and a variable of its own; the job has the three it asked for, and none of the rest."""
    world = Sums(tmp_path, count=1, settings={"setup": (f"env > {tmp_path}/seen",)})
    script = tmp_path / "driver.sh"
    chosen = world.chosen()
    lines = "\n".join(chosen.setup)
    script.write_text(
        f"#!/bin/bash\nexport HARNESS_TEST_ALL_TO_SLURM=1 SLURM_HINT=compute_bound PYTHONPATH={':'.join(site())}\n"
        f"export HARNESS_SLURM_SETUP={lines!r}\ncd {tmp_path}\n"
        f"exec {sys.executable} -m harness run {world.suite} --scale ci --on slurm --device cpu --threads 1 "
        f"--slurm poll_s=1 --slurm memory_gb=1 --slurm cpus_per_gpu=3 "
        f"--store {world.store.root} --out {tmp_path}/report\n"
    )
    slurm.call("sbatch", "--wait", "-c2", "--mem=1G", "-o", str(tmp_path / "driver.log"), str(script))
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines() if line.startswith("SLURM"))
    assert world.results() == world.undisturbed(), (tmp_path / "driver.log").read_text()
    assert seen["SLURM_CPUS_PER_TASK"] == "3"
    assert seen["SLURM_JOB_NAME"].startswith("paper-harness-")
    assert "SLURM_HINT" not in seen


def test_jobs_on_one_node_see_their_own_gpus_alone(tmp_path: Path, slurm: RealSlurm) -> None:
    """Four jobs of two GPUs each on two nodes of four."""
    world = Sums(tmp_path, count=4, steps=30)
    assert world.run(options={"gpus-per-node": "2"}).failed == {}
    (record,) = world.records()
    words = [record.word(index) for index in range(4)]
    places = Counter((word.node, gpu) for word in words if word for gpu in word.gpus.split(","))
    assert len(places) == 8, words
    assert set(places.values()) == {1}


def test_an_unwritable_log_is_one_clear_message(tmp_path: Path, slurm: RealSlurm) -> None:
    """The node cannot open it, so the job never begins."""
    nowhere = {"output": "/nowhere/%A_%a.out", "error": "/nowhere/%A_%a.err"}
    failed = Sums(tmp_path, count=1).run(options=nowhere).failed
    assert ["without having begun (it left no log" in why for why in failed.values()] == [True]


def test_a_setup_line_that_ends_the_job_is_one_clear_message(tmp_path: Path, slurm: RealSlurm) -> None:
    """There is a log, and nothing in it."""
    failed = Sums(tmp_path, count=1).run(setup=("exit 3",)).failed
    assert ["FAILED without having begun (it left an empty log" in why for why in failed.values()] == [True]


def test_a_full_disk_on_one_node_fails_its_jobs_alone(tmp_path: Path, slurm: RealSlurm) -> None:
    """Two jobs, one on each node, as each takes all of a node's cores; the other's result is there."""
    world = Sums(
        tmp_path, count=2, steps=30, settings={"setup": ("export HARNESS_TEST_FULL_NODE=n1",), "cpus_per_gpu": 8}
    )
    execution = world.run()
    assert len(execution.ran) == 1
    assert ["No space left on device" in why for why in execution.failed.values()] == [True]


def test_a_node_without_torch_is_one_clear_message(tmp_path: Path, slurm: RealSlurm) -> None:
    """A training's job says what is missing; a job that needs no torch goes on."""
    from tiny_suites import tiny_suite

    suite = tiny_suite(tmp_path)
    (tmp_path / "lacking").mkdir()
    (tmp_path / "lacking" / "torch.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')"
    )
    env = {**os.environ, "HARNESS_SLURM_SETUP": f"export PYTHONPATH={tmp_path / 'lacking'}:$PYTHONPATH"}
    command = ["-m", "harness", "run", suite, "--scale", "ci", "--on", "slurm", "--device", "cpu", "--threads", "1",
               "--slurm", "poll_s=1", "--store", tmp_path / "runs", "--out", tmp_path / "report"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, *command], check=False, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 6, done.stderr
    assert done.stderr.count("FAILED: ModuleNotFoundError: No module named 'torch'") == 1
    assert (tmp_path / "report" / "index.html").exists()
