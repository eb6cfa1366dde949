"""Tiny suites that ran without interruption, each once in a test run, to compare interrupted runs with."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from once import made_once
from tiny_suites import World, opened_world, tiny_world

from harness.plan.preregistration import declare

SHORT = {"subset": {"classes": 10, "per_class": 40}, "epochs": 1}
"""An epoch of six steps, for tests that only read results."""
CUT = {"subset": {"classes": 10, "per_class": 67}}
"""Two epochs of ten steps and a remainder, for tests that stop and resume a training."""


def finished_world(factory: pytest.TempPathFactory, **changes: object) -> World:
    """Return a tiny suite with these changes, declared and run in one thread; read it or copy it."""

    def make(folder: Path) -> None:
        world = tiny_world(folder, **changes)
        declare(world.plan, world.store)
        assert world.run().failed == {}

    digest = hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()
    return opened_world(made_once(factory, f"finished-{digest[:12]}", make))
