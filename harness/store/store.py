"""The files of a store: one directory for each job, a property for each file, and atomic writing.

`Store` finds the directory of a job, `JobFolder` reads and writes its files.
"""

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
from harness.store.code_files import CodeFiles
from harness.store.documents import RESULT_FORMAT, json_text, parsed_json, read_sealed, seal
from harness.store.fences import check
from harness.store.locks import held
from harness.store.result import fault_of

KEY_LETTERS = 20
"""The number of letters of a key, of 64 in all, in the name of its directory; `job.json` holds the whole key."""

ENVIRONMENT = frozenset(["harness", "commit", "python", "system", "processor", "cores", "gpus", "packages", "job"])
"""The entries of `environment.json`."""


@dataclass(frozen=True)
class JobFolder(CodeFiles):
    """The directory of one job. Without `result.json` the job is unfinished, and its files serve to resume it."""

    path: Path

    @property
    def job(self) -> Path:
        """Path of `job.json`: the kind, version, spec, inputs and key of the job."""
        return self.path / "job.json"

    @property
    def result(self) -> Path:
        """Path of `result.json`: the outcome of the job, written last."""
        return self.path / "result.json"

    @property
    def environment(self) -> Path:
        """Path of `environment.json`: the machine, software and settings of the run."""
        return self.path / "environment.json"

    @property
    def metrics(self) -> Path:
        """Path of `metrics.jsonl`: one JSON object for each epoch."""
        return self.path / "metrics.jsonl"

    @property
    def log(self) -> Path:
        """Path of `log.txt`: the messages of the run."""
        return self.path / "log.txt"

    @property
    def checkpoint(self) -> Path:
        """Path of the newest checkpoint, from which an interrupted training resumes."""
        return self.path / "checkpoint.pt"

    @property
    def earlier_checkpoint(self) -> Path:
        """Path of the checkpoint before, used where the newest is damaged."""
        return self.path / "checkpoint.earlier.pt"

    @property
    def weights(self) -> Path:
        """Path of `weights.pt`: the trained net."""
        return self.path / "weights.pt"

    @property
    def predictions(self) -> Path:
        """Path of `predictions.npz`: the averaged probabilities of each sample, in the order of the samples' ids."""
        return self.path / "predictions.npz"

    @property
    def pixels(self) -> Path:
        """Path of `pixels.npz`: the mean image and the colour covariance of a data set."""
        return self.path / "pixels.npz"

    @property
    def inspection(self) -> Path:
        """Path of `inspection.npz`: the arrays from which an inspection's picture is drawn."""
        return self.path / "inspection.npz"

    @property
    def left_out(self) -> Path:
        """Path of `left_out.json`: digests of outputs that an export left out; a job that ran here has no such file."""
        return self.path / "left_out.json"

    @property
    def telemetry(self) -> Path:
        """Path of `telemetry.json`: GPU measurements of an interrupted job; a finished job holds them in its result."""
        return self.path / "telemetry.json"

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Paths of the files whose digests stand in the result."""
        return (self.weights, self.predictions, self.pixels, self.inspection, self.metrics, *self.of_codes)

    def read_job(self) -> dict[str, Any]:
        """Read `job.json`; raises FileNotFoundError before it is written, HarnessError where it is damaged."""
        try:
            job = parsed_json(self.job.read_bytes())
        except (ValueError, RecursionError):
            job = None
        if not isinstance(job, dict) or "key" not in job:
            raise HarnessError(f"{self.job} is damaged; move {self.path} away to run the job again")
        return job

    def sibling(self, key: str) -> JobFolder:
        """Find the directory of an input job in the same store; raises HarnessError where it is missing."""
        found = [path for path in self.path.parent.glob(f"*-{key[:KEY_LETTERS]}") if path.is_dir()]
        if len(found) != 1:
            raise HarnessError(f"{self.path} needs the result of job {key[:KEY_LETTERS]}, which is not beside it")
        return JobFolder(found[0])

    def read_result(self) -> dict[str, Any] | None:
        """Read the finished result, or return None; raises HarnessError where the file is damaged."""
        return read_sealed(self.result, "move the folder away to run the job again")

    def read_result_of(self, key: str) -> dict[str, Any] | None:
        """Read the finished result of the job with this key, or return None.

        Raises HarnessError where the result is damaged or has another key, as one copied from another seed or store
        has.
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
        """Finish the job: write the sealed result with the digests of its outputs, `job.json` and `environment.json`.

        The checkpoints are removed afterwards, so a kill at any earlier moment leaves them to resume from.
        """
        outputs = {path.name: file_sha256(path) for path in self.outputs if path.exists()}
        beside = {path.name: file_sha256(path) for path in (self.job, self.environment) if path.exists()}
        write_json(self.result, seal({"format": RESULT_FORMAT, **result, "beside": beside, "outputs": outputs}))
        self.checkpoint.unlink(missing_ok=True)
        self.earlier_checkpoint.unlink(missing_ok=True)
        self.partial.unlink(missing_ok=True)
        self.telemetry.unlink(missing_ok=True)

    def read_environment(self) -> dict[str, Any]:
        """Read `environment.json` without its seal; raises HarnessError where the file is damaged or edited."""
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
        """Read the metrics of each finished epoch; raises HarnessError where the file is damaged or edited."""
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
        """Raise HarnessError where a finished job's file does not have the digest in its result."""
        result = self.read_result()
        if result is not None and result["outputs"].get(path.name) != file_sha256(path):
            raise HarnessError(
                f"{path} is damaged or was edited: its digest is not the one in {self.result.name}; "
                f"move {self.path} away to run the job again"
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the directory against every other process; the system releases the lock should this process die."""
        with held(self.path) as ours:
            if not ours:
                raise UsageError(f"{self.path}: another process is working on this job; wait for it or stop it")
            for temporary in set(self.path.glob(".*")) - set(self.path.glob(".job.json.*")):
                temporary.unlink()  # of a killed process; only job.json is written without the lock
            yield


@dataclass(frozen=True)
class Store:
    """A folder of job directories."""

    root: Path

    def __post_init__(self) -> None:
        if self.root.exists() and not self.root.is_dir():
            raise UsageError(f"the store {self.root} is not a folder; name another with --store DIR")

    def folder(self, kind: str, key: str) -> JobFolder:
        """Return the directory of one job, which need not exist."""
        return JobFolder(self.root / f"{kind}-{key[:KEY_LETTERS]}")

    @property
    def declarations(self) -> Path:
        """Folder of declarations: the seeds and margins of each suite before its first result."""
        return self.root / "declarations"

    @property
    def fingerprints(self) -> Path:
        """Path of the fingerprints of data files, by path, size and time of change."""
        return self.root / "fingerprints.json"

    @property
    def rates(self) -> Path:
        """Path of this machine's observed speeds: multiply-adds per second by kind of job and device."""
        return self.root / "rates.json"

    @property
    def slurm(self) -> Path:
        """Folder of what was submitted to Slurm: each submission with its jobs and their logs."""
        return self.root / "slurm"

    @property
    def recorded(self) -> Path:
        """Folder of scores from a test server, entered by hand, by the job whose predictions were scored."""
        return self.root / "recorded"

    def prepare(self) -> None:
        """Create the store's folder; raises UsageError where it is not writable."""
        make_writable(self.root, "the store", "name another with --store DIR")


def make_writable(folder: Path, what: str, remedy: str) -> None:
    """Create a folder; raises UsageError, with `remedy`, where it is not writable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"{what} {folder} cannot be written ({error.strerror}); {remedy}") from None


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Replace a file by `content`, completely or not at all; the content is on disk when this returns."""
    with open_atomically(path) as handle:
        handle.write(content)


@contextmanager
def open_atomically(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that replaces `path` at the end of the block.

    Where the block fails, `path` stays unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        check(path.parent)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Sync a folder's own entry to disk, without which a rename may be lost."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document atomically."""
    write_atomically(path, json_text(document).encode())


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
