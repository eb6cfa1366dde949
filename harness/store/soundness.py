"""The soundness of finished jobs: every file present and whole, the key that of the spec, the result well formed.

`verify`, `export` and `merge` use `faults_of`; `rerun` and readers of a single file use the others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from harness.errors import HarnessError
from harness.store.documents import canonical, seal
from harness.store.result import Result, digests_fault, fault_of
from harness.store.store import KEY_LETTERS, JobFolder, file_sha256

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f]*$", max_length=2000)]
"""One line of text without control characters, so that printing it cannot steer a terminal."""
AGAIN = "move {} away, and the next run of a suite that needs it repeats the job"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one file and its remedy."""

    place: Path
    says: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.says}; {self.remedy}"


class _Document(BaseModel):
    """The minimum that a file has to hold; entries that a later version of this program may add are allowed."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class JobDocument(_Document):
    """The content of `job.json`."""

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z]{1,40}$")]
    version: int
    spec: dict[str, Any]
    inputs: dict[Line, Digest]
    key: Digest
    label: Line
    work: float = Field(ge=0)

    def address(self) -> str:
        """Compute the key of the content; it does not depend on the version of this program that wrote the file."""
        content = {"kind": self.kind, "version": self.version, "spec": self.spec, "inputs": self.inputs}
        return hashlib.sha256(canonical(content).encode()).hexdigest()


class _Epoch(_Document):
    epoch: int
    train_loss: float
    train_error: float
    val_top1_error: float


Document = TypeVar("Document", bound=BaseModel)


def job_of(folder: JobFolder) -> JobDocument:
    """Read the task of a job's directory.

    Raises HarnessError where the file is missing, malformed or edited, or lies in the directory of another job.
    """
    job = _parsed(folder.job, JobDocument)
    if job.address() != job.key:
        raise HarnessError(f"{folder.job} was edited: its key is not that of its content")
    if folder.path.name != f"{job.kind}-{job.key[:KEY_LETTERS]}":
        raise HarnessError(f"{folder.job} belongs in another directory, {job.kind}-{job.key[:KEY_LETTERS]}")
    return job


def result_of(folder: JobFolder) -> Result | None:
    """Read the finished result, or return None; raises HarnessError where it is damaged or malformed."""
    result = folder.read_result()
    if result is not None and (fault := fault_of(result)) is not None:
        raise HarnessError(f"{folder.result} is malformed: {fault}")
    return None if result is None else Result(result)


def left_out_of(folder: JobFolder) -> dict[str, str]:
    """Return the digests of outputs left out on export, by name; raises HarnessError where the list is damaged."""
    if not folder.left_out.exists():
        return {}
    document = _json(folder.left_out)
    files = document.get("files") if isinstance(document, dict) else None
    if (fault := digests_fault(files)) is not None:
        raise HarnessError(f"{folder.left_out} is malformed: {fault}")
    if seal(document) != document:
        raise HarnessError(f"{folder.left_out} is damaged or was edited: its digest does not fit")
    return dict(document["files"])


def faults_of(folder: JobFolder) -> list[Fault]:
    """Verify a finished job: read all its files and return every fault."""
    faults: list[Fault] = []
    job = _tried(folder.job, faults, folder, lambda: job_of(folder))
    result = _tried(folder.result, faults, folder, lambda: result_of(folder))
    if result is None:
        return faults
    if job is not None and (job.key, job.kind) != (result.key, result.kind):
        faults.append(_again(folder, folder.result, "is the result of another job"))
    if job is not None and not result.imported and set(job.inputs) != set(result.inputs):
        faults.append(_again(folder, folder.result, "does not list the inputs of its job"))
    if job is not None:
        faults += _beside_faults(folder, folder.job, result)
    faults += [] if result.imported else _environment_faults(folder, result)
    left_out = _tried(folder.left_out, faults, folder, lambda: left_out_of(folder)) or {}
    faults += _output_faults(folder, result, left_out)
    if not any(fault.place == folder.predictions for fault in faults):
        faults += _score_faults(folder, result)
    if folder.metrics.name in result.outputs and not any(fault.place == folder.metrics for fault in faults):
        _tried(folder.metrics, faults, folder, lambda: _read_epochs(folder))
    return faults


def _output_faults(folder: JobFolder, result: Result, left_out: dict[str, str]) -> Iterator[Fault]:
    for path in folder.outputs:
        digest = result.outputs.get(path.name)
        if digest is None:
            if path.exists():
                yield Fault(path, "is not listed in the result", "delete it: nothing vouches for it")
        elif not path.exists():
            if left_out.get(path.name) != digest:
                yield _again(folder, path, "is missing")
        elif path.is_symlink() or not path.is_file():
            yield _again(folder, path, "is not a plain file")
        elif (fault := _differs(folder, path, digest)) is not None:
            yield fault


def _score_faults(folder: JobFolder, result: Result) -> Iterator[Fault]:
    """Find values that contradict the stored predictions, which happens where a result was edited and sealed again."""
    if folder.predictions.name not in result.outputs or not folder.predictions.exists():
        return
    from harness.store.scores import contradictions  # noqa: PLC0415 - numpy

    try:
        for says in contradictions(folder.predictions, result.values):
            yield _again(folder, folder.result, says)
    except (OSError, ValueError, KeyError, IndexError):
        yield _again(folder, folder.predictions, "holds no predictions of a test")


def _environment_faults(folder: JobFolder, result: Result) -> Iterator[Fault]:
    path = folder.environment
    try:
        if not isinstance(_json(path), dict):
            yield _again(folder, path, "is damaged")
            return
    except HarnessError as error:
        yield _again(folder, path, _without(path, error))
        return
    yield from _beside_faults(folder, path, result)


def _beside_faults(folder: JobFolder, path: Path, result: Result) -> Iterator[Fault]:
    digest = result.beside.get(path.name)
    if digest is not None and (fault := _differs(folder, path, digest)):
        yield fault


def _differs(folder: JobFolder, path: Path, digest: str) -> Fault | None:
    try:
        found = file_sha256(path)
    except OSError as error:
        return _again(folder, path, f"cannot be read ({error.strerror})")
    return None if found == digest else _again(folder, path, "is damaged: its digest is not the one in the result")


def _read_epochs(folder: JobFolder) -> list[dict[str, Any]]:
    rows = folder.read_metrics()
    for number, row in enumerate(rows, start=1):
        _validated(folder.metrics, _Epoch, row, f"line {number}: ")
    return rows


def _tried(path: Path, faults: list[Fault], folder: JobFolder, read: Any) -> Any:
    """Return the outcome of `read`, or None after adding a fault."""
    try:
        return read()
    except HarnessError as error:
        faults.append(_again(folder, path, _without(path, error)))
    return None


def _again(folder: JobFolder, path: Path, says: str) -> Fault:
    return Fault(path, says, AGAIN.format(folder.path))


def _without(path: Path, error: HarnessError) -> str:
    """Strip the leading file name and the trailing remedy from an error's message."""
    return str(error).removeprefix(str(path)).lstrip(": ").split("; move", 1)[0]


def _parsed(path: Path, shape: type[Document]) -> Document:
    return _validated(path, shape, _json(path))


def _validated(path: Path, shape: type[Document], content: Any, where: str = "") -> Document:
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:200]
        raise HarnessError(f"{path} is malformed: {where}{place!r}: {first['msg']}") from None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise HarnessError(f"{path} is missing") from None
    except OSError as error:
        raise HarnessError(f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise HarnessError(f"{path} is damaged: it holds no JSON") from None
