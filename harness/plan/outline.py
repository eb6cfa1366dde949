"""Remembers the plans of a sound suite from one command to the next.

Reading a suite with its every fault takes longer than everything else that `validate` and `plan` do. So both remember
what a sound file came to, in the user's cache folder, under a digest of all that decides it: the file, the paper files
it can see, and the code that reads them. `run` and `report` never read that memory.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import SuiteError
from harness.machine.cache import cache_folder
from harness.machine.entry_points import entries, sources
from harness.plan.job import Job
from harness.plan.plan import Plan
from harness.store.documents import parsed_json
from harness.store.store import write_atomically
from harness.suite.shipped import LARGEST_FILE, paper_folders
from harness.vocabulary import ScaleName

if TYPE_CHECKING:
    from harness.suite.file import Suite

PACKAGE = Path(__file__).parent.parent
LIBRARIES = {"pydantic": "version.py", "pydantic_core": "core_schema.py", "ruamel": "yaml/__init__.py"}
"""By library that reads suites, a file of it that changes with its version."""

Record = dict[str, Any]
ASKED = ("trainings", "evaluations", "inspections", "measurements")
"""The fields of a plan that tell which experiment asked for which job."""


@dataclass(slots=True)
class Outline:
    """The name, size, scales and plans of a sound suite; the plan of a scale is made when it is asked for.

    `outline_of` recalls one from an earlier command where nothing has changed since; `of` makes one of a suite that was
    read. Both give the same plans.
    """

    path: Path
    name: str
    scales: tuple[ScaleName, ...]
    cells: int
    claims: int
    make: Callable[[ScaleName], Plan]
    power: Callable[[ScaleName], Record | None]
    made: dict[ScaleName, Plan] = field(default_factory=dict)
    powers: dict[ScaleName, Record | None] = field(default_factory=dict)
    """By scale, the differences that its seeds can find, as `detectable` says."""
    suite: Suite | None = None
    """The suite itself, where it was read just now."""
    whole: bool = False
    """Whether all files of its paper were read too, and found to agree with it."""
    digest: str | None = None
    """The digest of all that decides this, taken before any of it was read; without one, nothing is remembered."""

    @classmethod
    def of(cls, suite: Suite) -> Outline:
        """Make the outline of a suite that has been read."""

        def make(scale: ScaleName) -> Plan:
            from harness.plan.graph import make_plan  # noqa: PLC0415 - it needs the types of suites, and so pydantic

            return make_plan(suite, scale)

        def power(scale: ScaleName) -> Record | None:
            from harness.judge.power import detectable  # noqa: PLC0415 - scipy

            return detectable(suite, scale)

        numbers = len(suite.cells()), len(suite.file.claims)
        return cls(suite.path, suite.name, tuple(suite.file.scales), *numbers, make, power, suite=suite)

    def plan(self, scale: ScaleName, device: str = "") -> Plan:
        """Give the plan of a scale, its timing jobs on the device of this name; made once, however often asked for."""
        if scale not in self.made:
            self.made[scale] = self.make(scale)
        return self.made[scale].on(device)

    def finds(self, scale: ScaleName) -> Record | None:
        """Give the differences that a scale's seeds can find; None where no claim tests nets against each other."""
        if scale not in self.powers:
            self.powers[scale] = self.power(scale)
        return self.powers[scale]


def outline_of(path: Path) -> Outline:
    """Give the outline of a suite file, from memory where nothing has changed.

    When to use: wherever jobs alone are needed and nothing is judged. Raises SuiteError as `load_suite` does.
    """
    digest = _digest(path)
    outline = None if digest is None else _recalled(path, digest)
    if outline is None:
        outline = Outline.of(_read(path))
        outline.digest = digest
        remember(outline)
    return outline


def outlines(paths: Iterable[Path]) -> tuple[dict[Path, Outline], list[str]]:
    """Give the outline of every sound suite that agrees with its paper's files, and the fault lines of the others.

    A suite that has the name of one before it is none of the sound: their reports would share a folder.
    """
    sound: dict[Path, Outline] = {}
    faults: list[str] = []
    for path in paths:
        try:
            outline = outline_of(path)
            _require_whole(outline)
            _require_own_name(outline, sound.values())
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


def _require_own_name(outline: Outline, others: Iterable[Outline]) -> None:
    """Raises SuiteError where another file has a suite of the same name."""
    home = Path(outline.path).resolve()
    alike = next((one.path for one in others if one.name == outline.name and Path(one.path).resolve() != home), None)
    if alike is None:
        return
    from harness.suite.yaml_places import read_yaml  # noqa: PLC0415 - as `_read`

    places = read_yaml(outline.path)
    places.fault(("suite",), f"{alike} has a suite {outline.name!r} too; rename one, for their reports share a folder")
    raise SuiteError(places.lines())


def remember(outline: Outline) -> None:
    """Keep an outline for the next command; where nothing can be written, nothing is kept and nothing is said."""
    if outline.digest is None:
        return
    document = {
        "digest": outline.digest, "name": outline.name, "scales": outline.scales, "cells": outline.cells,
        "claims": outline.claims, "powers": outline.powers,
        "whole": outline.whole, "plans": {scale: _written(plan) for scale, plan in outline.made.items()},
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
    made = {scale: _plan(path, scale, plan) for scale, plan in document["plans"].items()}
    if entries():
        from harness.jobs.extensions import add_named  # noqa: PLC0415 - pydantic, which few plans need

        add_named(*(job.spec for plan in made.values() for job in plan.jobs.values()))
    numbers = document["cells"], document["claims"]

    def make(scale: ScaleName) -> Plan:
        return Outline.of(_read(path)).make(scale)

    def power(scale: ScaleName) -> Record | None:
        return Outline.of(_read(path)).power(scale)

    return Outline(path, document["name"], tuple(document["scales"]), *numbers, make, power, made,
                   dict(document["powers"]), None, document["whole"], digest)  # fmt: skip


def _written(plan: Plan) -> Record:
    """Write a plan as plain data: each job's fields, and the places of each job by its number in their list."""
    number = {key: index for index, key in enumerate(plan.jobs)}
    jobs = [{field.name: getattr(job, field.name) for field in fields(job)} for job in plan.jobs.values()]
    return {"jobs": jobs} | {
        name: [[*place, number[key]] for place, key in getattr(plan, name).items()] for name in ASKED
    }


def _plan(path: Path, scale: ScaleName, written: Record) -> Plan:
    """Make the plan again; its suite is read only when that is asked for."""
    jobs = {job.key: job for job in (Job(**each) for each in written["jobs"])}
    keys = list(jobs)
    trained, tested, inspected, measured = (
        {tuple(place): keys[number] for *place, number in written[name]} for name in ASKED
    )
    return Plan(lambda: _read(path), scale, "", jobs, trained, tested, inspected, measured)


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
