"""Writes a report anew, and draws its page only where the page there is not the one that would be drawn.

A page is a function of both documents, of the reports beside it, and of the code that draws it. After drawing one, its
digest is kept in the user's cache folder, with a digest of all these. A later run draws nothing where all these are the
same and the page has still the same bytes. A page that was edited, or drawn by other code, is drawn again; so is every
page without such a record.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness.machine.cache import cache_folder
from harness.machine.entry_points import entries, sources
from harness.report.page.navigation import neighbours_of
from harness.report.page.report_files import Documents, documents_of
from harness.report.results.curves import Curves
from harness.report.results.document import Results
from harness.store.store import write_atomically

PACKAGE = Path(__file__).parent.parent.parent
LIBRARIES = ("jinja2", "markupsafe", "matplotlib", "numpy", "pillow", "pydantic", "scipy")
"""What pages are drawn with."""


def rewrite_report(results: Results, curves: Curves, folder: Path) -> Results:
    """Write a report like `render.write_report`, to the same bytes; nothing where all three files are there already."""
    documents = documents_of(results, curves)
    made_from = _digest_of_sources(documents, folder)
    if made_from is None or not _is_there(documents, made_from, folder):
        from harness.report.page.render import write_documents  # noqa: PLC0415 - jinja and matplotlib

        page = write_documents(documents, folder)
        if made_from is not None:
            _remember(made_from, page, folder)
    return Results.model_validate(documents.results)


def _is_there(documents: Documents, made_from: str, folder: Path) -> bool:
    """Check whether both documents and the page lie in the folder, and the page was drawn from just these."""
    try:
        same = all((folder / name).read_bytes() == text.encode() for name, text in documents.files.items())
        return same and _memory(folder).read_text() == _record(made_from, (folder / "index.html").read_bytes())
    except (OSError, RuntimeError, ValueError):  # nothing there, a user without a home, or a damaged record
        return False


def _remember(made_from: str, page: bytes, folder: Path) -> None:
    """Keep the digest of a page just drawn; where nothing can be written, nothing is kept and nothing is said.

    Code that was changed after this process had read it did not draw the page, so nothing is kept then either.
    """
    try:
        began = _beginning()
        if began is not None and all(os.stat(file).st_mtime < began for file in _sources()):  # noqa: PTH116 - as below
            write_atomically(_memory(folder), _record(made_from, page).encode())
    except (OSError, RuntimeError):
        return


def _beginning() -> float | None:
    """The time at which this process began, in seconds since the epoch; None where the system does not tell."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - age


def _record(made_from: str, page: bytes) -> str:
    return f"{made_from}\n{hashlib.sha256(page).hexdigest()}\n"


def _memory(folder: Path) -> Path:
    place = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return cache_folder() / "pages" / place


def _digest_of_sources(documents: Documents, folder: Path) -> str | None:
    """The sha256, in hexadecimal, of all that decides a page: documents, neighbours, code and libraries.

    None where a file of the code cannot be read, such as the lock of an editor: the page is then drawn.
    """
    digest = hashlib.sha256(f"{sys.version} {entries()} {neighbours_of(folder)}".encode())
    digest.update("\0".join(documents.files.values()).encode())
    digest.update("".join(f"{name} {_version(name)}\n" for name in LIBRARIES).encode())
    try:
        for file in _sources():
            with open(file, "rb") as opened:  # noqa: PTH123 - pathlib is slower, and the files are many
                content = opened.read()
            digest.update(f"{len(content)} {file}\0".encode(errors="surrogateescape") + content)
    except OSError:
        return None
    return digest.hexdigest()


def _sources() -> Iterator[str]:
    """Yield the paths of all files of the program and of its extensions."""
    for top in (PACKAGE, *sources()):
        yield from _files(top)


def _files(top: Path) -> Iterator[str]:
    """Yield the paths of all files of a package, in one order; bytecode aside, which follows from them."""
    if not top.is_dir():
        yield str(top)
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(set(folders) - {"__pycache__"})
        yield from (os.path.join(folder, name) for name in sorted(names))  # noqa: PTH118 - as above


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
