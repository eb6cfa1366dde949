"""The inventory of a store: every job once, with its state, age, size and time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from fabricated import finish
from filled_store import flip, folder_of

from harness.errors import UsageError
from harness.plan.graph import Plan
from harness.plan.job import Job
from harness.run.execute import written
from harness.store.inventory import Entry, bytes_of, contents, entries, sorted_by, with_key
from harness.store.store import Store


def one(store: Store, folder: Path) -> Entry:
    """Return the entry of a directory."""
    (entry,) = (entry for entry in entries(store) if entry.folder == str(folder))
    return entry


def test_every_job_is_listed_with_what_its_files_say(store: Store, plan: Plan) -> None:
    """Jobs are sorted by kind and label."""
    listed = entries(store)
    assert [entry.label for entry in listed] == [
        job.label for kind in ("evaluate", "pixels", "train") for job in plan.jobs.values() if job.kind == kind
    ]
    entry, folder = listed[0], folder_of(store, plan, "evaluate")
    assert (entry.state, entry.kind, entry.seconds, entry.folder) == ("done", "evaluate", 1.5, str(folder.path))
    assert entry.key in plan.jobs
    assert entry.bytes == sum(path.stat().st_size for path in folder.path.iterdir())


def test_the_age_is_since_the_end(store: Store, plan: Plan) -> None:
    """As the result says it, not as a copied file's date would."""
    folder = folder_of(store, plan, "train")
    cost = {"seconds": 1.5, "finished_at": "2026-01-05T10:21:44+00:00"}
    folder.write_result((folder.read_result() or {}) | {"cost": cost})
    entry = one(store, folder.path)
    ended = 1767608504  # 2026-01-05T10:21:44+00:00
    assert entry.age_s == pytest.approx(max(0.0, time.time() - ended), abs=60)


def test_every_state_has_its_name(store: Store, plan: Plan) -> None:
    """States follow from files and locks."""
    trains = [folder_of(store, plan, "train", number) for number in range(3)]
    tests = [folder_of(store, plan, "evaluate", number) for number in range(3)]
    result = trains[0].read_result()
    assert result is not None
    trains[0].write_result(result | {"outcome": "diverged"})
    trains[1].result.unlink()
    flip(trains[2].result)
    tests[0].path.rename(tests[0].path.with_name(tests[0].path.name + ".stale-1"))
    tests[1].result.unlink()
    with tests[1].locked():
        found = {Path(entry.folder): entry.state for entry in entries(store)}
    assert [found[folder.path] for folder in trains] == ["diverged", "unfinished", "damaged"]
    assert found[tests[0].path.with_name(tests[0].path.name + ".stale-1")] == "set aside"
    assert (found[tests[1].path], found[tests[2].path]) == ("running", "done")


def test_a_label_cannot_steer_the_terminal(store: Store) -> None:
    """Stores may come from anybody."""
    finish(store, Job("measure", {"what": "nothing"}, label="\x1b[2Jgone"))
    assert [entry.label for entry in entries(store) if entry.kind == "measure"] == ["?[2Jgone"]


def test_seed_ten_comes_after_seed_nine(tmp_path: Path) -> None:
    """Numbers in labels are sorted as numbers."""
    store = Store(tmp_path / "runs")
    for seed in (10, 9, 1):
        written(store, Job("train", {"seed": seed}, label=f"train net, seed {seed}"))
    assert [entry.label.split()[-1] for entry in entries(store)] == ["1", "9", "10"]


@pytest.mark.parametrize("what", ["age", "size", "seconds"])
def test_the_largest_comes_first(store: Store, plan: Plan, what: str) -> None:
    """This holds for age, size and time."""
    folder = folder_of(store, plan, "train", 1)
    folder.log.write_bytes(b"x" * 1_000_000)
    result = folder.read_result()
    assert result is not None
    folder.write_result(result | {"cost": {"seconds": 9.0, "finished_at": "2001-01-05T10:21:44+00:00"}})
    assert sorted_by(entries(store), what)[0].folder == str(folder.path)


def test_a_job_is_found_by_the_beginning_of_its_key(store: Store, plan: Plan) -> None:
    """The key may be short, whole, or with its kind."""
    folder = folder_of(store, plan, "pixels")
    key = next(key for key, job in plan.jobs.items() if job.kind == "pixels")
    for prefix in (key, key[:20], key[:12].upper(), folder.path.name):
        assert with_key(store, prefix) == folder


@pytest.mark.parametrize(
    ("prefix", "message"),
    [("", "is not a key"), ("xyz", "is not a key"), ("0" * 64, "has no job whose key begins with 0000")],
)
def test_no_such_key_is_told(store: Store, prefix: str, message: str) -> None:
    """The message is one line."""
    with pytest.raises(UsageError, match=message):
        with_key(store, prefix)


def test_a_key_that_means_several_is_told(tmp_path: Path) -> None:
    """The message lists the matching jobs."""
    store = Store(tmp_path / "runs")
    for seed in range(17):
        written(store, Job("train", {"seed": seed}))
    first = sorted(path.name.removeprefix("train-")[0] for path in store.root.iterdir())
    twice = next(letter for letter in first if first.count(letter) > 1)
    with pytest.raises(UsageError, match=r"has \d+ jobs \(train-.*whose key begins with"):
        with_key(store, twice)


def test_what_is_written_right_now_is_no_leftover(store: Store, plan: Plan) -> None:
    """Only old files, which nobody can still be writing, are left-overs."""
    folder = folder_of(store, plan, "train")
    mine = folder.path / ".job.json.x"
    mine.touch()
    assert contents(store).leftovers == []
    os.utime(mine, (0, 0))
    assert contents(store).leftovers == [mine]


def test_no_store_is_told(tmp_path: Path) -> None:
    """An empty list would look like an empty store."""
    with pytest.raises(UsageError, match=r"there is no store at .*; name one with --store DIR"):
        entries(Store(tmp_path / "none"))


def test_the_size_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    """Files in subfolders count, and links are not followed."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"12345")
    assert bytes_of(tmp_path / "a") == 5
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert bytes_of(tmp_path / "link") == (tmp_path / "link").lstat().st_size


def test_a_job_removed_while_it_is_listed_is_left_out(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may clean the store."""
    from harness.store import inventory

    gone, extent = folder_of(store, plan, "train").path, inventory._extent

    def vanish(folder: Path) -> tuple[int, float]:
        if folder == gone:
            raise FileNotFoundError
        return extent(folder)

    monkeypatch.setattr(inventory, "_extent", vanish)
    assert len(entries(store)) == len(plan.jobs) - 1
