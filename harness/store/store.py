"""The store: one directory a job, every file of it a property, every write atomic."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from harness.errors import HarnessError, UsageError
from harness.store.documents import RESULT_FORMAT, json_text, parsed_json, read_sealed, seal
from harness.store.locks import held
from harness.store.result import fault_of

KEY_LETTERS = 20
"""Of a key's 64 hexadecimal letters, those that name its directory; `job.json` holds the whole key."""

ENVIRONMENT = frozenset(["harness", "commit", "python", "system", "processor", "cores", "gpus", "packages", "job"])
"""What an environment says."""


@dataclass(frozen=True)
class JobFolder:
    """The directory of one job. Without `result.json` the job is unfinished, and what lies here is for resuming it."""

    path: Path

    @property
    def job(self) -> Path:
        """What is to be computed: kind, version, spec, inputs, key."""
        return self.path / "job.json"

    @property
    def result(self) -> Path:
        """What came out; written last."""
        return self.path / "result.json"

    @property
    def environment(self) -> Path:
        """Where and with what it ran."""
        return self.path / "environment.json"

    @property
    def metrics(self) -> Path:
        """One JSON object an epoch."""
        return self.path / "metrics.jsonl"

    @property
    def log(self) -> Path:
        """What was said while it ran."""
        return self.path / "log.txt"

    @property
    def checkpoint(self) -> Path:
        """Where a training that was stopped goes on."""
        return self.path / "checkpoint.pt"

    @property
    def earlier_checkpoint(self) -> Path:
        """The one before, should the newest be damaged."""
        return self.path / "checkpoint.earlier.pt"

    @property
    def weights(self) -> Path:
        """The trained net."""
        return self.path / "weights.pt"

    @property
    def predictions(self) -> Path:
        """For each sample, in the order of its ids, the averaged probabilities."""
        return self.path / "predictions.npz"

    @property
    def pixels(self) -> Path:
        """Mean image and colour covariance."""
        return self.path / "pixels.npz"

    @property
    def inspection(self) -> Path:
        """Arrays that the picture of an inspection is drawn from."""
        return self.path / "inspection.npz"

    @property
    def left_out(self) -> Path:
        """The digests of outputs that stayed behind when the result was exported; there is none of a job run here."""
        return self.path / "left_out.json"

    @property
    def telemetry(self) -> Path:
        """What was measured of the GPU while a job ran that was then stopped; a finished one has it in its result."""
        return self.path / "telemetry.json"

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files whose digests stand in the result."""
        return (self.weights, self.predictions, self.pixels, self.inspection, self.metrics)

    def read_job(self) -> dict[str, Any]:
        """What is to be computed; raises FileNotFoundError before it was written, HarnessError when it is damaged."""
        try:
            job = parsed_json(self.job.read_bytes())
        except (ValueError, RecursionError):
            job = None
        if not isinstance(job, dict) or "key" not in job:
            raise HarnessError(f"{self.job} is damaged; move {self.path} away to run the job again")
        return job

    def sibling(self, key: str) -> JobFolder:
        """The directory of an input, which lies beside this one; raises HarnessError when it is not there."""
        found = [path for path in self.path.parent.glob(f"*-{key[:KEY_LETTERS]}") if path.is_dir()]
        if len(found) != 1:
            raise HarnessError(f"{self.path} needs the result of job {key[:KEY_LETTERS]}, which is not beside it")
        return JobFolder(found[0])

    def read_result(self) -> dict[str, Any] | None:
        """The finished result, or None; raises HarnessError when the file is damaged."""
        return read_sealed(self.result, "move the folder away to run the job again")

    def read_result_of(self, key: str) -> dict[str, Any] | None:
        """The finished result of the job with this key, or None; raises HarnessError when it is another's, or damaged.

        A result that was copied or moved here, from another seed or another store, has another key.
        """
        result = self.read_result()
        if result is None:
            return None
        if result.get("key") != key:
            raise HarnessError(f"{self.result} is the result of another job; move {self.path} away to run this one")
        if (fault := fault_of(result)) is not None:
            raise HarnessError(f"{self.result} is malformed: {fault}; move {self.path} away to run it again")
        return result

    def write_result(self, result: dict[str, Any]) -> None:
        """Finish the job: the result with the digests of what it speaks of and stands beside, and a seal over it all.

        Only then are the checkpoints dropped, so that a kill at any moment before leaves them to go on from.
        """
        outputs = {path.name: file_sha256(path) for path in self.outputs if path.exists()}
        beside = {path.name: file_sha256(path) for path in (self.job, self.environment) if path.exists()}
        write_json(self.result, seal({"format": RESULT_FORMAT, **result, "beside": beside, "outputs": outputs}))
        self.checkpoint.unlink(missing_ok=True)
        self.earlier_checkpoint.unlink(missing_ok=True)
        self.telemetry.unlink(missing_ok=True)

    def read_environment(self) -> dict[str, Any]:
        """Where and with what the job ran; raises HarnessError when the file is damaged or was edited."""
        try:
            document: Any = parsed_json(self.environment.read_bytes())
            unsealed = isinstance(document, dict) and document.keys() <= ENVIRONMENT  # as version 0.1 wrote it
            sound = isinstance(document, dict) and (unsealed or seal(document) == document)
        except (OSError, ValueError):
            sound = False
        if not sound:
            raise HarnessError(f"{self.environment} is missing or damaged; move {self.path} away to run it again")
        return {name: value for name, value in document.items() if name != "seal"}

    def read_metrics(self) -> list[dict[str, Any]]:
        """What was measured epoch by epoch, so far; raises HarnessError when it is damaged or was edited."""
        if not self.metrics.exists():
            return []
        self.check_output(self.metrics)
        try:
            rows = [parsed_json(line) for line in self.metrics.read_bytes().splitlines()]
        except ValueError:
            rows = [None]
        if not all(isinstance(row, dict) for row in rows):
            raise HarnessError(f"{self.metrics} is damaged; move {self.path} away to run the job again")
        return rows

    def check_output(self, path: Path) -> None:
        """Raise HarnessError for a file of a finished job that is not the one its result speaks of."""
        result = self.read_result()
        if result is not None and result["outputs"].get(path.name) != file_sha256(path):
            raise HarnessError(
                f"{path} is damaged or was edited: its digest is not the one in {self.result.name}; "
                f"move {self.path} away to run the job again"
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory against every other process; the system lets go of it should this one die."""
        with held(self.path) as ours:
            if not ours:
                raise UsageError(f"{self.path}: another process is working on this job; wait for it or stop it")
            for temporary in set(self.path.glob(".*")) - set(self.path.glob(".job.json.*")):
                temporary.unlink()  # of a process that was killed while it wrote; only job.json is written unlocked
            yield


