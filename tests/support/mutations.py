"""Mutants of sound documents: suites, results and images as a typist, a broken disk or an attacker may leave them."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from ruamel.yaml import YAML

from harness.suite.shipped import shipped_names, shipped_suites

MUTANTS = int(os.environ.get("HARNESS_FUZZ", "25"))
"""Number of mutants of a kind that a test tries."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 7, 10**6, 10**18, 2**63, -(10**30), 0.0, -0.0, 0.5, 1e-300, 1e300, 1e18, "", " ",
    "x", "0", "1e5", "37.5", "nan", "é", "\u202e", "\ud800", "\x00", "../../up", "/etc/passwd", "a.b.c", "a.b", ".",
    "..", "${HOME}", "{{ 7 }}", "$\\frac$", "<script>", "%s%n", "paper", "ci", "test", "train", "top1_error", "digits",
    "x" * 3000, [], {}, [[]], [None], ["x"], [1, 2, 3], {"x": 1}, {"": None}, {"name": "x"}, {"value": "cnn"}, "cnn",
)  # fmt: skip
"""Values in unexpected places."""


@cache
def suite_text(name: str) -> str:
    """Return the text of a shipped suite."""
    return (shipped_suites() / f"{name}.yaml").read_text(encoding="utf-8")


@cache
def suite_json(name: str) -> str:
    """Return a shipped suite as JSON, which is YAML too."""
    return json.dumps(YAML(typ="safe", pure=True).load(suite_text(name)))


def mutated_suite(chance: random.Random) -> str:
    """Return a shipped suite with a few changes in its letters or in its tree."""
    name = chance.choice(shipped_names())
    if chance.random() < 0.4:
        return mutated_text(suite_text(name), chance)
    document = json.loads(suite_json(name))
    donor = json.loads(suite_json(chance.choice(shipped_names())))
    return json.dumps(mutated_tree(document, donor, chance), indent=1)


def mutated_text(text: str, chance: random.Random) -> str:
    """Return text with lines or letters removed, doubled, moved or invented."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(lines))
        line = lines[place]
        how = chance.randrange(8)
        if how == 0:
            del lines[place]
        elif how == 1:
            lines.insert(chance.randrange(len(lines) + 1), line)
        elif how == 2:
            lines[place] = chance.choice([" ", "  ", "\t", "- ", "? ", "! ", "&a ", "*a ", "%", "#"]) + line
        elif how == 3:
            lines[place] = line.lstrip(" ")
        elif how == 4:
            lines[place] = line[: chance.randint(0, len(line))]
        elif how == 5:
            at = chance.randint(0, len(line))
            lines[place] = line[:at] + chance.choice("{}[],:'\"|>%@`&*!#-?\\\n\x00\x85\ufeff\U0001f600") + line[at:]
        elif how == 6 and ":" in line:
            lines[place] = f"{line.split(':')[0]}: {json.dumps(chance.choice(ODD))}\n"
        else:
            other = chance.randrange(len(lines))
            lines[place], lines[other] = lines[other], line
        if not lines:
            return ""
    return "".join(lines)


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield every place in plain data."""
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield from paths(child, (*path, key))


def at(node: Any, path: tuple[Any, ...]) -> Any:
    """Return the value at a place."""
    for part in path:
        node = node[part]
    return node


def mutated_tree(document: Any, donor: Any, chance: random.Random) -> Any:
    """Return plain data with entries removed, renamed, exchanged or copied from elsewhere."""
    for _ in range(chance.randint(1, 3)):
        places = [path for path in paths(document) if path]
        if not places:
            return document
        *above, key = chance.choice(places)
        parent, how = at(document, tuple(above)), chance.randrange(7)
        if how == 0:
            del parent[key]
        elif how == 1 and isinstance(parent, dict):
            parent[str(chance.choice(ODD))] = parent.pop(key)
        elif how == 2:
            parent[key] = at(donor, chance.choice(list(paths(donor))))
        elif how == 3:
            parent[key] = json.loads(json.dumps(at(document, chance.choice(places))))
        elif how == 4 and isinstance(parent[key], int | float):
            parent[key] = parent[key] * chance.choice([-1, 0, 2, 1000, 1e12, 1e-9])
        elif how == 5 and isinstance(parent[key], str) and parent[key]:
            letters = list(parent[key])
            letters[chance.randrange(len(letters))] = chance.choice("._/ 0aZ-é\n\x00<$")
            parent[key] = "".join(letters)
        else:
            parent[key] = chance.choice(ODD)
    return document


def mutated_bytes(content: bytes, chance: random.Random) -> bytes:
    """Return bytes cut short, flipped, zeroed or invented."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        place, how = chance.randrange(len(found) + 1), chance.randrange(5)
        if how == 0:
            del found[place:]
        elif how == 1 and place < len(found):
            found[place] ^= 1 << chance.randrange(8)
        elif how == 2:
            found[place : place + 16] = chance.randbytes(min(16, len(found) - place))
        elif how == 3:
            found[place:] = bytes(len(found) - place)
        else:
            found[place:place] = chance.randbytes(chance.randint(1, 40))
    return bytes(found)


class TookTooLong(Exception):
    """A case ran beyond its time limit."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Stop a block after this many seconds."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TookTooLong(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


_watching: list[list[str]] = []
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event == "open":
        path, mode, flags = arguments
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & _WRITING):
            _watching[-1].append(os.path.realpath(os.fsdecode(path)) if isinstance(path, str | bytes) else "")
    elif event in ("os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.symlink", "os.link", "os.truncate"):
        _watching[-1] += [os.path.realpath(os.fsdecode(one)) for one in arguments[:2] if isinstance(one, str | bytes)]
    elif event in ("os.system", "subprocess.Popen", "os.exec", "socket.connect"):
        _watching[-1].append(f"{event} {arguments}")


sys.addaudithook(_note)


@contextmanager
def touching_only(*folders: Path) -> Iterator[None]:
    """Fail where the block writes, removes, runs or requests anything outside these folders."""
    allowed = tuple(f"{os.path.realpath(folder)}{os.sep}" for folder in (*folders, "/dev"))
    _watching.append([])
    try:
        yield
    finally:
        touched = _watching.pop()
    outside = [path for path in touched if path and not f"{path}/".startswith(allowed) and "__pycache__" not in path]
    assert outside == [], outside
