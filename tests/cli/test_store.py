"""The commands about stores as a user types them: their output and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from filled_store import flip, folder_of, snapshot
from programs import environment, program
from suite_files import TABLE1
from tiny_suites import tiny_world

from harness.cli.main import command
from harness.errors import HarnessError, Unsound, UsageError
from harness.plan.graph import Plan
from harness.store.store import Store


def ran(store: Store, *arguments: object) -> Result:
    """Run a command on a store; its errors are kept in the result."""
    return CliRunner().invoke(command, [*map(str, arguments), "--store", str(store.root)])


def printed(store: Store, *arguments: object) -> Any:
    """Return a command's JSON output."""
    return json.loads(ran(store, *arguments, "--json").stdout)


def test_a_sound_store_verifies(store: Store, plan: Plan) -> None:
    """The output is one line, and the exit code is 0."""
    done = ran(store, "verify")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.endswith(f"{len(plan.jobs)} jobs, 31 files: sound\n")


def test_damage_is_named_file_by_file_and_ends_in_exit_1(store: Store, plan: Plan) -> None:
    """Standard output gives the remedies, without a traceback."""
    folder = folder_of(store, plan, "train")
    flip(folder.weights)
    done = program(store.root.parent, "verify")
    assert done.returncode == Unsound.exit_code == 1
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("damaged"))
    assert f"{folder.path.name}/weights.pt: is damaged" in line
    assert "move runs/" in line
    assert done.stderr == "runs: 1 fault(s); the lines above give the remedy of each\n"


def test_damage_is_plain_data_too(store: Store, plan: Plan) -> None:
    """The exit code is the same."""
    flip(folder_of(store, plan, "pixels").pixels)
    document = printed(store, "verify")
    assert (document["sound"], len(document["damage"])) == (False, 1)
    assert isinstance(ran(store, "verify", "--json").exception, Unsound)


def test_one_job_runs_again_and_is_compared(tmp_path: Path) -> None:
    """A prefix of the key is enough; the exit code is 1 where the result differs."""
    world = tiny_world(tmp_path, subset={"classes": 10, "per_class": 40}, epochs=1)
    assert world.run({"pixels"}).failed == {}
    folder = world.folder("pixels")
    key = folder.path.name.removeprefix("pixels-")[:9]
    assert ran(world.store, "verify", "--rerun", key).stdout == (
        "mean image and colour covariance of digits, 40 images of each of 10 classes: "
        "identical, every output byte for byte\n"
    )
    result = folder.read_result()
    assert result is not None
    folder.write_result(result | {"values": {"mean_pixel": 0.0}})
    done = ran(world.store, "verify", "--rerun", key)
    assert isinstance(done.exception, Unsound)
    assert done.stdout.startswith("differs: mean_pixel: 0.0 was stored, ")
    assert printed(world.store, "verify", "--rerun", key)["identical"] is False


def test_the_jobs_of_a_store_are_listed(store: Store, plan: Plan) -> None:
    """Each has its label and enough letters of its key to find it again."""
    done = program(store.root.parent, "store", "ls")
    assert (done.returncode, done.stderr) == (0, "")
    for key, job in plan.jobs.items():
        assert key[:12] in done.stdout
        assert job.label.split(",")[0] in done.stdout
    assert f"{len(plan.jobs)} jobs" in done.stdout


def test_the_list_is_plain_data_too(store: Store, plan: Plan) -> None:
    """Programs get it in the requested order."""
    folder_of(store, plan, "pixels").log.write_bytes(b"x" * 999_999)
    listed = printed(store, "store", "ls", "--sort", "size")
    assert listed[0]["kind"] == "pixels"
    assert {entry["key"] for entry in listed} == set(plan.jobs)
    assert set(listed[0]) == {"state", "kind", "label", "key", "bytes", "age_s", "seconds", "folder"}


def test_nothing_is_removed_unless_it_is_asked_for(store: Store, plan: Plan) -> None:
    """The files are listed with their size; --yes removes them and nothing else."""
    folder = folder_of(store, plan, "train")
    folder.checkpoint.write_bytes(b"state")
    before = snapshot(store.root)
    done = ran(store, "store", "gc")
    assert f"{folder.checkpoint}: the checkpoint of a finished job, 5 bytes" in done.stdout
    assert done.stdout.endswith("1 to remove, 5 bytes; --yes removes them\n")
    assert snapshot(store.root) == before
    assert ran(store, "store", "gc", "--yes").stdout.endswith("1 removed, 5 bytes\n")
    assert set(before) - set(snapshot(store.root)) == {str(folder.checkpoint.relative_to(store.root))}


def test_what_no_suite_wants_is_removed_by_name(store: Store, plan: Plan) -> None:
    """JSON lists the files found, removed and kept."""
    document = printed(store, "store", "gc", "--keep", f"{TABLE1}:small", "--yes")
    assert len(document["found"]) == len(document["removed"]) == len(plan.jobs)
    assert document["stayed"] == []
    assert list(store.root.glob("*-*")) == []


