"""Nothing from outside runs, explodes or leaves its folder, and no file records who ran what and where."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fabricated import finish_all
from finished_worlds import SHORT
from programs import PACKAGE, program
from suite_files import TABLE1, faults, plain
from tiny_suites import World, tiny_suite

from harness.data.locate import Locations
from harness.data.sets.cifar10 import read as read_cifar10
from harness.errors import DataMissing, HarnessError
from harness.jobs import checkpoint
from harness.plan.graph import make_plan
from harness.plan.preregistration import declare
from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.progress import Progress
from harness.report.gather import gather
from harness.report.page.render import write_report
from harness.store.documents import seal
from harness.store.store import JobFolder, Store, write_json
from harness.suite.load import load_suite

LONGEST_S = 20.0
"""Seconds that a hostile suite may take on a busy machine; each takes a few at most."""

BOMBS = {
    "billion laughs": "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in pairwise("abcdefghi")),
    "alias of itself": "a: &a [*a]\n",
    "merge": "a: &a {x: 1}\nb: {<<: *a}\n",
    "lists": "[" * 190_000,
    "mappings": "{a: " * 45_000,
    "dashes": "- " * 95_000,
    "one after another": "- a\n" * 45_000,
    "huge number": "scales: {ci: {seeds: " + "9" * 150_000 + "}}",
    "huge exponent": "scales: {ci: {seeds: 1e999999999}}",
    "sexagesimal": "scales: {ci: {seeds: 1" + ":59" * 50_000 + "}}",
    "octal": "scales: {ci: {seeds: 0o" + "7" * 100_000 + "}}",
    "comments": "#\n" * 90_000,
    "escapes": '"' + "\\U0001F600" * 19_000 + '"',
    "keys": "".join(f"k{number}: 1\n" for number in range(15_000)),
}


LONG = ("lists", "one after another", "keys")
"""Bombs that take seconds at full size; the quick run takes a quarter of each."""


@pytest.mark.parametrize(
    ("bomb", "part"),
    [
        *(pytest.param(bomb, 4 if bomb in LONG else 1, id=bomb) for bomb in BOMBS),
        *(pytest.param(bomb, 1, id=f"{bomb}, whole", marks=pytest.mark.nightly) for bomb in LONG),
    ],
)
def test_yaml_that_would_explode_is_refused_in_time(tmp_path: Path, bomb: str, part: int) -> None:
    """The faults name the file."""
    path = tmp_path / "bomb.yaml"
    path.write_text(BOMBS[bomb][: len(BOMBS[bomb]) // part])
    started = time.process_time()
    assert faults(path)
    assert time.process_time() - started < LONGEST_S / part


TAGS = [
    "!!python/object/apply:os.system [touch {canary}]",
    "!!python/name:os.system",
    "!<tag:yaml.org,2002:python/x> a",
    "!include {canary}",
    "!function os.system",
    "!!set {{a}}",
    "!!binary aaaa",
]


@pytest.mark.parametrize("tag", TAGS)
def test_yaml_runs_nothing(tmp_path: Path, tag: str) -> None:
    """A tag in any place is refused; only plain YAML is read."""
    path, canary = tmp_path / "suite.yaml", tmp_path / "canary"
    path.write_text(f"suite: a\ntitle: {tag.format(canary=canary)}\n")
    assert any("is not allowed" in line for line in faults(path))
    assert not canary.exists()


class Canary:
    """An object that leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def world(finished: Callable[..., World], tmp_path: Path) -> World:
    """Return a tiny suite with everything run except the test."""
    world = finished(**SHORT).copied(tmp_path)
    shutil.rmtree(world.folder("evaluate").path)
    return world


def resealed(folder: JobFolder) -> None:
    """Write a result again with the current digests of its files, as a stranger who knows the format would."""
    result = folder.read_result()
    assert result is not None
    folder.write_result({name: value for name, value in result.items() if name != "outputs"})


def test_the_canary_sings(tmp_path: Path) -> None:
    """Ordinary unpickling leaves the file, so the tests below can fail."""
    pickle.loads(pickle.dumps(Canary(tmp_path / "canary")))
    assert (tmp_path / "canary").exists()


def test_code_in_weights_does_not_run(world: World, tmp_path: Path) -> None:
    """The digest in the result fits; the test of the net fails with the file's name."""
    canary = tmp_path / "canary"
    torch.save({"conv1.weight": Canary(canary)}, world.folder("train").weights)
    resealed(world.folder("train"))
    (reason,) = world.run().failed.values()
    assert "weights.pt cannot be read (Weights only load failed" in reason
    assert not canary.exists()


