"""A copy made by a process that is killed repeatedly, and its memory."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from compact_copies import contents
from image_layouts import class_folders, flat_val, make_originals, tars
from programs import environment, program, signalled

PREPARE = ("data", "prepare", "ilsvrc2012", "original", "--out", "copy", "--short-side", "48", "--threads", "2")
LONGEST_S = 3.0
"""Approximate seconds of an undisturbed process, for kills at random moments."""

PEAK = """
import io, json, sys
from pathlib import Path
from harness.data import DATASETS
from harness.ingest.check import check
from harness.ingest.encode import Compact
from harness.ingest.prepare import prepare
from harness.progress import Progress
from harness.stop_signal import StopSignal
form, *folders = sys.argv[1:]
more = {"threads": 2, "progress": Progress(io.StringIO()), "stop": StopSignal()}
dataset = DATASETS["ilsvrc2012"]
for folder in map(Path, folders):
    checked = check(dataset, folder, decode=True, **more)
    out = folder.with_name(f"{folder.name} copy")
    copy = prepare(dataset, folder, out, Compact(48, 90, form or None), allow_damaged=0.0, **more)
    images = sum(split["images"] for split in copy.manifest["splits"].values())
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    print(json.dumps([images, int(peak.split()[1])]))
"""
"""Checks and copies each folder; prints its number of images and the peak memory so far, in KiB."""


PACKED = (pytest.param(("--packed",), id="packed"), pytest.param(("--packed", "--raw"), id="raw"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Return (folder of the originals, the copy of an undisturbed process)."""
    folder = tmp_path_factory.mktemp("undisturbed")
    flat_val(make_originals(train=40, val=10, test=4, scale=2), folder / "original")
    done = program(folder, *PREPARE)
    assert done.returncode == 0, done.stderr
    return folder / "original", contents(folder / "copy")


def killed_at_random(folder, originals, moments, kills, more=()):
    """Kill several processes in a row at random moments, then let one end; return the copy."""
    (folder / "original").symlink_to(originals)
    for _ in range(kills):
        signalled(folder, signal.SIGKILL, moments.uniform(0.1, LONGEST_S), *PREPARE, *more)
    done = program(folder, *PREPARE, *more)
    assert done.returncode == 0, done.stderr
    return contents(folder / "copy")


@pytest.mark.nightly
def test_killed_at_any_moment_it_ends_in_the_same_bytes(undisturbed, tmp_path):
    """Images, records and manifest are equal; each test run takes other moments."""
    assert killed_at_random(tmp_path, undisturbed[0], random.Random(), 5) == undisturbed[1]


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10))
def test_killed_at_fifty_moments_it_ends_in_the_same_bytes(undisturbed, tmp_path, seed):
    """Ten copies are each killed five times."""
    assert killed_at_random(tmp_path, undisturbed[0], random.Random(seed), 5) == undisturbed[1]


@pytest.mark.nightly
@pytest.mark.parametrize("more", PACKED)
@pytest.mark.parametrize("seed", range(4))
def test_packs_killed_at_any_moment_end_in_the_same_bytes(undisturbed, tmp_path, more, seed):
    """Packs, indexes, records and manifest are equal."""
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "original").symlink_to(undisturbed[0])
    assert program(tmp_path / "whole", *PREPARE, *more).returncode == 0
    copy = killed_at_random(tmp_path, undisturbed[0], random.Random(seed), 5, more)
    assert copy == contents(tmp_path / "whole" / "copy")


def test_killed_within_the_work_it_goes_on(undisturbed, tmp_path):
    """Finished pieces are not repeated."""
    (tmp_path / "original").symlink_to(undisturbed[0])
    status, _ = signalled(tmp_path, signal.SIGKILL, "the copy takes", *PREPARE)
    assert status == -signal.SIGKILL
    assert program(tmp_path, *PREPARE).returncode == 0
    assert contents(tmp_path / "copy") == undisturbed[1]


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        *(pytest.param(one, marks=pytest.mark.nightly) for one in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)),
    ],
)
def test_stopped_it_says_that_it_goes_on(undisturbed, tmp_path, number):
    """The exit code names the signal, and no traceback is shown."""
    (tmp_path / "original").symlink_to(undisturbed[0])
    status, said = signalled(tmp_path, number, "the copy takes", *PREPARE)
    assert status == 128 + number, said
    assert "the same command goes on from there" in said
    assert "Traceback" not in said


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel tells the peak on Linux only")
@pytest.mark.parametrize(
    ("layout", "form"),
    [
        pytest.param(class_folders, "", id="class folders"),
        pytest.param(tars, "", id="archives", marks=pytest.mark.nightly),
        pytest.param(class_folders, "jpeg", id="packed", marks=pytest.mark.nightly),
        pytest.param(class_folders, "raw", id="raw", marks=pytest.mark.nightly),
    ],
)
def test_ten_times_the_images_take_no_more_memory(tmp_path, layout, form):
    """The peak of a check and a copy rises by less than a tenth.

    The kernel's own high-water mark, for the one of `getrusage` begins with that of the process that started this one.
    """
    folders = [
        layout(make_originals(train=40 * many, val=8 * many, test=2 * many), tmp_path / name)
        for name, many in (("few", 1), ("many", 10))
    ]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, form, *folders], env=environment(), capture_output=True, text=True, check=True
    )
    (few, low), (many, high) = map(json.loads, done.stdout.splitlines())
    assert (few, many) == (4 * 50, 4 * 500)
    assert high < 1.1 * low, (low, high)
