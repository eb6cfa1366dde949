"""The comparison of two versions of the code: the jobs it runs, the differences it finds, and the pairs it lists."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import equal_code
import pytest
from click.testing import CliRunner
from equal_code import Comparison, Side, different, gone_on
from equal_code_jobs import Jobs, covering, features_of, net_of, with_inputs
from fabricated import finish

from harness.jobs import JOBS
from harness.jobs.code import code_digest
from harness.plan.job import Job

OLD = "0" * 64


def train(name: str, work: float, *, epochs: int = 2, seed: int = 0) -> Job:
    """Return a training of a net of that name."""
    recipe = {"epochs": epochs, "augmentation": {"jitter": None}}
    return Job("train", {"model": {"name": name}, "recipe": recipe, "seed": seed}, {}, f"train {name}", work)


def evaluate(training: Job, views: str, work: float = 1e9) -> Job:
    """Return a test of a training."""
    return Job("evaluate", {"protocol": {"views": views}}, {"network": training.key}, f"test {views}", work)


def keyed(*jobs: Job) -> Jobs:
    """Return jobs by key."""
    return {job.key: job for job in jobs}


def test_few_jobs_cover_everything_that_any_does() -> None:
    """Of two jobs with the same features, the cheaper is chosen, with its inputs."""
    cheap, dear, other = train("alexnet", 1e9), train("alexnet", 9e9, seed=1), train("vgg", 5e9)
    tests = (
        evaluate(dear, "centre"),
        evaluate(cheap, "centre", 2e9),
        evaluate(other, "dense"),
        evaluate(cheap, "dense", 9e9),
    )
    jobs = keyed(cheap, dear, other, *tests)
    found = covering(jobs)
    assert set(found) == {cheap.key, other.key, tests[1].key, tests[2].key}
    every = set().union(*(features_of(job, jobs) for job in jobs.values()))
    assert set().union(*(features_of(job, jobs) for job in found.values())) == every


def test_a_test_is_known_by_the_net_that_it_tests() -> None:
    """The spec of a test does not name its net, so its training does."""
    training = train("vgg", 1.0)
    test = evaluate(training, "dense")
    jobs = keyed(training, test)
    assert net_of(test, jobs) == "vgg"
    assert with_inputs(test.key, jobs) == [training.key, test.key]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"code": OLD, "cost": {"seconds": 9}, "marks": ["elsewhere"]}, []),
        ({"values": {"a": 1.0000000000000002}}, ["values"]),
        ({"outputs": {"weights.pt": "1"}}, ["outputs"]),
        ({"probe": {}}, ["probe"]),
        ({"outcome": "diverged"}, ["outcome"]),
    ],
)
def test_any_other_bit_is_a_difference(change: dict[str, Any], found: list[str]) -> None:
    """Changed numbers, changed digests of files, and entries in only one result are differences."""
    result = {"values": {"a": 1.0}, "outputs": {"weights.pt": "0"}, "outcome": "done", "code": "x", "cost": {}}
    assert different(result, result | change, train("vgg", 1.0)) == found


def test_of_a_timing_the_names_of_its_numbers_are_compared() -> None:
    """Times never repeat, so only their names count."""
    timing = Job("measure", {"what": "timing", "device_name": "here"})
    assert different({"values": {"a": 1}}, {"values": {"a": 2}}, timing) == []
    assert different({"values": {"a": 1}}, {"values": {"b": 1}}, timing) == ["values"]


TRAINING = train("vgg", 1e9)


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    """Return one training finished under both versions of the code."""
    sides = Side(tmp_path, tmp_path / "old"), Side(tmp_path, tmp_path / "new")
    for side, digest in zip(sides, (OLD, code_digest("train")), strict=True):
        finish(side.store("plainly"), TRAINING, code=digest, data=[])
    return Comparison(*sides, {"plainly": keyed(TRAINING)})


def test_equal_results_make_a_pair(comparison: Comparison) -> None:
    """The pair consists of the digests in the results."""
    assert list(comparison.differences("train")) == []
    assert comparison.pair("train") == (OLD, code_digest("train"))
    assert comparison.pair("evaluate") is None


def test_a_job_that_todays_code_cannot_do_is_a_difference(comparison: Comparison) -> None:
    """A job that only the earlier code fails at is reported, but is no difference."""
    after = comparison.after.store("plainly").folder("train", TRAINING.key)
    after.result.unlink()
    assert list(comparison.differences("train")) == ["train vgg (plainly): no result under today's code"]
    comparison.before.store("plainly").folder("train", TRAINING.key).result.unlink()
    assert list(comparison.differences("train")) == []


def test_a_training_that_was_not_stopped_is_a_difference(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that ran to its end instead of stopping counts as a difference."""

    def finished(side: Side, way: str, jobs: Any, *_: str, **__: bool) -> None:
        for job in jobs:
            finish(side.store(way), job, code=OLD, data=[])

    monkeypatch.setattr(Side, "run", finished)
    assert list(gone_on(comparison)) == ["train vgg: was not stopped and gone on from"]


@pytest.fixture
def listed(tmp_path: Path, comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a list of pairs for the test, with nothing run."""
    path = tmp_path / "same_code.json"
    path.write_text("{}")
    for name, found in (("earlier", None), ("today", None), ("compared", comparison)):
        monkeypatch.setattr(equal_code, name, lambda *_, found=found: found)
    monkeypatch.setattr(equal_code, "gone_on", lambda _: [])
    monkeypatch.setattr(equal_code, "pairs", dict)
    monkeypatch.setattr(equal_code, "PAIRS", path)
    return path


def test_pairs_are_written_when_asked(listed: Path) -> None:
    """Without `--write`, pairs are only printed."""
    done = CliRunner().invoke(equal_code.main, ["HEAD"])
    assert (done.exit_code, json.loads(listed.read_text())) == (0, {})
    assert f"train: 1 compared, all equal; {OLD} -> {code_digest('train')}" in done.output
    assert CliRunner().invoke(equal_code.main, ["HEAD", "--write"]).exit_code == 0
    assert json.loads(listed.read_text()) == {"train": [[OLD, code_digest("train")]]}


def test_no_pair_is_written_where_anything_differs(listed: Path, comparison: Comparison) -> None:
    """A difference in one number prevents the pair, and the exit code is 1."""
    store = comparison.after.store("plainly")
    store.folder("train", TRAINING.key).result.unlink()
    finish(store, replace(TRAINING), code=code_digest("train"), data=[], steps=7)
    done = CliRunner().invoke(equal_code.main, ["HEAD", "--write"])
    assert (done.exit_code, json.loads(listed.read_text())) == (1, {})
    assert "train: 1 compared, 1 differences" in done.output
    assert "  train vgg (plainly): other steps" in done.output
    assert all(
        f"{kind}: 0 compared, all equal; the digest is the same" in done.output for kind in JOBS if kind != "train"
    )
