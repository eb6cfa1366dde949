"""Limits of control groups of both versions, of this process's group and of the groups above it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_layouts import write

from harness.machine import cgroups
from harness.machine.cgroups import cpu_quota, memory_limit
from harness.machine.doctor.computing import device
from harness.machine.environment import environment
from harness.machine.runtime import cores


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that writes the files of control groups and the list of this process's groups."""

    def make(own: str, files: dict[str, str]) -> None:
        monkeypatch.setattr(cgroups, "ROOT", tmp_path / "cgroup")
        monkeypatch.setattr(cgroups, "OWN", write(tmp_path / "own", own))
        for name, content in files.items():
            write(tmp_path / "cgroup" / name, content)

    (tmp_path / "cgroup").mkdir()
    return make


V2, V1 = "0::/\n", "4:cpu,cpuacct:/job/7\n9:memory:/job/7\n"
NESTED = "0::/slurm/job/step\n"


@pytest.mark.parametrize(
    ("own", "files", "quota"),
    [
        (V2, {"cpu.max": "150000 100000\n"}, 1.5),
        (V2, {"cpu.max": "max 100000\n"}, None),
        (V2, {}, None),
        (V2, {"cpu.max": "nonsense"}, None),
        (NESTED, {"slurm/job/cpu.max": "400000 100000\n", "slurm/job/step/cpu.max": "max 100000\n"}, 4.0),
        (NESTED, {"slurm/cpu.max": "200000 100000", "slurm/job/step/cpu.max": "300000 100000"}, 2.0),
        (V1, {"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 0.5),
        (V1, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        (V1, {"cpu,cpuacct/job/7/cpu.cfs_quota_us": "300000", "cpu,cpuacct/job/7/cpu.cfs_period_us": "100000"}, 3.0),
    ],
)
def test_the_quota_is_the_smallest_above(groups, own: str, files: dict[str, str], quota: float | None) -> None:
    """An unreadable file sets no limit."""
    groups(own, files)
    assert cpu_quota() == quota


@pytest.mark.parametrize(
    ("own", "files", "limit"),
    [
        (V2, {"memory.max": "max\n"}, None),
        (NESTED, {"slurm/job/memory.max": "4096\n", "memory.max": "9999\n"}, 4096),
        (V1, {"memory/memory.limit_in_bytes": "123\n"}, 123),
        (V1, {"memory/job/memory.limit_in_bytes": "12\n"}, 12),
    ],
)
def test_so_is_the_limit_of_memory(groups, own: str, files: dict[str, str], limit: int | None) -> None:
    """Both versions are read."""
    groups(own, files)
    assert memory_limit() == limit


@pytest.mark.parametrize(("quota", "expected"), [("50000", 1), ("100000", 1), ("190000", 1), ("6400000", None)])
def test_threads_keep_within_the_quota(groups, quota: str, expected: int | None) -> None:
    """A thread that often has no core only makes the others wait."""
    groups(V2, {})
    free = cores()
    groups(V2, {"cpu.max": f"{quota} 100000"})
    assert cores() == (expected or free)


def test_it_is_shown(groups) -> None:
    """`doctor` and `env` show it."""
    groups(V2, {"cpu.max": "150000 100000"})
    assert "1 core (limited to the time of 1.5 here)" in device("cpu").says
    found = environment()
    assert (found["cores"], found["cpu_quota"]) == (1, 1.5)
    groups(V2, {"cpu.max": "max 100000"})
    assert "cpu_quota" not in environment()


@given(st.text(max_size=60))
def test_any_file_is_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Any content is accepted."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = tmp_path_factory.mktemp("groups")
        monkeypatch.setattr(cgroups, "ROOT", folder)
        monkeypatch.setattr(cgroups, "OWN", write(folder / "own", text.encode("utf-8", "replace")))
        write(folder / "cpu.max", text.encode("utf-8", "replace"))
        cpu_quota()
        memory_limit()
