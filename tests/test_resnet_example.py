"""A third paper, as a package of its own: installed, found by its entry points, planned and run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from installed_example import ROOT, installed_example
from made_up_packages import place
from programs import environment
from random_measurements import RandomNets, one_sided
from residual_nets import PARAMETERS, Residual
from suite_files import plain

from harness.jobs.extensions import add_named
from harness.machine.entry_points import entries, reread
from harness.models import parse_model
from harness.plan.graph import make_plan
from harness.report.coverage import known_coverage
from harness.suite.load import load_suite
from harness.suite.paper_checks import paper_faults
from harness.suite.shipped import files_of, paper_homes, suite_path

__all__ = ["place"]

SUITES = sorted(file.stem for file in (ROOT / "examples/resnet/suites").glob("*.yaml"))


@pytest.fixture
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it is installed."""
    return installed_example(tmp_path_factory)


@pytest.fixture
def resnet(library: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Installed for this process until `place` puts the registries back; gives its folder of suites."""
    monkeypatch.syspath_prepend(str(library))
    reread()
    return paper_homes()["resnet"].parent.parent


def program(library: Path, folder: Path, *arguments: str) -> str:
    """What the program says beside the installed package."""
    path = os.pathsep.join([str(ROOT), str(library)])
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=folder, env=environment(PYTHONPATH=path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_found_with_all_that_it_adds(resnet: Path, library: Path) -> None:
    """Its suites lie inside of it."""
    assert {(one.group, one.name) for one in entries()} == {
        ("models", "resnet"), ("inspections", "responses"), ("papers", "resnet"),
    }  # fmt: skip
    assert resnet == library / "resnet_paper" / "suites"


def test_no_file_of_the_program_knows_it() -> None:
    """Adding the paper took no line there: entry points alone lead to it."""
    own = re.compile(r"resnet|residual", re.IGNORECASE)
    texts = [path for path in (ROOT / "harness").rglob("*") if path.suffix in (".py", ".template", ".html")]
    assert len(texts) > 300
    assert [str(path) for path in texts if own.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("name", SUITES)
def test_every_suite_is_sound_and_plans_and_its_claims_can_fail_and_can_hold(
    resnet: Path, name: str, tmp_path: Path
) -> None:
    """At each of its scales, by its bare name, and agrees with its paper's files; loaded once, for that takes long."""
    suite = load_suite(suite_path(name))
    assert paper_faults(suite) == []
    assert all(make_plan(suite, scale).jobs for scale in suite.file.scales)
    assert one_sided(suite, RandomNets(tmp_path)) == ({}, {})


def test_all_that_the_section_asserts_is_covered(resnet: Path) -> None:
    """Each claim, table and figure of the list has a place."""
    assert len(files_of("resnet", paper_homes()["resnet"])) == 4
    assert [row.ref for row in known_coverage(["resnet"]) if row.status == "missing"] == []


@pytest.mark.parametrize("depth", [*PARAMETERS, 1202])
def test_its_nets_are_those_of_the_paper(resnet: Path, depth: int) -> None:
    """The same layers as those that `test_residual.py` holds against an independent net in torch, step by step."""
    add_named({"model": {"name": "resnet"}})
    blocks = (depth - 2) // 6
    net = parse_model({"name": "resnet", "blocks": blocks})
    assert net.layers(10) == Residual(blocks=blocks).layers(10)
    plain = parse_model({"name": "resnet", "blocks": blocks, "shortcuts": False})
    assert plain.layers(10) == Residual(blocks=blocks, shortcuts="none").layers(10)


def without(library: Path, depth: int, folder: Path) -> str:
    """Write the suite of sizes without its net of this depth, which takes longer than all others, and name the file."""
    suite = plain(library / "resnet_paper" / "suites" / "resnet_parameters.yaml")
    for part in ("cells", "experiments", "claims"):
        suite[part] = {name: one for name, one in suite[part].items() if str(depth) not in name}
    for one in suite["deviations"].values():
        one["affects"] = [name for name in one["affects"] if str(depth) not in name]
    (folder / "sizes.yaml").write_text(json.dumps(suite | {"suite": "sizes"}))
    return "sizes.yaml"


@pytest.mark.parametrize("left_out", [1202, pytest.param(0, marks=pytest.mark.nightly)])
def test_the_printed_sizes_match(library: Path, tmp_path: Path, left_out: int) -> None:
    """Run at `ci` from an empty folder: every cell MATCHes, and the exact counts are confirmed.

    The quick run does without the net of 1202 layers; its layers are compared with those of an independent net above.
    """
    suite = without(library, left_out, tmp_path) if left_out else "resnet_parameters"
    results = json.loads(program(library, tmp_path, "run", suite, "--scale", "ci", "--json"))
    assert [cell["outcome"] for cell in results["cells"]] == ["MATCH"] * (5 if left_out else 6)
    counts = {claim["id"]: claim["outcome"] for claim in results["claims"]}
    assert {counts[f"exactly_{depth}"] for depth in PARAMETERS} == {"CONFIRMED"}
    assert results["command"] == f"python -m harness run {suite} --scale ci"
    told = [json.loads(path.read_text())["packages"] for path in tmp_path.glob("runs/*/environment.json")]
    assert {packages["resnet-paper"] for packages in told} == {"0.1.0"}


@pytest.mark.nightly
def test_it_trains_and_its_responses_are_read(library: Path, tmp_path: Path) -> None:
    """Figure 7 at `ci`: an inspection of the package, on nets of the package; then it is published."""
    results = json.loads(
        program(library, tmp_path, "run", "resnet_figure7", "--scale", "ci", "--threads", "1", "--json")
    )
    assert {claim["outcome"] for claim in results["claims"]} & {"NOT RUN", "FAILED"} == set()
    inspected: list[dict[str, Any]] = [
        json.loads(path.read_text()) for path in tmp_path.glob("runs/inspect-*/result.json")
    ]
    assert len(inspected) == 8
    assert all(result["values"]["mean_std"] > 0 for result in inspected)
    program(library, tmp_path, "publish", "reports/resnet_figure7/ci")
    index = json.loads((tmp_path / "reports" / "published" / "index.json").read_text())
    assert [paper["paper"] for paper in index["papers"]] == ["resnet"]
    plan = json.loads(program(library, tmp_path, "plan", "resnet_figure6", "--scale", "ci", "--json"))
    assert {job["state"] for job in plan["jobs"] if job["kind"] == "train"} == {"done"}
