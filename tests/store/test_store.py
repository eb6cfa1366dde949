"""The store: complete files or none, seals that break, one process for each job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import HarnessError, UsageError
from harness.store.documents import json_text, seal
from harness.store.store import KEY_LETTERS, JobFolder, Store, file_sha256, make_writable, write_atomically, write_json

KEY = "ab12" * 16


def finished(folder: Path, **more: Any) -> JobFolder:
    """Return a job with a result and one output."""
    job = JobFolder(folder / f"train-{KEY[:KEY_LETTERS]}")
    job.path.mkdir(parents=True)
    job.weights.write_bytes(b"weights")
    job.write_result({"outcome": "done", "values": {"top1_error": 37.5}, **more})
    return job


def raising(error: BaseException) -> Any:
    """Return a function that raises this error."""

    def act(*_: Any, **__: Any) -> None:
        raise error

    return act


def test_a_write_replaces_the_whole_file(tmp_path: Path) -> None:
    """Folders are created, and no temporary file is left."""
    path = tmp_path / "below" / "file"
    write_atomically(path, b"first, which is longer")
    write_atomically(path, b"second")
    assert (path.read_bytes(), list(path.parent.iterdir())) == (b"second", [path])


@pytest.mark.parametrize(
    "crashing", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.chmod"], ids=["fsync", "replace", "chmod"]
)
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "stopped"]
)
def test_a_crash_in_the_middle_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crashing: str, error: BaseException
) -> None:
    """No half-written file is left beside it."""
    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr(crashing, raising(error))
    with pytest.raises(type(error)):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_a_write_reaches_the_disk_before_the_name_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content is synced, then renamed, then the folder is synced."""
    order: list[str] = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda number: (order.append("sync"), sync(number))[1])
    monkeypatch.setattr(Path, "replace", lambda path, to: (order.append("rename"), replace(path, to))[1])
    write_atomically(tmp_path / "file", b"x")
    assert order == ["sync", "rename", "sync"]


def test_a_written_file_can_be_read_by_others(tmp_path: Path) -> None:
    """A temporary file's own mode would allow its owner only."""
    write_atomically(tmp_path / "file", b"x")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


@given(
    st.dictionaries(
        st.text(),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    )
)
def test_a_seal_fits_what_it_seals_and_nothing_else(document: dict[str, Any]) -> None:
    """It survives JSON, and any other content has another seal."""
    sealed = seal(document)
    back = json.loads(json_text(sealed))
    assert seal(back) == back
    changed = back | {"another": 1} if "another" not in back else back | {"another": [back["another"]]}
    assert seal(changed) != changed


def test_json_on_disk_has_one_spelling() -> None:
    """Keys are sorted, letters readable, NaN is refused, and a newline ends the file."""
    assert json_text({"b": 1, "a": "é"}) == '{\n "a": "é",\n "b": 1\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"a": float("nan")})


def test_a_result_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """It holds the digests of its outputs."""
    job = finished(tmp_path)
    result = job.read_result()
    assert result is not None
    assert (result["outcome"], result["values"]) == ("done", {"top1_error": 37.5})
    assert result["outputs"] == {"weights.pt": file_sha256(job.weights)}


def test_a_result_holds_the_digests_of_what_it_stands_beside(tmp_path: Path) -> None:
    """A changed environment or label would go unnoticed otherwise."""
    job = JobFolder(tmp_path)
    write_json(job.job, {"key": KEY})
    write_json(job.environment, {"cores": 2})
    job.write_result({"outcome": "done"})
    assert (job.read_result() or {})["beside"] == {
        "job.json": file_sha256(job.job),
        "environment.json": file_sha256(job.environment),
    }


def test_no_result_is_none(tmp_path: Path) -> None:
    """The job is unfinished."""
    assert JobFolder(tmp_path / "absent").read_result() is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("37.5", "17.5"),
        lambda text: text.replace('"done"', '"dome"'),
        lambda text: text[: len(text) // 2],
        lambda _: "",
        lambda _: "[]",
        lambda _: "null",
        lambda text: text.replace("37.5", "NaN"),
        lambda _: '{"format": 1}',
        lambda text: text + "x",
    ],
    ids=["edited", "letter", "half", "empty", "list", "null", "nan", "unsealed", "more"],
)
def test_a_result_edited_or_cut_short_is_damaged(tmp_path: Path, damage: Any) -> None:
    """The message names the file and the remedy."""
    job = finished(tmp_path)
    job.result.write_text(damage(job.result.read_text()))
    with pytest.raises(HarnessError, match=r"result\.json is damaged or was edited.*move the folder away"):
        job.read_result()


def test_a_result_of_another_format_is_not_read(tmp_path: Path) -> None:
    """A valid seal does not help."""
    job = finished(tmp_path)
    write_json(job.result, seal({"format": 99}))
    with pytest.raises(HarnessError, match="has format 99, this program reads 1"):
        job.read_result()


