"""Archives of results: the same jobs give the same bytes, and a hostile archive writes nothing outside its folder."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archives import member, members, raw, rebuilt, with_manifest
from filled_store import flip, folder_of, snapshot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError, Unsound, UsageError
from harness.plan.graph import Plan
from harness.store.archive import Manifest, export, unpack
from harness.store.soundness import faults_of
from harness.store.store import JobFolder, Store


@pytest.fixture
def sent(store: Store, tmp_path: Path) -> Path:
    """Return an archive of the whole store."""
    return exported(store, tmp_path / "results.tar.gz")


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """Return an empty folder inside another one, in which nothing may be written."""
    (tmp_path / "receiver" / "into").mkdir(parents=True)
    return tmp_path / "receiver" / "into"


def exported(store: Store, path: Path, *, weights: bool = False) -> Path:
    """Export every job of a store."""
    folders = [JobFolder(folder) for folder in store.root.glob("*-*")]
    export(path, folders, store.declarations.glob("*.json"), weights=weights)
    return path


def refused(path: Path, into: Path, message: str) -> None:
    """Assert that an archive is refused with one line, and that nothing is written outside its folder."""
    with pytest.raises(UsageError, match=message) as raised:
        unpack(path, into)
    assert "\n" not in str(raised.value)
    assert str(raised.value).startswith(f"{path}: ")
    assert [one.name for one in into.parent.iterdir()] == ["into"]
    assert not any(one.is_symlink() for one in into.rglob("*"))


def test_what_is_unpacked_is_what_was_exported(store: Store, sent: Path, into: Path, plan: Plan) -> None:
    """Every file but logs and weights arrives; each job is sound and lists the outputs left out."""
    folder_of(store, plan, "train").log.write_text("a path of this machine")
    unpack(sent, into)
    here, there = snapshot(store.root), snapshot(into)
    assert {name: there[name] for name in there if not name.endswith("left_out.json")} == {
        name: here[name] for name in here if not name.endswith(("weights.pt", "log.txt"))
    }
    folders = [JobFolder(path) for path in into.glob("*-*")]
    assert len(folders) == len(plan.jobs)
    assert [fault for folder in folders for fault in faults_of(folder)] == []


def test_weights_come_along_when_they_are_asked_for(store: Store, into: Path, tmp_path: Path) -> None:
    """With weights, nothing is left out."""
    unpack(exported(store, tmp_path / "whole.tar.gz", weights=True), into)
    assert snapshot(into) == snapshot(store.root)


def test_the_same_jobs_give_the_same_bytes(store: Store, sent: Path, tmp_path: Path) -> None:
    """The name of the file, the dates of the results and the order of the jobs do not matter."""
    copy = Store(tmp_path / "copy")
    shutil.copytree(store.root, copy.root, copy_function=shutil.copyfile)
    again = exported(copy, tmp_path / "other name.tar.gz")
    assert again.read_bytes() == sent.read_bytes()


def test_an_archive_is_a_plain_tar_that_says_nothing_of_its_maker(sent: Path) -> None:
    """Any program can read it; the manifest comes first, with the digest of every file."""
    found = members(sent)
    assert [one.name for one, _ in found] == ["manifest.json", *sorted(one.name for one, _ in found[1:])]
    assert {(one.uid, one.gid, one.uname, one.gname, one.mtime, one.mode) for one, _ in found} == {
        (0, 0, "", "", 0, 0o644)
    }
    manifest = Manifest.model_validate(json.loads(found[0][1]))
    assert {name: file.sha256 for name, file in manifest.files().items()} == {
        one.name: hashlib.sha256(content).hexdigest() for one, content in found[1:]
    }


def test_a_file_that_is_there_is_not_overwritten(store: Store, sent: Path) -> None:
    """The existing file may be the only copy of something."""
    before = sent.read_bytes()
    with pytest.raises(UsageError, match="is there already; name another file"):
        exported(store, sent)
    assert sent.read_bytes() == before


def test_what_is_damaged_is_not_exported(store: Store, plan: Plan, tmp_path: Path) -> None:
    """No partial archive is left."""
    flip(folder_of(store, plan, "evaluate").predictions)
    with pytest.raises(Unsound, match=r"predictions\.npz: is damaged"):
        exported(store, tmp_path / "x.tar.gz")
    folder_of(store, plan, "pixels").result.unlink()
    with pytest.raises(HarnessError, match="no result yet, and only finished jobs"):
        export(tmp_path / "x.tar.gz", [folder_of(store, plan, "pixels")], [], weights=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs"]


HOSTILE: dict[str, tuple[Callable[[list[Any]], list[Any]], str]] = {
    "above": (lambda found: [*found, member("../escaped", b"x")], "'../escaped' is not in its manifest"),
    "absolute": (lambda found: [*found, member("/tmp/escaped", b"x")], "'/tmp/escaped' is not in its manifest"),
    "link": (
        lambda found: [found[0], member("declarations/x", type=tarfile.SYMTYPE, linkname="/etc"), *found[1:]],
        "is not a plain file",
    ),
    "hard link": (
        lambda found: [found[0], member(found[1][0].name, type=tarfile.LNKTYPE, linkname="/etc/passwd")],
        "is not a plain file",
    ),
    "device": (lambda found: [*found, member("null", type=tarfile.CHRTYPE)], "is not a plain file"),
    "pipe": (lambda found: [*found, member("pipe", type=tarfile.FIFOTYPE)], "is not a plain file"),
    "folder": (lambda found: [*found, member("folder", type=tarfile.DIRTYPE)], "is not a plain file"),
    "long name": (lambda found: [*found, member("x/" * 5000, b"x")], "is not a plain file"),
    "extended header": (
        lambda found: [member("x", b"30 path=../escaped\n", type=tarfile.XHDTYPE), *found],
        "is not a plain file",
    ),
    "sparse": (lambda found: [*found, member("x", type=tarfile.GNUTYPE_SPARSE)], "is not a plain file"),
    "twice": (lambda found: [*found, found[1]], "is not in its manifest"),
    "missing": (lambda found: found[:-1], "is missing"),
    "other content": (
        lambda found: [*found[:-1], (found[-1][0], b"x" * len(found[-1][1]))],
        "its digest is not the one in the manifest",
    ),
    "larger": (
        lambda found: [*found[:-1], member(found[-1][0].name, found[-1][1] + b"x")],
        "bytes where the manifest says",
    ),
    "manifest last": (lambda found: [*found[1:], found[0]], "it does not begin with manifest.json"),
    "empty": (lambda _: [], "it does not begin with manifest.json"),
    "a file of no job": (lambda found: [*found, member("README", b"x")], "'README' is not in its manifest"),
    "steering": (lambda found: [*found, member("\x1b[2J", b"x")], r"'\\x1b\[2J' is not in its manifest"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_archive_that_is_not_as_it_says_is_refused(sent: Path, into: Path, name: str) -> None:
    """Each way to turn a tar against its reader is tried."""
    change, message = HOSTILE[name]
    refused(rebuilt(sent, change), into, message)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("jobs/../../escaped", {"job.json": {"sha256": "0" * 64, "bytes": 1}}),
        ("jobs/train-" + "0" * 20, {"../x": {"sha256": "0" * 64, "bytes": 1}}),
        ("jobs/train-" + "0" * 20, {"log.txt": {"sha256": "0" * 64, "bytes": 1}}),
        ("declarations/../x.json", {"sha256": "0" * 64, "bytes": 1}),
        ("declarations/a-b-ci.json", {"sha256": "0" * 64, "bytes": -1}),
        ("declarations/a-b-ci.json", {"sha256": "short", "bytes": 1}),
        ("format", 2),
        ("more", 1),
    ],
)
def test_a_manifest_with_anything_else_in_it_is_refused(sent: Path, into: Path, place: str, value: Any) -> None:
    """A valid seal does not help."""

    def change(content: dict[str, Any]) -> None:
        where, _, name = place.partition("/")
        if name:
            content[where][name] = value
        else:
            content[where] = value

    refused(with_manifest(sent, change), into, "its manifest is malformed")


def test_an_edited_manifest_is_refused(sent: Path, into: Path) -> None:
    """Its seal is broken."""
    refused(with_manifest(sent, lambda content: content["declarations"].clear(), sealed=False), into, "was edited")


def test_more_than_there_is_room_for_is_refused_before_it_is_written(sent: Path, into: Path) -> None:
    """A manifest that announces a petabyte gives one line."""

    def change(content: dict[str, Any]) -> None:
        content["jobs"]["train-" + "0" * 20] = {"weights.pt": {"sha256": "0" * 64, "bytes": 1 << 50}}

    with pytest.raises(UsageError, match=r"unpacks to .* bytes, and .* are free at"):
        unpack(with_manifest(sent, change), into)
    assert list(into.iterdir()) == []


def test_a_document_too_large_to_read_is_refused(sent: Path, into: Path) -> None:
    """Documents are read into memory, so their size is limited."""

    def change(content: dict[str, Any]) -> None:
        content["jobs"]["train-" + "0" * 20] = {"result.json": {"sha256": "0" * 64, "bytes": (64 << 20) + 1}}

    refused(with_manifest(sent, change), into, "a document in it is larger than 67,108,864 bytes")


def test_a_bomb_is_never_unpacked(tmp_path: Path, into: Path) -> None:
    """A gigabyte of zeros in a megabyte is not read, because the manifest does not announce it."""
    header, _ = member("manifest.json", size=1 << 40)
    path = raw(tmp_path / "bomb.tar.gz", header.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 24))
    refused(path, into, "it does not begin with manifest.json")


@pytest.mark.parametrize(
    "content", [b"", b"not an archive", b"\x1f\x8b", gzip.compress(b"", mtime=0), gzip.compress(b"x" * 600, mtime=0)]
)
def test_what_is_no_archive_is_told(tmp_path: Path, into: Path, content: bytes) -> None:
    """Each such file gives one line."""
    path = tmp_path / "x.tar.gz"
    path.write_bytes(content)
    refused(path, into, "is cut short or damaged|it does not begin with")


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path, into: Path) -> None:
    """The message has the system's words."""
    with pytest.raises(UsageError, match=r"cannot be unpacked \(No such file or directory\)"):
        unpack(tmp_path / "none.tar.gz", into)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_archive_cut_or_damaged_anywhere_is_refused_or_whole(
    store: Store, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Accepted files are byte for byte what was sent, and no error is a traceback."""
    folder = tmp_path_factory.mktemp("cut")
    path = exported(store, folder / "x.tar.gz")
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:place]
    else:
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bytes(content))
    (folder / "into").mkdir()
    try:
        unpack(path, folder / "into")
    except UsageError:
        return
    for name, file in snapshot(folder / "into").items():
        if not name.endswith("left_out.json"):
            assert file == (store.root / name).read_bytes()


def test_no_byte_is_read_past_what_is_awaited(sent: Path, into: Path) -> None:
    """Bytes after the end of the tar are ignored."""
    sent.write_bytes(sent.read_bytes() + gzip.compress(bytes(1 << 20)))
    assert unpack(sent, into).format == 1
