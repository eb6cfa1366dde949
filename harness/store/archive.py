"""Archives of results: one tar file with a manifest, to carry finished jobs to another machine.

The same jobs give the same bytes. The reader accepts only plain files of known names with the size and digest of the
manifest. An archive from a stranger can therefore write only into the folder it is unpacked into, and no more bytes
than its manifest announces.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from harness.errors import Unsound, UsageError
from harness.store.documents import json_text, seal
from harness.store.soundness import Digest, faults_of, result_of
from harness.store.store import JobFolder, file_sha256, open_atomically

FORMAT = 1
MANIFEST = "manifest.json"
LARGEST_DOCUMENT = 64 << 20
"""The largest JSON file, in bytes, that is read into memory; those of the shipped suites take some kilobytes."""

LARGEST_ARRAYS = 32 << 30
"""The largest size, in bytes, of one file's arrays after decompression; 150,000 predictions of 1000 classes take 600
MB."""

_BLOCK = 512
_CHUNK = 1 << 20
FolderName = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,40}-[0-9a-f]{20}$")]
DeclarationName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}-[a-z0-9_]{1,64}-[a-z]{1,20}\.json$")]
FileName = Literal[
    "job.json", "result.json", "environment.json", "left_out.json", "metrics.jsonl", "weights.pt", "predictions.npz",
    "pixels.npz", "inspection.npz", "vocabulary.npz", "classifier.npz", "codes.npy",
]  # fmt: skip
"""Names of the files that an archive may hold for a job. The log is left out because it may name folders of the
machine."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class File(_Record):
    """The size and digest of one file in an archive."""

    sha256: Digest
    bytes: int = Field(ge=0)


class Manifest(_Record):
    """The first member of an archive: the files of each job, by folder and name, and the declarations."""

    format: Literal[1]
    jobs: dict[FolderName, dict[FileName, File]]
    declarations: dict[DeclarationName, File]
    seal: Digest

    def files(self) -> dict[str, File]:
        """Return every file by its path in the archive, sorted."""
        found = {f"{folder}/{name}": file for folder, files in self.jobs.items() for name, file in files.items()}
        found |= {f"declarations/{name}": file for name, file in self.declarations.items()}
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Exported:
    """The outcome of an export."""

    jobs: int
    bytes: int
    """Size of the archive."""
    left_out: int
    """Number of jobs whose outputs were not all exported."""


def export(path: Path, folders: Iterable[JobFolder], declarations: Iterable[Path], *, weights: bool) -> Exported:
    """Write finished jobs into an archive, completely or not at all.

    Without `weights`, the weights of nets are left out and listed in `left_out.json`. Raises UsageError where `path`
    exists already or a job is unfinished, Unsound where a job is damaged.
    """
    if path.exists():
        raise UsageError(f"{path} is there already; name another file, or move it away")
    content: dict[str, bytes | Path] = {f"declarations/{one.name}": one for one in declarations}
    jobs, left = sorted(folders, key=lambda folder: folder.path.name), 0
    for folder in jobs:
        files = _job_files(folder, weights=weights)
        left += "left_out.json" in files
        content |= {f"{folder.path.name}/{name}": file for name, file in files.items()}
    manifest = _manifest(content)
    with open_atomically(path) as handle, _deterministic(handle) as archive:
        _add(archive, MANIFEST, json_text(manifest).encode())
        for name in sorted(content):
            _add(archive, name, content[name])
    return Exported(len(jobs), path.stat().st_size, left)


def _job_files(folder: JobFolder, *, weights: bool) -> dict[str, bytes | Path]:
    """Return the files of one job for the archive, by name."""
    if faults := faults_of(folder):
        raise Unsound("\n".join(map(str, faults)))
    result = result_of(folder)
    if result is None:
        raise UsageError(f"{folder.path} has no result yet, and only finished jobs are exported")
    large = () if weights else (folder.weights, folder.codes, folder.classifier)
    taken = [path for path in folder.outputs if path.exists() and path not in large]
    files: dict[str, bytes | Path] = {
        path.name: path for path in (folder.job, folder.result, folder.environment, *taken)
    }
    left = {name: digest for name, digest in result.outputs.items() if name not in files}
    if left:
        files[folder.left_out.name] = json_text(seal({"files": left})).encode()
    return files


def _manifest(content: dict[str, bytes | Path]) -> dict[str, object]:
    described: dict[str, dict[str, dict[str, object]]] = {}
    for name, source in content.items():
        folder, _, file = name.partition("/")
        if isinstance(source, Path):
            about: dict[str, object] = {"sha256": file_sha256(source), "bytes": source.stat().st_size}
        else:
            about = {"sha256": hashlib.sha256(source).hexdigest(), "bytes": len(source)}
        described.setdefault(folder, {})[file] = about
    declarations = described.pop("declarations", {})
    return seal({"format": FORMAT, "jobs": described, "declarations": declarations})


