"""The environment of a run: recorded facts about a machine, and facts that are never recorded."""

from __future__ import annotations

import getpass
import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.machine import environment as module
from harness.machine.environment import commit, environment, gpu_uuids, gpus, processor


@pytest.fixture(autouse=True)
def _fresh():
    """Clear the caches before and after a test."""
    for cached in (commit, gpu_uuids, gpus, processor):
        cached.cache_clear()
    yield
    for cached in (commit, gpu_uuids, gpus, processor):
        cached.cache_clear()


def test_versions_machine_and_commit_are_recorded() -> None:
    """The record is plain JSON."""
    found = json.loads(json.dumps(environment()))
    assert found.keys() == {"harness", "commit", "python", "system", "processor", "cores", "gpus", "packages"}
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"torch", "numpy", "scipy"} <= found["packages"].keys()


def test_nothing_names_a_host_a_user_or_a_home() -> None:
    """Reports are public."""
    text = json.dumps(environment())
    for secret in (socket.gethostname(), getpass.getuser(), str(Path.home()), str(Path.cwd())):
        assert len(secret) < 3 or secret not in text


def test_a_package_that_is_not_there_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing package is no error."""
    monkeypatch.setattr(module, "_PACKAGES", ("no-such-package",))
    assert environment()["packages"] == {"no-such-package": None}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the package's sources, to be changed."""
    copy = tmp_path / "clone" / "harness"
    shutil.copytree(module._PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(module, "_PACKAGE", copy)
    return copy


def test_outside_a_clone_there_is_no_commit(package: Path) -> None:
    """An installed wheel has its version."""
    assert commit() is None


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_commit_says_when_files_differ_from_it(package: Path) -> None:
    """A result of changed code does not belong to the commit."""
    git = ["git", "-C", str(package.parent), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    clean = commit()
    assert clean is not None
    assert len(clean) == 40
    (package / "cli/main.py").write_text("# changed\n")
    commit.cache_clear()
    assert commit() == f"{clean}+changes"


def test_a_git_that_fails_is_no_error(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone on a machine without git has no known commit."""
    (package.parent / ".git").mkdir()
    assert commit() is None
    commit.cache_clear()
    monkeypatch.setenv("PATH", "")
    assert commit() is None


class FakeNvml(SimpleNamespace):
    """The part of pynvml that the program uses, with one GPU."""

    class NVMLError(Exception):
        """The error of every call."""

    def __init__(self, failing: str = "") -> None:
        answers: dict[str, Any] = {
            "nvmlInit": None,
            "nvmlShutdown": None,
            "nvmlSystemGetDriverVersion": "580.95",
            "nvmlDeviceGetCount": 1,
            "nvmlDeviceGetHandleByIndex": "handle",
            "nvmlDeviceGetName": "NVIDIA H200",
            "nvmlDeviceGetUUID": "GPU-8932f937",
            "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=150_754_820_096),
        }
        super().__init__(**{name: self.answering(answer, fails=name == failing) for name, answer in answers.items()})

    def answering(self, answer: Any, *, fails: bool) -> Any:
        """Return a call."""

        def call(*_: Any) -> Any:
            if fails:
                raise self.NVMLError
            return answer

        return call


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set up a machine with an NVIDIA driver."""
    monkeypatch.setattr(module, "_DRIVER", (tmp_path,))


def test_gpus_are_told_apart_by_their_uuids(driver: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """UUIDs are not recorded."""
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml())
    assert gpu_uuids() == ["GPU-8932f937"]
    assert "GPU-8932f937" not in json.dumps(environment())


def test_gpus_are_named_with_memory_and_driver(driver: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """NVML provides them, without torch."""
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml())
    assert gpus() == [{"name": "NVIDIA H200", "memory_bytes": 150_754_820_096, "driver": "580.95"}]


@pytest.mark.parametrize("failing", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetMemoryInfo"])
def test_a_driver_that_does_not_answer_is_no_gpu(driver: None, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    """It is no error either."""
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(failing))
    assert gpus() == []


def test_without_a_driver_nvml_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The import would be slow and find nothing."""
    monkeypatch.setattr(module, "_DRIVER", (tmp_path / "none",))
    monkeypatch.setattr(module.platform, "system", lambda: "Linux")
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert gpus() == []


def test_the_processor_has_a_name() -> None:
    """The name is one line of text."""
    assert processor().strip()
    assert "\n" not in processor()


def test_a_processors_kind_is_more_than_its_name() -> None:
    """The description is the same each time."""
    from harness.machine.environment import processor_kind

    processor_kind.cache_clear()
    first = processor_kind()
    processor_kind.cache_clear()
    assert first == processor_kind()
    if Path("/proc/cpuinfo").exists():
        assert first
        assert "\n" not in first
