"""A run that is killed or stopped at any moment ends, once started again, as if nothing had happened."""

import random
import shutil
import signal

import pytest
from finished_worlds import CUT
from programs import program, results, signalled
from tiny_suites import tiny_suite

ALL_CORES = ("run", "tiny.yaml", "--scale", "ci", "--device", "cpu", "--checkpoint-every", "0.05")
RUN = (*ALL_CORES, "--threads", "1")
"""One thread, because two that share a busy core wait for each other most of the time."""
SUITE = {**CUT, "seeds": 2}
LONGEST_S = 4.0
"""Approximate seconds of an undisturbed run, for kills at random moments."""


def prepared(folder, **changes):
    """Return a folder with the suite in it: two seeds of two epochs."""
    folder.mkdir(exist_ok=True)
    tiny_suite(folder, **SUITE | changes)
    return folder


def outcome(folder):
    """Return (results without environment and cost, predictions as bytes) of a finished run."""
    stored = {path.parent.name: path.read_bytes() for path in (folder / "runs").glob("*/predictions.npz")}
    return results(folder / "reports" / "tiny" / "ci"), stored


@pytest.fixture(scope="module")
def undisturbed(finished, tmp_path_factory):
    """Return the outcome of an undisturbed run."""
    folder = prepared(tmp_path_factory.mktemp("undisturbed"))
    shutil.copytree(finished(**SUITE).store.root, folder / "runs")
    return run_to_its_end(folder)


def run_to_its_end(folder, run=RUN):
    """Run to the end, and return the outcome."""
    done = program(folder, *run)
    assert done.returncode == 0, done.stderr
    return outcome(folder)


def digests(document):
    """Return the digest of every net."""
    return [job["weights_sha256"] for job in document["experiments"]["cnn"]["jobs"]]


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("jobs to do", marks=pytest.mark.nightly),
        pytest.param("seed 0: epoch 1/2", marks=pytest.mark.nightly),
        pytest.param("seed 0: epoch 2/2", marks=pytest.mark.nightly),
        "seed 1: epoch 1/2",
    ],
)
def test_killed_and_run_again_it_ends_alike(undisturbed, tmp_path, moment):
    """A kill before any work, within a training, at its end, or within the second changes no weights and no results."""
    status, _ = signalled(prepared(tmp_path), signal.SIGKILL, moment, *RUN)
    assert status == -signal.SIGKILL
    again = run_to_its_end(tmp_path)
    assert digests(again[0]) == digests(undisturbed[0])
    assert again == undisturbed


@pytest.mark.nightly
def test_killed_on_all_cores_it_ends_alike(tmp_path):
    """Sums over several threads repeat with the same number of threads."""
    one, other = (prepared(tmp_path / name, seeds=1) for name in ("one", "other"))
    status, _ = signalled(one, signal.SIGKILL, "epoch 1/2", *ALL_CORES)
    assert status == -signal.SIGKILL
    assert run_to_its_end(one, ALL_CORES) == run_to_its_end(other, ALL_CORES)


def killed_at_random(folder, moments, kills):
    """Kill several runs in a row at random moments, then run to the end."""
    prepared(folder)
    for _ in range(kills):
        signalled(folder, signal.SIGKILL, moments.uniform(0, LONGEST_S), *RUN)
    return run_to_its_end(folder)


@pytest.mark.nightly
def test_killed_again_and_again_it_ends_alike(undisturbed, tmp_path):
    """Five kills in a row fall at other moments in each test run; any moment must do."""
    assert killed_at_random(tmp_path, random.Random(), 5) == undisturbed


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10))
def test_killed_at_fifty_random_moments_it_ends_alike(undisturbed, tmp_path, seed):
    """Ten runs are each killed five times."""
    assert killed_at_random(tmp_path, random.Random(seed), 5) == undisturbed


@pytest.mark.parametrize(
    ("number", "code", "moment"),
    [
        pytest.param(signal.SIGINT, 130, "seed 0: epoch 2/2", marks=pytest.mark.nightly),
        (signal.SIGTERM, 143, "seed 1: epoch 1/2"),
    ],
    ids=["SIGINT", "SIGTERM"],
)
def test_stopped_it_says_how_to_go_on_and_does(undisturbed, tmp_path, number, code, moment):
    """The exit code names the signal; nothing is lost, and no traceback is shown."""
    status, said = signalled(prepared(tmp_path), number, moment, *RUN)
    assert status == code
    assert "the same command goes on from there" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert run_to_its_end(tmp_path) == undisturbed


def test_stopped_before_the_first_job_it_exits_alike(tmp_path):
    """A stop during planning behaves the same."""
    status, said = signalled(prepared(tmp_path), signal.SIGINT, "tiny: scale ci", *RUN)
    assert status == 130
    assert "the same command goes on" in said
