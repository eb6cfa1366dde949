"""Writes the files of a new paper, or of a new suite of one, from the templates in `skeleton`; overwrites none."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.errors import UsageError
from harness.machine.entry_points import find, names, reread
from harness.models import MODELS
from harness.suite.file import RecipesFile
from harness.suite.json_schema import FILES, schema_of
from harness.suite.shipped import paper_homes, suite_names
from harness.suite.typed_yaml import load_document

TEMPLATES = Path(__file__).parent / "skeleton"
FIRST_SUITE = "table1"

PAPER = {
    "pyproject.toml": "paper/pyproject.toml",
    ".gitignore": "paper/gitignore",
    "{{package}}/__init__.py": "paper/package/__init__.py",
    "{{package}}/nets.py": "paper/package/nets.py",
    "suites/papers/{{name}}/paper.yaml": "paper/suites/paper.yaml",
    "suites/papers/{{name}}/recipes.yaml": "paper/suites/recipes.yaml",
    "suites/papers/{{name}}/references.yaml": "paper/suites/references.yaml",
    "suites/{{suite}}.yaml": "paper/suites/suite.yaml",
    "tests/test_{{name}}.py": "paper/tests/test_paper.py",
    ".github/workflows/reproduction.yml": "paper/workflow.yml",
}
"""The files of a new paper, each with its template."""


def paper_texts(name: str) -> dict[Path, str]:
    """The files of a new paper, by path below the folder of its project; UsageError for a name that cannot be one."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) or keyword.iskeyword(name):
        raise UsageError(f"{name!r} is no name of a paper; use small letters, digits and _, and begin with a letter")
    if name in paper_homes() or name in MODELS or find("models", name) is not None:
        raise UsageError(f"there is a paper or a net named {name!r} already; choose another name")
    words = {
        "name": name,
        "package": f"{name}_paper",
        "distribution": f"{name.replace('_', '-')}-paper",
        "class": "".join(word.capitalize() for word in name.split("_")),
        "suite": f"{name}_{FIRST_SUITE}",
    }
    return {Path(_filled(path, words)): _filled(_template(source), words) for path, source in PAPER.items()}


def suite_texts(suite: str, paper: str | None, folder: Path) -> dict[Path, str]:
    """The file of a new suite in a folder of suites; its net, recipe and protocol are the first there are.

    Raises UsageError for a name that is taken or none, and where it cannot be told of which paper the suite is.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", suite):
        raise UsageError(f"{suite!r} is no name of a suite; use small letters, digits and _, and begin with a letter")
    if suite in suite_names():
        raise UsageError(f"there is a suite named {suite!r} already; choose another name")
    papers = sorted(file.parent.name for file in folder.glob("papers/*/paper.yaml"))
    if paper is None and len(papers) != 1:
        raise UsageError(f"{folder} has the papers {', '.join(papers) or 'none'}; name one with --paper PAPER")
    name = papers[0] if paper is None else paper
    if name not in papers:
        raise UsageError(f"no paper {name!r} in {folder / 'papers'}; `python -m harness new paper {name}` makes one")
    shared = load_document(folder / "papers" / name / "recipes.yaml", RecipesFile)
    own = [model for model in names("models") if model == name] or names("models") or ["cifar_conv"]
    words = {"suite": suite, "name": name, "model": own[0], "data": "cifar10"}
    words |= {"recipe": next(iter(shared.recipes)), "protocol": next(iter(shared.protocols))}
    return {folder / f"{suite}.yaml": _filled(_template("suite.yaml"), words)}


def schema_texts() -> dict[Path, str]:
    """The schemas that the headers of the files name, by path below the folder of the project."""
    found = {Path("schemas") / f"{file}.json": schema_of(file) for file in FILES}
    return {path: json.dumps(schema, indent=1, sort_keys=True) + "\n" for path, schema in found.items()}


def write_new(texts: Mapping[Path, str], *, keep: bool = False) -> list[Path]:
    """Write files that are not there; gives those written.

    Raises UsageError, and writes nothing, where one is there, unless those are to be kept.
    """
    there = [path for path in texts if path.exists()]
    if there and not keep:
        raise UsageError(f"{_named(there)} is there already and nothing was written; --keep writes what is not there")
    written = [path for path in texts if path not in there]
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path], encoding="utf-8")
    reread()
    return written


def _named(paths: Iterable[Path]) -> str:
    return ", ".join(map(str, paths))


def _template(source: str) -> str:
    return (TEMPLATES / f"{source}.template").read_text(encoding="utf-8")


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace("{{" + word + "}}", value)
    return text