@pytest.mark.parametrize("where", ["state", "network"])
def test_code_in_a_checkpoint_does_not_run(world: World, tmp_path: Path, where: str) -> None:
    """Its digest fits too; the checkpoint is skipped with a message, and the training ends as without it."""
    before, canary = world.result("train"), tmp_path / "canary"
    folder = world.folder("train")
    folder.result.unlink()
    buffer = io.BytesIO()
    torch.save({where: Canary(canary)}, buffer)
    folder.checkpoint.write_bytes(buffer.getvalue() + hashlib.sha256(buffer.getvalue()).digest())
    world.run({"pixels", "train"})
    assert "is no checkpoint of this program and passed over" in world.said
    assert not canary.exists()
    assert world.result("train")["weights_sha256"] == before["weights_sha256"]
    assert checkpoint.load(folder, Progress(io.StringIO())) is None


def poisoned(path: Path, canary: Path) -> None:
    """Replace the arrays of an npz by pickled objects under the same names."""
    with np.load(path) as arrays:
        names = arrays.files
    objects = np.empty(1, dtype=object)
    objects[0] = Canary(canary)
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, objects, allow_pickle=True)
            archive.writestr(f"{name}.npy", buffer.getvalue())


def test_code_in_the_mean_image_does_not_run(world: World, tmp_path: Path) -> None:
    """Numpy's files may hold pickles; ours never do."""
    poisoned(world.folder("pixels").pixels, tmp_path / "canary")
    resealed(world.folder("pixels"))
    (reason,) = world.run().failed.values()
    assert "pixels.npz cannot be read" in reason
    assert not (tmp_path / "canary").exists()


def test_code_in_predictions_does_not_run(world: World, tmp_path: Path) -> None:
    """A submission reads predictions from anybody."""
    world.run()
    predictions = world.folder("evaluate").predictions
    poisoned(predictions, tmp_path / "canary")
    (tmp_path / "kit.txt").write_text("1 n01440764\n")
    done = program(tmp_path, "submission", predictions, "--kit", "kit.txt", "--out", "out.txt")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "canary").exists()


def test_code_in_a_data_set_does_not_run(tmp_path: Path) -> None:
    """CIFAR-10 comes as pickles, from which only arrays are read."""
    for number in range(1, 6):
        (tmp_path / f"data_batch_{number}").write_bytes(pickle.dumps({b"data": Canary(tmp_path / "canary")}))
    with pytest.raises(DataMissing, match=r"it asks for posix\.mkdir"):
        read_cifar10(tmp_path, "train")
    assert not (tmp_path / "canary").exists()


