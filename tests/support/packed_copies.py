"""The same compact copy in class folders and in packs, and damage to packs."""

from __future__ import annotations

from pathlib import Path

from compact_copies import made

from harness.data.locate import Locations
from harness.data.spec import DataSpec, Prepare, Subset
from harness.data.splits import Split, open_split
from harness.ingest.encode import Compact

SHORT_SIDE = 48
FORMS = ("jpeg", "raw")


def compact(form: str | None, short_side: int | None = SHORT_SIDE) -> Compact:
    """Return the settings of a copy; without a form, in class folders."""
    return Compact(short_side, 90, form)


def in_every_form(originals: Path, folder: Path, short_side: int | None = SHORT_SIDE, **more) -> dict[str, Path]:
    """Make a copy in each form; `folders` has class folders."""
    copies = {"folders": None, "jpeg": "jpeg", "raw": "raw"}
    for name, form in copies.items():
        made(originals, folder / name, compact(form, short_side), **more)
    return {name: folder / name for name in copies}


def opened(
    copy: Path, split: str, prepare: Prepare | None = None, subset: Subset | None = None, name: str = "ilsvrc2012"
) -> Split:
    """Open a split of a copy, read by two threads."""
    spec = DataSpec(name=name, subset=subset, prepare=prepare or Prepare(short_side=32, center=32))
    return open_split(spec, split, Locations.gather(named=[f"{name}={copy}"], config_files=()), threads=2)


def flip(path: Path, at: int) -> None:
    """Change one byte of a file."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