def test_results_go_to_another_store_in_an_archive(store: Store, plan: Plan, tmp_path: Path) -> None:
    """A second merge reports the results as present."""
    file, other = tmp_path / "results.tar.gz", Store(tmp_path / "other")
    done = ran(store, "store", "export", file)
    assert done.stdout == (
        f"{file}: {len(plan.jobs)} jobs, 3 of them without all of their outputs, {file.stat().st_size:,} bytes\n"
    )
    assert ran(other, "store", "merge", file).stdout == f"{other.root}: 7 taken, 0 completed, 0 here already\n"
    assert len(printed(other, "store", "merge", file)["same"]) == 7
    assert ran(store, "store", "export", tmp_path / "w.tar.gz", "--weights").stdout.count("without") == 0
    assert ran(other, "store", "merge", tmp_path / "w.tar.gz").stdout.endswith("0 taken, 3 completed, 4 here already\n")


def test_an_export_may_be_of_some_jobs_only(store: Store, plan: Plan, tmp_path: Path) -> None:
    """It may be of a key with its inputs, or of a suite at a scale."""
    key = folder_of(store, plan, "evaluate").path.name.removeprefix("evaluate-")
    assert " 3 jobs, " in ran(store, "store", "export", tmp_path / "a.tar.gz", key).stdout
    arguments = ("store", "export", tmp_path / "b.tar.gz", "--suite", TABLE1, "--scale", "ci")
    assert f" {len(plan.jobs)} jobs, " in ran(store, *arguments).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--scale", "ci"), "--scale needs a --suite; name one"),
        (("0123", "--suite", "table1"), "name either keys or a --suite"),
        (("--suite", "table1", "--scale", "small"), "has no finished job to export"),
        (("0" * 20,), "has no job whose key begins with"),
    ],
)
def test_an_export_of_nothing_is_told(store: Store, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    """No file is written."""
    done = ran(store, "store", "export", tmp_path / "x.tar.gz", *arguments)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)
    assert not (tmp_path / "x.tar.gz").exists()


def test_a_conflict_ends_in_exit_2_and_may_be_settled_for_ours(store: Store, plan: Plan, tmp_path: Path) -> None:
    """It is named on standard error; with --keep-ours, on standard output."""
    file = tmp_path / "results.tar.gz"
    ran(store, "store", "export", file)
    folder = folder_of(store, plan, "evaluate")
    result = folder.read_result()
    assert result is not None
    folder.write_result(result | {"values": {"top1_error": 1.0}})
    done = program(tmp_path, "store", "merge", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{folder.path.name} (test cnn.ten_crop, seed 0): has another result than in runs (values)" in done.stderr
    said = ran(store, "store", "merge", file, "--keep-ours").stdout
    assert said.startswith(f"kept ours: {file}: {folder.path.name}")
    assert said.endswith("0 taken, 0 completed, 6 here already\n")


@pytest.mark.parametrize("arguments", [("verify",), ("store", "ls"), ("store", "gc")])
def test_a_store_that_is_not_there_is_told(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The error is one line with exit code 2."""
    done = ran(Store(tmp_path / "none"), *arguments)
    assert isinstance(done.exception, UsageError)
    assert "name one with --store DIR" in str(done.exception)


def test_a_misspelt_subcommand_has_a_nearest(store: Store) -> None:
    """Subcommands have suggestions like commands."""
    done = CliRunner().invoke(command, ["store", "exprt"])
    assert done.exit_code == 2
    assert "Did you mean 'export'?" in done.stderr


def test_what_may_not_be_read_is_told_in_one_line(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line has the file and the system's words."""

    def forbidden(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", forbidden)
    done = ran(store, "store", "ls")
    assert type(done.exception) is HarnessError
    assert str(done.exception) == f"{store.root} cannot be used: Permission denied"


HOLD = """
import sys
from pathlib import Path
from harness.store.locks import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_what_another_process_works_in_is_seen_and_left_alone(store: Store, plan: Plan) -> None:
    """It is listed as running, noted by verify, and not removed until the process has ended."""
    folder = folder_of(store, plan, "evaluate")
    folder.result.unlink()
    clear = ("store", "gc", "--unfinished", "--stale", "--keep", f"{TABLE1}:small", "--yes")
    command_line = [sys.executable, "-c", HOLD, str(folder.path)]
    with subprocess.Popen(
        command_line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        listed = {entry["folder"]: entry["state"] for entry in printed(store, "store", "ls")}
        assert listed[str(folder.path)] == "running"
        assert f"note: {folder.path}: is being worked on" in ran(store, "verify").stdout
        assert len(printed(store, *clear)["removed"]) == len(plan.jobs) - 1
        assert folder.job.exists()
        process.kill()
    assert [Path(one["path"]) for one in printed(store, *clear)["removed"]] == [folder.path]
    assert not folder.path.exists()
