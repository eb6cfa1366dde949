"""What a suite file comes to, its jobs above all, remembered from one command to the next.

Reading a suite as strictly as this program does takes longer than everything else that `validate` and `plan` do. So
both remember what a sound file came to, in the user's cache folder, under a digest of all that decides it: the file,
the paper files it can see, and the code that reads them. `run` and `report` never read that memory.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import SuiteError
from harness.machine.cache import cache_folder
from harness.machine.entry_points import entries, sources
from harness.plan.job import Job, datasets_of
from harness.store.documents import parsed_json
from harness.store.store import write_atomically
from harness.suite.shipped import LARGEST_FILE, paper_folders
from harness.vocabulary import ScaleName

if TYPE_CHECKING:
    from harness.suite.file import Suite

PACKAGE = Path(__file__).parent.parent
LIBRARIES = {"pydantic": "version.py", "pydantic_core": "core_schema.py", "ruamel": "yaml/__init__.py"}
"""What reads suites, and a file of each that changes with its version."""

Jobs = Mapping[str, Job]
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The jobs of one scale, as `Graph` says."""

    scale: ScaleName
    jobs: Jobs

    @property
    def datasets(self) -> list[str]:
        """The names of the data sets that they read."""
        return datasets_of(self.jobs)


@dataclass(slots=True)
class Outline:
    """The name, size, scales and jobs of a sound suite; a scale's jobs are made when they are asked for."""

    path: Path
    name: str
    scales: tuple[ScaleName, ...]
    cells: int
    claims: int
    make: Callable[[ScaleName], Jobs]
    power: Callable[[ScaleName], Record | None]
    made: dict[ScaleName, Jobs] = field(default_factory=dict)
    powers: dict[ScaleName, Record | None] = field(default_factory=dict)
    """What the seeds of each scale can find, as `detectable` says."""
    suite: Suite | None = None
    """Itself, where it was read just now."""
    whole: bool = False
    """Whether all files of its paper were read too, and found to agree with it."""
    digest: str | None = None
    """Of what decides all this, taken before any of it was read; without one, nothing is remembered."""

    @classmethod
    def of(cls, suite: Suite) -> Outline:
        """The outline of a suite that has been read."""

        def make(scale: ScaleName) -> Jobs:
            from harness.plan.graph import make_plan  # noqa: PLC0415 - it needs the types of suites, and so pydantic

            return make_plan(suite, scale).jobs

        def power(scale: ScaleName) -> Record | None:
            from harness.judge.power import detectable  # noqa: PLC0415 - scipy

            return detectable(suite, scale)

        numbers = len(suite.cells()), len(suite.file.claims)
        return cls(suite.path, suite.name, tuple(suite.file.scales), *numbers, make, power, suite=suite)

    def graph(self, scale: ScaleName, device: str = "") -> Drawn:
        """The jobs of a scale; those that time something, on the device of this name."""
        if scale not in self.made:
            self.made[scale] = self.make(scale)
        jobs = (job.on(device) for job in self.made[scale].values())
        return Drawn(scale, {job.key: job for job in jobs})

    def finds(self, scale: ScaleName) -> Record | None:
        """What the seeds of a scale can find; None where no claim compares trained nets by a test over seeds."""
        if scale not in self.powers:
            self.powers[scale] = self.power(scale)
        return self.powers[scale]


def outline_of(path: Path) -> Outline:
    """The outline of a suite file, from memory where nothing has changed; raises SuiteError as `load_suite` does."""
    digest = _digest(path)
    outline = None if digest is None else _recalled(path, digest)
    if outline is None:
        outline = Outline.of(_read(path))
        outline.digest = digest
        remember(outline)
    return outline


def outlines(paths: Iterable[Path]) -> tuple[dict[Path, Outline], list[str]]:
    """Every suite that is sound and agrees with all files of its paper, by its file, and the fault lines of others."""
    sound: dict[Path, Outline] = {}
    faults: list[str] = []
    for path in paths:
        try:
            outline = outline_of(path)
            _require_whole(outline)
            sound[path] = outline
        except SuiteError as error:
            faults += [line for line in error.faults if line not in faults]
    return sound, faults


