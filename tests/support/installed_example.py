"""The package of `examples/resnet` as it is once installed: built by its own `pyproject.toml` into a folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from once import made_once

ROOT = Path(__file__).parent.parent.parent

INSTALL = "import setuptools; setuptools.setup()"


def installed_example(factory: pytest.TempPathFactory) -> Path:
    """The folder it is installed in, by setuptools alone, for pip would fetch what builds wheels; made once."""

    def make(folder: Path) -> None:
        source = folder / "source"
        shutil.copytree(ROOT / "examples" / "resnet", source, ignore=shutil.ignore_patterns("__pycache__", "runs"))
        arguments = ["install", "--single-version-externally-managed", "--root", "/", "--install-lib"]
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", INSTALL, "-q", *arguments, str(folder / "lib"),
             "--record", str(folder / "record.txt")],
            cwd=source, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        shutil.rmtree(source)

    return made_once(factory, "resnet", make) / "lib"
