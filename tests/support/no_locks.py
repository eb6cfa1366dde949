"""A file system without flock, as on some network disks."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def shim(folder: Path, code: str = "ENOSYS") -> dict[str, str]:
    """Return an environment in which Python's flock is refused."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import errno, fcntl, os\n"
        f"def refused(*_):\n    raise OSError(errno.{code}, os.strerror(errno.{code}))\n"
        "fcntl.flock = refused\n"
    )
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}