def _require_whole(outline: Outline) -> None:
    """Raises SuiteError where a file of the paper is faulty or does not agree with the suite."""
    if outline.whole:
        return
    from harness.suite.paper_checks import paper_faults  # noqa: PLC0415 - as `_read`

    if faults := paper_faults(outline.suite or _read(outline.path)):
        raise SuiteError(faults)
    outline.whole = True
    remember(outline)


def remember(outline: Outline) -> None:
    """Keep an outline for the next command; where nothing can be written, nothing is kept and nothing is said."""
    if outline.digest is None:
        return
    document = {
        "digest": outline.digest, "name": outline.name, "scales": outline.scales, "cells": outline.cells,
        "claims": outline.claims, "powers": outline.powers,
        "whole": outline.whole,
        "jobs": {scale: [_fields(job) for job in jobs.values()] for scale, jobs in outline.made.items()},
    }  # fmt: skip
    try:
        body = json.dumps(document).encode()
        write_atomically(_memory(outline.path), hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    except (OSError, RuntimeError):  # RuntimeError where the user has no home
        return


def _read(path: Path) -> Suite:
    from harness.suite.load import load_suite  # noqa: PLC0415 - pydantic and YAML, which the memory is there to spare

    return load_suite(path)


def _recalled(path: Path, digest: str) -> Outline | None:
    try:
        seal, _, body = _memory(path).read_bytes().partition(b"\n")
        if seal.decode() != hashlib.sha256(body).hexdigest():
            return None
        document = parsed_json(body)
        if document["digest"] != digest:
            return None
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError):  # none yet, or a damaged one
        return None
    made = {scale: _by_key(jobs) for scale, jobs in document["jobs"].items()}
    if entries():
        from harness.jobs.extensions import add_named  # noqa: PLC0415 - pydantic, of which few plans have need

        add_named(*(job.spec for jobs in made.values() for job in jobs.values()))
    numbers = document["cells"], document["claims"]

    def make(scale: ScaleName) -> Jobs:
        return Outline.of(_read(path)).make(scale)

    def power(scale: ScaleName) -> Record | None:
        return Outline.of(_read(path)).power(scale)

    return Outline(path, document["name"], tuple(document["scales"]), *numbers, make, power, made,
                   dict(document["powers"]), None, document["whole"], digest)  # fmt: skip


def _fields(job: Job) -> dict[str, Any]:
    return {field.name: getattr(job, field.name) for field in fields(job)}


def _by_key(jobs: list[dict[str, Any]]) -> Jobs:
    return {job.key: job for job in (Job(**each) for each in jobs)}


def _memory(path: Path) -> Path:
    place = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]
    return cache_folder() / "suites" / f"{path.stem}-{place}.json"


def _digest(path: Path) -> str | None:
    """sha256 over all that decides what a suite file comes to, by name and content; None where it cannot be read."""
    digest = hashlib.sha256(f"{sys.version} {entries()}".encode())
    try:
        if path.stat().st_size > LARGEST_FILE:
            return None
        for file in _ingredients(path):
            digest.update(f"{file}\0".encode(errors="surrogateescape") + hashlib.sha256(file.read_bytes()).digest())
    except OSError:
        return None
    return digest.hexdigest()


def _ingredients(path: Path) -> Iterator[Path]:
    yield path
    for papers in paper_folders(path):
        yield from sorted(papers.glob("*/*.yaml"))
    yield from sorted(PACKAGE.rglob("*.py"))
    for source in sources():
        yield from sorted(source.rglob("*.py")) if source.is_dir() else [source]
    for library, file in LIBRARIES.items():
        spec = importlib.util.find_spec(library)
        yield from (Path(place) / file for place in (spec.submodule_search_locations or () if spec else ()))