@dataclass(frozen=True)
class Store:
    """A folder of job directories."""

    root: Path

    def __post_init__(self) -> None:
        if self.root.exists() and not self.root.is_dir():
            raise UsageError(f"the store {self.root} is not a folder; name another with --store DIR")

    def folder(self, kind: str, key: str) -> JobFolder:
        """The directory of one job, there or not."""
        return JobFolder(self.root / f"{kind}-{key[:KEY_LETTERS]}")

    @property
    def declarations(self) -> Path:
        """Seeds and margins as they stood when a suite's first result came in."""
        return self.root / "declarations"

    @property
    def fingerprints(self) -> Path:
        """Fingerprints of data files, by path, size and time of change."""
        return self.root / "fingerprints.json"

    @property
    def rates(self) -> Path:
        """Multiply-adds a second that this machine was seen to do, by kind of job and device."""
        return self.root / "rates.json"

    @property
    def recorded(self) -> Path:
        """Scores that a test server gave, entered by hand, by the job whose predictions it scored."""
        return self.root / "recorded"

    def prepare(self) -> None:
        """Make the folder; raises UsageError where it cannot be written."""
        make_writable(self.root, "the store", "name another with --store DIR")


def make_writable(folder: Path, what: str, remedy: str) -> None:
    """Make a folder; raises UsageError where nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"{what} {folder} cannot be written ({error.strerror}); {remedy}") from None


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Replace `path` by `content`, whole or not at all, and on disk before this returns."""
    with open_atomically(path) as handle:
        handle.write(content)


@contextmanager
def open_atomically(path: Path) -> Iterator[IO[bytes]]:
    """A file to write what shall replace `path` at the end of the block, whole or, when that fails, not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename last: the folder's own entry has to reach the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document atomically."""
    write_atomically(path, json_text(document).encode())


def file_sha256(path: Path) -> str:
    """The digest of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
