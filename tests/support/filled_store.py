"""A store with every kind of file: Table 1 on the digits with fabricated results, and ways to damage them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from fabricated import finish_all
from suite_files import TABLE1

from harness.plan.graph import Plan, make_plan
from harness.plan.preregistration import declare
from harness.store.store import JobFolder, Store
from harness.suite.load import load_suite

ERRORS = {0: (37.4, 16.9), 1: (37.5, 17.0), 2: (37.6, 17.1)}


def table1() -> Plan:
    """Plan Table 1 on the digits."""
    return make_plan(load_suite(TABLE1), "ci")


def filled(root: Path, plan: Plan, **changes: object) -> Store:
    """Finish every job of a plan in a store at `root`; `changes` replace parts of every result."""
    store = Store(root)
    declare(plan, store)
    seeded = {key: ERRORS[place[-1]] for place, key in plan.evaluations.items()}
    for key, job in plan.jobs.items():  # as outputs of their kinds, so that `finish_all` seals them
        folder = store.folder(job.kind, key)
        folder.path.mkdir(parents=True)
        if job.kind == "pixels":
            folder.pixels.write_bytes(b"pixels of " + key.encode())
        if job.kind == "evaluate":
            folder.predictions.write_bytes(predictions(key, *seeded[key]))
    finish_all(store, plan, ERRORS, **changes)
    return store


def predictions(name: str, top1: float, top5: float, images: int = 1000) -> bytes:
    """Return predictions with these errors in percent and a cross-entropy of 1 nat, for images called after `name`."""
    wrong1, wrong5 = round(top1 * images / 100), round(top5 * images / 100)
    probabilities = np.full((images, 10), 0.07, np.float32)
    probabilities[:wrong1, 1] = 0.5
    probabilities[:wrong5, 1:6] = 0.5
    probabilities[:, 0] = np.exp(-1)
    buffer = io.BytesIO()
    ids = np.array([f"{name} {number}" for number in range(images)])
    labels = np.zeros(images, np.int64)
    np.savez(buffer, probabilities=probabilities, labels=labels, ids=ids, classes=np.arange(10))
    return buffer.getvalue()


def folder_of(store: Store, plan: Plan, kind: str, number: int = 0) -> JobFolder:
    """Return the directory of one job of a kind, in the plan's order."""
    keys = [key for key, job in plan.jobs.items() if job.kind == kind]
    return store.folder(kind, keys[number])


def flip(path: Path, place: int = -1) -> None:
    """Flip one bit of a file, by default the lowest of the middle byte."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if place == -1 else place] ^= 1
    path.write_bytes(bytes(content))


def snapshot(root: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, except locks, by name."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "lock"
    }
