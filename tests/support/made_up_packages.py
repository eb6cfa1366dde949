"""Packages made up for tests, installed as pip leaves them: modules, and a `.dist-info` that declares entry points."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from harness.jobs import code, extensions, inspections
from harness.machine import entry_points

NET = '''"""A made-up net."""

from typing import Literal

from harness.models import Net
from harness.models.layers import Layer, Linear


class {name}(Net):
    """One layer."""

    name: Literal["{word}"] = "{word}"

    def layers(self, classes: int) -> tuple[Layer, ...]:
        return (Linear("fc", classes),)
'''

Declared = Mapping[str, Mapping[str, str]]
"""By group, what each name stands for."""


def install(place: Path, distribution: str, files: Mapping[str, str], declared: Declared) -> None:
    """Write a distribution's modules, by path, and its declaration below a folder of the path."""
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    info = place / f"{distribution.replace('-', '_')}-1.2.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
    lines = []
    for group, names in declared.items():
        lines += [f"[paper_harness.{group}]", *(f"{name} = {value}" for name, value in names.items()), ""]
    (info / "entry_points.txt").write_text("\n".join(lines))
    entry_points.reread()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the path to install into; afterwards nothing of what was in it is left."""
    folder = tmp_path / "installed"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = {group: dict(registry) for group, registry in extensions.REGISTRIES.items()}
    specs, modules = vars(inspections)["_SPECS"], set(sys.modules)
    entry_points.reread()
    yield folder
    for group, registry in extensions.REGISTRIES.items():
        registry.clear()
        registry.update(before[group])
    extensions._added.clear()
    vars(inspections)["_SPECS"] = specs
    for name in set(sys.modules) - modules:
        if (file := getattr(sys.modules[name], "__file__", None)) and file.startswith(str(tmp_path)):
            del sys.modules[name]
    code.extension_digest.cache_clear()
    entry_points.reread()


def net_package(place: Path, word: str = "slim", package: str = "slim_nets", distribution: str = "slim-nets") -> None:
    """A package with one net of that name."""
    text = NET.format(name=word.capitalize(), word=word)
    files = {f"{package}/__init__.py": "", f"{package}/nets.py": text}
    install(place, distribution, files, {"models": {word: f"{package}.nets:{word.capitalize()}"}})
