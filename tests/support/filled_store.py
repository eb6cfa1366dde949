"""A store in which every kind of file lies: Table 1 on the digits, its results fabricated, and ways to damage them."""

from __future__ import annotations

from pathlib import Path

from fabricated import finish_all
from suite_files import TABLE1

from harness.plan.graph import Plan, make_plan
from harness.plan.preregistration import declare
from harness.store.store import JobFolder, Store
from harness.suite.load import load_suite

ERRORS = {0: (37.4, 16.9), 1: (37.5, 17.0), 2: (37.6, 17.1)}


def table1() -> Plan:
    """Table 1 on the digits."""
    return make_plan(load_suite(TABLE1), "ci")


def filled(root: Path, plan: Plan, **changes: object) -> Store:
    """Every job of a plan done, in a store at `root`; `changes` replace parts of every result."""
    store = Store(root)
    declare(plan, store)
    for key, job in plan.jobs.items():  # as outputs of their kinds, so that `finish_all` seals them
        folder = store.folder(job.kind, key)
        folder.path.mkdir(parents=True)
        if job.kind == "pixels":
            folder.pixels.write_bytes(b"pixels of " + key.encode())
        if job.kind == "evaluate":
            folder.predictions.write_bytes(b"predictions of " + key.encode())
    finish_all(store, plan, ERRORS, **changes)
    return store


def folder_of(store: Store, plan: Plan, kind: str, number: int = 0) -> JobFolder:
    """The directory of one job of a kind, in the plan's order."""
    keys = [key for key, job in plan.jobs.items() if job.kind == kind]
    return store.folder(kind, keys[number])


def flip(path: Path, place: int = -1) -> None:
    """Turn one bit of a file, the middle byte's lowest unless a place is named."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if place == -1 else place] ^= 1
    path.write_bytes(bytes(content))


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file below a folder, but locks, by name."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "lock"
    }
