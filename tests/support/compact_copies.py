"""Compact copies of a miniature ImageNet, made by the code behind `data prepare`."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from image_layouts import make_originals

from harness.data.prepared import Copy
from harness.ingest.encode import Compact
from harness.ingest.prepare import prepare
from harness.progress import Progress
from harness.stop_signal import StopSignal

ORIGINALS = make_originals()


DATASET = ORIGINALS.declared()


COMPACT = Compact(48, 90)


def made(folder: Path, out: Path, compact=COMPACT, dataset=DATASET, **more) -> Copy:
    """Make a copy of the image set in a folder."""
    settings = {"allow_damaged": 0.0, "threads": 2, "progress": Progress(io.StringIO()), "stop": StopSignal()}
    return prepare(dataset, folder, out, compact, **settings | more)


def contents(folder: Path) -> dict[str, str]:
    """Return the digest of every file, by name."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
