"""The settings of a run as its jobs on other machines read them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.data.locate import Locations, Place
from harness.machine.runtime import Runtime

PLAIN = ("device", "threads", "checkpoint_every_s", "micro_batch", "processes", "resume_elsewhere")


def runtime_document(runtime: Runtime) -> dict[str, Any]:
    """Write the settings as plain data, with folders in full: a node starts in another place."""
    roots = [[str(root.path.absolute()), root.how] for root in runtime.locations.roots]
    named = {name: [str(place.path.absolute()), place.how] for name, place in runtime.locations.named.items()}
    return {**{name: getattr(runtime, name) for name in PLAIN}, "roots": roots, "named": named}


def runtime_from(document: Mapping[str, Any]) -> Runtime:
    """Read the settings that `runtime_document` wrote."""
    roots = tuple(_place(one) for one in document["roots"])
    named = {name: _place(one) for name, one in document["named"].items()}
    return Runtime(Locations(roots, named), **{name: document[name] for name in PLAIN})


def _place(document: list[str]) -> Place:
    return Place(Path(document[0]), document[1])