def test_a_result_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """A folder may stand in its place."""
    job = JobFolder(tmp_path)
    job.result.mkdir()
    with pytest.raises(HarnessError, match=r"result\.json cannot be read"):
        job.read_result()


@pytest.mark.parametrize("content", ["", "{", '{"kind":'])
def test_a_damaged_job_is_told(tmp_path: Path, content: str) -> None:
    """The message gives the remedy."""
    (tmp_path / "job.json").write_text(content)
    with pytest.raises(HarnessError, match=r"job\.json is damaged; move"):
        JobFolder(tmp_path).read_job()


@pytest.mark.parametrize("content", [None, "{"])
def test_an_environment_lost_or_damaged_is_told(tmp_path: Path, content: str | None) -> None:
    """A result without a known machine is not reported."""
    if content is not None:
        (tmp_path / "environment.json").write_text(content)
    with pytest.raises(HarnessError, match="is missing or damaged"):
        JobFolder(tmp_path).read_environment()


def test_metrics_are_read_line_by_line(tmp_path: Path) -> None:
    """There are none before the first epoch, and a damaged line is an error."""
    folder = JobFolder(tmp_path)
    assert folder.read_metrics() == []
    folder.metrics.write_text('{"epoch": 1}\n{"epoch": 2}\n')
    assert folder.read_metrics() == [{"epoch": 1}, {"epoch": 2}]
    folder.metrics.write_text('{"epoch": 1}\n{"epo')
    with pytest.raises(HarnessError, match=r"metrics\.jsonl is damaged"):
        folder.read_metrics()


def test_an_input_lies_beside_and_a_stale_one_does_not_count(tmp_path: Path) -> None:
    """A job finds its inputs by their keys."""
    job = finished(tmp_path)
    stale = job.path.with_name(f"{job.path.name}.stale-1")
    stale.mkdir()
    asking = JobFolder(tmp_path / "evaluate-0")
    assert asking.sibling(KEY) == job
    job.path.rename(tmp_path / "elsewhere")
    with pytest.raises(HarnessError, match="which is not beside it"):
        asking.sibling(KEY)


LOCK = """
import sys
from pathlib import Path
from harness.store.store import JobFolder
with JobFolder(Path(sys.argv[1])).locked():
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Any:
    """Start another process that holds a job's lock."""
    command = [sys.executable, "-c", LOCK, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_two_processes_never_work_on_one_job(tmp_path: Path, other: Any) -> None:
    """The second is refused at once."""
    with pytest.raises(UsageError, match="another process is working on this job"), JobFolder(tmp_path).locked():
        pytest.fail("the lock was given twice")


def test_a_lock_dies_with_its_process(tmp_path: Path, other: Any) -> None:
    """No file has to be removed by hand."""
    other.kill()
    other.wait()
    with JobFolder(tmp_path).locked():
        pass


def test_a_lock_is_given_back(tmp_path: Path) -> None:
    """It is released also where the work fails."""
    with pytest.raises(ZeroDivisionError), JobFolder(tmp_path).locked():
        raise ZeroDivisionError
    with JobFolder(tmp_path).locked():
        pass


def test_a_job_has_its_folder_by_kind_and_key(tmp_path: Path) -> None:
    """The folder need not exist."""
    assert Store(tmp_path).folder("train", KEY).path == tmp_path / f"train-{KEY[:20]}"


def test_a_store_is_made_where_there_is_none(tmp_path: Path) -> None:
    """Every folder above it is created as well."""
    Store(tmp_path / "a" / "b").prepare()
    assert (tmp_path / "a" / "b").is_dir()


def test_a_store_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes before any work, and suggests another folder."""
    monkeypatch.setattr("tempfile.TemporaryFile", raising(OSError(30, "Read-only file system")))
    with pytest.raises(UsageError, match=r"the store .* cannot be written \(Read-only file system\); .*--store DIR"):
        Store(tmp_path).prepare()


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    """The message names the purpose and the remedy."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"the report .*/file/below cannot be written .*; try another"):
        make_writable(tmp_path / "file" / "below", "the report", "try another")


def test_a_file_is_no_store(tmp_path: Path) -> None:
    """Every use of it is refused."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is not a folder; name another with --store DIR"):
        Store(tmp_path / "file")


@pytest.mark.parametrize("content", ['{"note": "\\ud800"}', '{"seal": 1}', "[]", "[" * 100_000])
def test_an_environment_of_another_shape_is_told(tmp_path: Path, content: str) -> None:
    """One case is a lone surrogate, which has no digest."""
    (tmp_path / "environment.json").write_text(content)
    with pytest.raises(HarnessError, match="is missing or damaged"):
        JobFolder(tmp_path).read_environment()