@contextmanager
def _deterministic(handle: IO[bytes]) -> Iterator[tarfile.TarFile]:
    """Open a compressed tar for writing that records no date, user or file name."""
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=handle, mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        yield archive


def _add(archive: tarfile.TarFile, name: str, source: bytes | Path) -> None:
    about = tarfile.TarInfo(name)
    about.mode = 0o644
    if isinstance(source, Path):
        about.size = source.stat().st_size
        with source.open("rb") as file:
            archive.addfile(about, file)
    else:
        about.size = len(source)
        archive.addfile(about, io.BytesIO(source))


def unpack(path: Path, into: Path) -> Manifest:
    """Unpack an archive into an empty folder and return its manifest.

    Raises UsageError where the archive is damaged or holds anything that its manifest does not announce.
    """
    try:
        with gzip.open(path, "rb") as packed:
            manifest = _read_manifest(path, packed)
            _require_room(path, manifest, into)
            awaited = manifest.files()
            while (about := _next(path, packed)) is not None:
                if about.name not in awaited:
                    raise _refused(path, f"{_shown(about.name)} is not in its manifest")
                _unpack_file(path, packed, about, awaited.pop(about.name), into / about.name)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None and not isinstance(error, gzip.BadGzipFile):
            raise UsageError(f"{path} cannot be unpacked ({error.strerror})") from None
        raise _refused(path, "is cut short or damaged") from None
    if awaited:
        raise _refused(path, f"{next(iter(awaited))} is missing")
    return manifest


def _read_manifest(path: Path, packed: gzip.GzipFile) -> Manifest:
    about = _next(path, packed)
    if about is None or about.name != MANIFEST or about.size > LARGEST_DOCUMENT:
        raise _refused(path, f"it does not begin with {MANIFEST}")
    try:
        content = json.loads(b"".join(_content(packed, about.size)))
        manifest = Manifest.model_validate(content)
    except (ValidationError, ValueError, RecursionError):
        raise _refused(path, "its manifest is malformed") from None
    if seal(content) != content:
        raise _refused(path, "its manifest is damaged or was edited")
    documents = (file for name, file in manifest.files().items() if name.endswith((".json", ".jsonl")))
    if any(file.bytes > LARGEST_DOCUMENT for file in documents):
        raise _refused(path, f"a document in it is larger than {LARGEST_DOCUMENT:,} bytes")
    return manifest


def _require_room(path: Path, manifest: Manifest, into: Path) -> None:
    needed, free = sum(file.bytes for file in manifest.files().values()), shutil.disk_usage(into).free
    if needed > free:
        raise UsageError(f"{path} unpacks to {needed:,} bytes, and {free:,} are free at {into.parent}")


def _next(path: Path, packed: gzip.GzipFile) -> tarfile.TarInfo | None:
    """Read the header of the next plain file; None at the end. Raises UsageError for any other kind of member."""
    block = packed.read(_BLOCK)
    try:
        about = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except tarfile.HeaderError:
        if block == bytes(_BLOCK):  # a block of zeros ends a tar
            return None
        raise _refused(path, "is cut short or damaged") from None
    except ValueError:
        raise _refused(path, "a name in it is not text") from None
    if about.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or about.size < 0:
        raise _refused(path, f"{_shown(about.name)} is not a plain file")
    return about


def _unpack_file(path: Path, packed: gzip.GzipFile, about: tarfile.TarInfo, file: File, to: Path) -> None:
    if about.size != file.bytes:
        raise _refused(path, f"{about.name} has {about.size:,} bytes where the manifest says {file.bytes:,}")
    to.parent.mkdir(exist_ok=True)
    digest = hashlib.sha256()
    with open_atomically(to) as handle:
        for chunk in _content(packed, about.size):
            digest.update(chunk)
            handle.write(chunk)
    if digest.hexdigest() != file.sha256:
        raise _refused(path, f"{about.name} is damaged: its digest is not the one in the manifest")


def _content(packed: gzip.GzipFile, size: int) -> Iterator[bytes]:
    """Yield the bytes of the next file and skip the padding of its last block; raises EOFError where they end early."""
    left = size
    while left:
        chunk = packed.read(min(left, _CHUNK))
        if not chunk:
            raise EOFError
        left -= len(chunk)
        yield chunk
    packed.read(-size % _BLOCK)


def unpacks_to(path: Path) -> int:
    """Return the size in bytes of an `.npz` file's arrays after decompression; 0 for a file of another kind."""
    try:
        with zipfile.ZipFile(path) as packed:
            return sum(member.file_size for member in packed.infolist())
    except (OSError, zipfile.BadZipFile, ValueError):
        return 0


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(f"{path}: {why}; nothing was taken from it; have it exported again")


def _shown(name: str) -> str:
    """Quote and shorten a name from a stranger so that it can be printed safely."""
    return repr(name[:200])