HOSTILE = (
    "<script>window.ran=1</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "javascript:alert(1)",
    "'; --><style>*{background:url(//evil.example)}</style>",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "$\\frac$ \\input{/etc/passwd}",
    "</title></style></script><base href=//evil.example>",
)


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Record an element."""
        self.found.append((tag, dict(attrs)))


PROSE = {"source", "title", "label", "says", "ours", "why", "expected", "cited"}


def with_text(node: Any, text: str) -> Any:
    """Replace every text for people in plain data; that includes `paper` of a deviation, but not of the suite."""
    if isinstance(node, list):
        return [with_text(child, text) for child in node]
    if not isinstance(node, dict):
        return node
    prose = PROSE | ({"paper"} if "ours" in node else set())
    return {key: text if key in prose and child else with_text(child, text) for key, child in node.items()}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_suite_breaks_out_of_no_page(tmp_path: Path, text: str) -> None:
    """Every text of a suite is tried: title, source, labels, claims, deviations, comments."""
    suite = with_text(plain(TABLE1), text)
    path = tmp_path / "mine.yaml"
    path.write_text(f"# {text}\n{json.dumps(suite)}", encoding="utf-8")
    loaded = load_suite(path)
    assert loaded.file.title == text
    plan, store = make_plan(loaded, "ci"), Store(tmp_path / "runs")
    declare(plan, store)
    finish_all(store, plan, marks=[text])
    results, curves = gather(plan, store, statuses(plan, store, Locations()), Choice("ci", text, text), None)
    write_report(results, curves, tmp_path / "report")
    page = Elements((tmp_path / "report" / "index.html").read_text(encoding="utf-8")).found
    assert sum(tag == "script" for tag, _ in page) == 1
    assert sum(tag == "style" for tag, _ in page) == 1
    assert not [tag for tag, _ in page if tag in ("img", "iframe", "object", "embed", "base", "form")]
    assert [attributes["href"] for tag, attributes in page if tag == "link"] == ["data:,"]
    for _, attributes in (one for one in page if one[0] != "link"):
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcdoc", "action")]
        for name in ("href", "xlink:href", "src"):
            link = attributes.get(name) or "#"
            assert link.startswith("#") or link in ("results.json", "curves.json")
    assert "49" not in json.dumps(results.title)


NAMES = ["../../up", "/tmp/x", "a\x00b", "CON:"]
MORE_NAMES = ["a/b", "..", ".hidden", "a.b", "-rf", "A"]


@pytest.mark.parametrize("name", [*NAMES, *(pytest.param(name, marks=pytest.mark.nightly) for name in MORE_NAMES)])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    """Names of suites, papers, experiments and tests would otherwise become folders or addresses."""
    document = TABLE1.read_text(encoding="utf-8")
    said = json.dumps(name)
    for old in ("suite: table1", "paper: alexnet"):
        path = tmp_path / "mine.yaml"
        path.write_text(document.replace(old, f"{old.split(':')[0]}: {said}", 1), encoding="utf-8")
        assert faults(path)
    for old in ("  cnn:\n    says", "      ten_crop: {split"):
        path.write_text(document.replace(old, old.replace(old.split(":")[0].strip(), said, 1), 1), encoding="utf-8")
        assert faults(path)


def test_a_result_cannot_name_files_elsewhere(world: World, tmp_path: Path) -> None:
    """Outputs of a result are only read in its own folder."""
    (tmp_path / "elsewhere").write_text("x")
    folder = world.folder("train")
    result: Any = folder.read_result()
    write_json(folder.result, seal(result | {"outputs": {"../../elsewhere": "0" * 64}}))
    with pytest.raises(HarnessError, match=r"'outputs\.\.\./\.\./elsewhere' should be the name of an output"):
        world.run()


SECRET = "canary7f3a"
VARIABLES = {name: f"{SECRET}-{name.lower()}" for name in (
    "USER", "LOGNAME", "USERNAME", "HOSTNAME", "HOST", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "SSH_CLIENT",
    "SSH_CONNECTION", "SLURM_JOB_ID", "EMAIL", "MAIL", "WANDB_API_KEY",
)}  # fmt: skip


@pytest.fixture
def somebody(tmp_path: Path) -> Path:
    """Create a home with data and a clone that has a remote."""
    home = tmp_path / f"{SECRET}-home"
    code = home / "code"
    shutil.copytree(PACKAGE / "harness", code / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PACKAGE / "suites" / "papers", code / "suites" / "papers")
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", SECRET],
                      ["remote", "add", "origin", f"https://{SECRET}:token@{SECRET}.example/x.git"]):  # fmt: skip
        identity = ["-c", f"user.name={SECRET}", "-c", f"user.email={SECRET}@example.com"]
        subprocess.run(["git", "-C", code, *identity, *arguments], check=True, capture_output=True)
    tiny_suite(home, **SHORT)
    (home / "digits").mkdir()
    source = Path(sys.modules["harness.data.sets.digits"].shipped())
    shutil.copy(source / "digits.csv.gz", home / "digits")
    return home


def run_by(home: Path) -> subprocess.CompletedProcess[str]:
    """Run the suite as this user, with absolute paths."""
    arguments = ["run", home / "tiny.yaml", "--scale", "ci", "--device", "cpu", "--threads", "1"]
    arguments += ["--store", home / "runs", "--out", home / "report", "--data", f"digits={home / 'digits'}"]
    return program(home, *arguments, package=home / "code", HOME=str(home), **VARIABLES)


def leaking(home: Path, *secrets: str, also: tuple[str, ...] = ()) -> list[str]:
    """Return the files below store and report that contain one of these words, except `also`."""
    written = [path for folder in ("runs", "report") for path in (home / folder).rglob("*") if path.is_file()]
    assert len(written) > 5
    return [
        str(path.relative_to(home))
        for path in written
        if path.name not in also and any(secret.encode() in path.read_bytes() for secret in secrets)
    ]


def test_nothing_written_tells_who_ran_it_and_where(somebody: Path) -> None:
    """No file contains a variable, user, host, remote or home, except the local cache of data fingerprints."""
    done = run_by(somebody)
    assert done.returncode == 0, done.stderr
    assert leaking(somebody, SECRET, also=("fingerprints.json",)) == []


def test_a_failure_names_its_file_and_not_whose_it_is(somebody: Path) -> None:
    """The report gives the reason; only the log, for its owner, has the whole path."""
    (somebody / "digits" / "digits.csv.gz").write_bytes(b"\x1f\x8b damaged")
    done = run_by(somebody)
    assert done.returncode == 6
    assert str(somebody) in done.stderr
    assert leaking(somebody, SECRET, also=("fingerprints.json", "log.txt")) == []
    reasons = json.loads((somebody / "report" / "results.json").read_text())["cells"][-1]["reason"]
    assert "DATA/digits/digits.csv.gz: cannot be read" in reasons


def test_an_error_of_ours_is_one_line() -> None:
    """Every error of the family is a message with an exit code, so that no traceback shows a path."""
    assert issubclass(DataMissing, HarnessError)
