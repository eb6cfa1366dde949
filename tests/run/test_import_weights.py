"""Nets that were trained elsewhere: taken in for evaluation only, told as such everywhere, and never a reproduction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_challenge import Challenge, by_id, made, patched

from harness.errors import UsageError
from harness.models import parse_model
from harness.models.network import build
from harness.models.torchvision_names import torchvision_names
from harness.run.import_weights import read_names
from harness.store.store import file_sha256

SAID = ["--from", "A model zoo", "--url", "https://zoo.example/net", "--licence", "BSD-3-Clause"]
ONLY = "the weights were trained elsewhere (A model zoo, https://zoo.example/net, licence BSD-3-Clause"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Challenge:
    """The suite, nothing run."""
    return made(tmp_path / "world", monkeypatch)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Challenge]:
    """The suite run to its end with the net of seed 0 imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        world = made(tmp_path_factory.mktemp("challenge"), patch)
        done = bring(world, saved(world))
        assert done.exit_code == 0, done.exception
        done = world.call("run", world.suite, "--scale", "paper", "--out", world.folder / "report", "--threads", "1")
        assert done.exit_code == 0, done.exception
        (world.folder / "said").write_text(done.output)
        yield world


def tensors(world: Challenge, experiment: str = "net", seed: int = 7) -> dict[str, torch.Tensor]:
    """Weights of some training of the experiment's net."""
    plan = world.plan()
    spec = plan.jobs[plan.trainings[experiment, 0]].spec
    network = build(parse_model(spec["model"]).layers(spec["classes"]), tuple(spec["input"]))
    draws = torch.Generator().manual_seed(seed)
    return {name: torch.randn(one.shape, generator=draws) * 0.05 for name, one in network.state_dict().items()}


def saved(world: Challenge, content: Any = None) -> Path:
    """Such weights, or something else, as a file of torch.save."""
    path = world.folder / "elsewhere.pth"
    torch.save(tensors(world) if content is None else content, path)
    return path


def arguments(world: Challenge, path: Path, *more: object, experiment: str = "net") -> list[object]:
    """The command that imports a file."""
    return ["import", path, "--suite", world.suite, "--experiment", experiment, "--scale", "paper", *SAID, *more]


def bring(world: Challenge, path: Path, *more: object, experiment: str = "net") -> Any:
    """Import a file."""
    return world.call(*arguments(world, path, *more, experiment=experiment), data=False)


def test_an_import_is_the_result_of_its_training(imported: Challenge) -> None:
    """Same kind and key, the tensors as they were, whose they are; no figures of a training that was not seen."""
    folder = imported.training("net")
    result = folder.read_result()
    assert result is not None
    about = result["imported"]
    assert (about["from"], about["url"], about["licence"]) == ("A model zoo", SAID[3], "BSD-3-Clause")
    assert about["sha256"] == file_sha256(imported.folder / "elsewhere.pth")
    assert (result["kind"], result["key"], result["outcome"]) == ("train", folder.read_job()["key"], "done")
    assert (result["values"], result["data"], result["code"], "cost" in result) == ({}, [], None, False)
    kept = torch.load(folder.weights, weights_only=True)
    assert {name: one.tolist() for name, one in kept.items()} == {n: o.tolist() for n, o in tensors(imported).items()}


def test_run_trains_the_others_and_says_imported(imported: Challenge) -> None:
    """The import is left alone, and nothing of it is stale afterwards."""
    said = (imported.folder / "said").read_text()
    assert "IMPORTED: train net, seed 0: trained elsewhere (A model zoo" in said
    assert "train net, seed 0: epoch" not in said
    assert "train net, seed 1: epoch" in said
    document = json.loads(imported.call("plan", imported.suite, "--scale", "paper", "--json").output)
    states = {job["label"]: job["state"] for job in document["jobs"]}
    assert states.pop("train net, seed 0") == "imported"
    assert set(states.values()) == {"done"}


def test_no_cell_that_rests_on_it_is_a_reproduction(imported: Challenge) -> None:
    """The number stands beside the printed one, and is not comparable; what does not rest on it is judged."""
    results, page = imported.report()
    cell = by_id(results["cells"])["seen.top5"]
    assert (cell["outcome"], cell["n"], cell["difference"]) == ("NOT COMPARABLE", 3, None)
    assert cell["mean"] is not None
    assert cell["reason"].startswith(ONLY)
    assert cell["reason"].endswith("this tests the evaluation only")
    assert cell["imported"][0]["from"] == "A model zoo"
    assert any(mark.startswith("evaluation only: trained elsewhere (A model zoo") for mark in cell["marks"])
    assert by_id(results["cells"])["sum"]["imported"] is None
    assert "Evaluation only: trained elsewhere (A model zoo" in page
    assert '<span class="flag">IMPORTED</span>' in page
    job = results["experiments"]["net"]["jobs"][0]
    assert (job["outcome"], job["imported"]["licence"]) == ("imported", "BSD-3-Clause")


def test_no_claim_that_rests_on_it_is_confirmed(imported: Challenge) -> None:
    """By its cells, by a net that was tuned from it, by its learning curve."""
    claims = by_id(imported.report()[0]["claims"])
    for name in ("error", "beats", "gains", "learns"):
        assert (claims[name]["outcome"], claims[name]["reason"].startswith(ONLY)) in [
            ("NOT COMPARABLE", True),
            ("NOT RUN", False),
        ]
    assert {claims[name]["outcome"] for name in ("gains", "learns")} == {"NOT COMPARABLE"}
    assert claims["exact"]["outcome"] == "CONFIRMED"


def test_every_result_above_says_what_it_rests_on(imported: Challenge) -> None:
    """Tests, ensembles, trainings that start from it and their tests; so the mark outlives the import's folder."""
    plan = imported.plan()
    marked = set()
    for key, job in plan.jobs.items():
        result = imported.store.folder(job.kind, key).read_result() or {}
        if "trained_elsewhere" in result:
            assert [one["from"] for one in result["trained_elsewhere"]] == ["A model zoo"]
            marked.add(job.label)
    assert marked == {
        "test net.seen, seed 0", "test net.submitted, seed 0", "inspect net.kernels, seed 0",
        "average 2 nets for pair.submitted, repetition 0", "train tuned, seed 0", "test tuned.seen, seed 0",
    }  # fmt: skip


def test_a_score_of_imported_weights_is_no_reproduction(
    imported: Challenge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when a server gave exactly the printed number."""
    patched(imported.wnids, monkeypatch)
    world = imported.copied(tmp_path / "world")
    for seed in range(3):
        said = ["--from", "server", "--date", "2026-01-05", "--seed", seed]
        assert world.call("record", world.suite, "net.top5", "16.4", *said, data=False).exit_code == 0
    results, _ = world.report()
    cell = by_id(results["cells"])["net.top5"]
    assert (cell["outcome"], cell["mean"], len(cell["recorded"])) == ("NOT COMPARABLE", pytest.approx(16.4), 3)
    claims = by_id(results["claims"])
    assert {claims[name]["outcome"] for name in ("error", "beats")} == {"NOT COMPARABLE"}


def test_pictures_of_it_say_so(imported: Challenge) -> None:
    """In the caption."""
    (figure,) = imported.report()[0]["figures"]
    assert figure["svg_data_uri"]
    assert f"IMPORTED: {ONLY}" in figure["caption"]


def test_exports_say_so(imported: Challenge) -> None:
    """Beside the verdict."""
    told = ("report", imported.suite, "--scale", "paper", "--out", imported.folder / "report", "--export")
    assert "NOT COMPARABLE at paper scale, IMPORTED" in imported.call(*told, "markdown").output
    assert "IMPORTED" in imported.call(*told, "csv").output


def test_one_net_can_be_tested_without_training_the_others(world: Challenge) -> None:
    """The command names the jobs; then the number stands beside the printed one."""
    done = bring(world, saved(world))
    folders = [line.split()[-1] for line in done.stderr.splitlines()]
    assert [Path(folder).name.split("-")[0] for folder in folders] == ["pixels", "evaluate", "evaluate", "inspect"]
    for folder in folders:
        job = world.call("job", folder)
        assert job.exit_code == 0, job.exception
    cell = by_id(world.report()[0]["cells"])["seen.top5"]
    assert (cell["outcome"], cell["n"]) == ("NOT COMPARABLE", 1)
    assert cell["mean"] is not None


def test_it_is_no_staler_for_a_change_of_code_or_data(imported: Challenge, monkeypatch: pytest.MonkeyPatch) -> None:
    """No code of ours trained it; the tests of it go stale as ever."""
    monkeypatch.setattr("harness.plan.status.is_current", lambda *_: False)
    patched(imported.wnids, monkeypatch)
    document = json.loads(imported.call("plan", imported.suite, "--scale", "paper", "--json").output)
    states = {job["label"]: job["state"] for job in document["jobs"]}
    assert (states["train net, seed 0"], states["test net.seen, seed 0"]) == ("imported", "stale")


def test_training_it_here_after_all_makes_its_tests_stale(
    imported: Challenge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And until they have run again their numbers still rest on the import."""
    patched(imported.wnids, monkeypatch)
    world = imported.copied(tmp_path / "world")
    world.training("net").path.rename(tmp_path / "aside")
    world.call("run", world.suite, "--scale", "paper", "--out", world.folder / "report", "--threads", "1")
    assert by_id(world.report()[0]["cells"])["seen.top5"]["outcome"] == "NOT COMPARABLE"
    assert by_id(world.report()[0]["cells"])["seen.top5"]["stale"]
    again = ["--refresh-stale", "--out", world.folder / "report", "--threads", "1"]
    world.call("run", world.suite, "--scale", "paper", *again)
    cell = by_id(world.report()[0]["cells"])["seen.top5"]
    assert (cell["imported"], cell["outcome"] == "NOT COMPARABLE") == (None, False)


def test_a_training_with_a_result_is_not_overwritten(imported: Challenge) -> None:
    """Neither one of ours nor an earlier import."""
    path = imported.folder / "elsewhere.pth"
    before = imported.training("net", 1).result.read_bytes()
    assert "has a result already" in imported.refused(*arguments(imported, path, "--seed", 1))
    assert "was imported already (A model zoo" in imported.refused(*arguments(imported, path))
    assert imported.training("net", 1).result.read_bytes() == before


def test_a_store_with_it_is_sound_and_listed_and_it_is_not_run_again(imported: Challenge) -> None:
    """It has no cost, no code and no data of its own."""
    checked, listed = (imported.call(*words, data=False) for words in (["verify"], ["store", "ls"]))
    assert (checked.exit_code, listed.exit_code) == (0, 0), checked.output + listed.output
    key = imported.training("net").path.name.removeprefix("train-")
    assert key[:9] in listed.stdout
    said = imported.refused("verify", "--rerun", key)
    assert "trained elsewhere and imported; there is nothing to run again" in said


def test_a_training_that_was_begun_is_not_overwritten(world: Challenge) -> None:
    """Its checkpoint would be lost."""
    folder = world.training("net")
    folder.path.mkdir(parents=True)
    folder.checkpoint.write_bytes(b"hours of work")
    assert "was begun (checkpoint.pt)" in world.refused(*arguments(world, saved(world)))
    assert folder.checkpoint.read_bytes() == b"hours of work"
    assert not folder.weights.exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--experiment", "nett"], "no experiment 'nett' that trains at paper scale; did you mean 'net'?"),
        (["--experiment", "pair"], "no experiment 'pair' that trains at paper scale"),
        (["--scale", "ci"], "has no scale 'ci'"),
        (["--seed", "6"], "net has the seeds 0 to 5 at paper scale"),
        (["--from", "\x1b[31m"], "--from: needs one line"),
        (["--licence", ""], "--licence: needs one line"),
        (["--url", "file:///etc/passwd"], "not a web address"),
        (["--names", "{world}/nowhere.json"], "does not exist"),
        (["--torchvision"], "--torchvision: prelu_small as declared is no net of torchvision's"),
        (["--torchvision", "--names", __file__], "both say how tensors are named"),
        (["--suite", "nosuch"], "no suite file at 'nosuch'"),
    ],
)
def test_what_cannot_be_imported_is_refused(world: Challenge, more: list[str], message: str) -> None:
    """Exit 2, and no store is made."""
    assert message in world.refused(*arguments(world, saved(world), *more))
    assert not world.store.root.exists()


def test_an_endless_file_is_not_read(world: Challenge) -> None:
    """A device is no checkpoint."""
    assert "not a file" in world.refused(*arguments(world, Path("/dev/zero")))


def test_a_suffix_of_another_format_is_told(world: Challenge) -> None:
    """What is not read is said to be so."""
    path = world.folder / "net.safetensors"
    path.write_bytes(b"")
    assert "safetensors are not read" in world.refused(*arguments(world, path))


def test_other_names_are_mapped(world: Challenge) -> None:
    """{theirs: ours}; what is not in the map keeps its name."""
    own = tensors(world)
    first = next(iter(own))
    path = saved(world, {"module.first" if name == first else name: one for name, one in own.items()})
    names = world.folder / "names.json"
    names.write_text(json.dumps({"module.first": first}))
    assert f"missing: {first}" in world.refused(*arguments(world, path))
    done = bring(world, path, "--names", names)
    assert done.exit_code == 0, done.exception
    assert torch.equal(torch.load(world.training("net").weights, weights_only=True)[first], own[first])


def test_a_tensor_may_be_left_out_and_the_result_says_so(world: Challenge) -> None:
    """{theirs: null}; without it the file does not fit."""
    path = saved(world, tensors(world) | {"extra": torch.zeros(2)})
    names = world.folder / "names.json"
    names.write_text(json.dumps({"extra": None}))
    assert "unexpected: extra" in world.refused(*arguments(world, path))
    done = bring(world, path, "--names", names)
    assert done.exit_code == 0, done.exception
    result = world.training("net").read_result()
    assert result is not None
    assert result["imported"]["left_out"] == ["extra"]


def test_torchvisions_names_are_known(world: Challenge) -> None:
    """A file with its names becomes the net of an experiment on the second form of GoogLeNet, marked as imported."""
    suite = json.loads(world.suite.read_text())
    model = {"name": "googlenet_torchvision", "width": 0.05}
    suite["experiments"]["larger"]["train"] |= {"model": model, "recipe": "plain"}
    suite["scales"].pop("subset")
    world.suite.write_text(json.dumps(suite))
    recipes = world.folder / "papers" / "tiny" / "recipes.yaml"
    content = json.loads(recipes.read_text())
    content["recipes"]["plain"] = content["recipes"]["jittered"] | {"initialisation": {"rule": "he_forward"}}
    recipes.write_text(json.dumps(content))
    names = torchvision_names(parse_model(model))
    own = tensors(world, "larger")
    theirs = {name: torch.zeros(1) if ours is None else own[ours].abs() for name, ours in names.items()}
    theirs |= {name: torch.tensor(3) for name in theirs if name.endswith("num_batches_tracked")}
    done = bring(world, saved(world, theirs), "--torchvision", experiment="larger")
    assert done.exit_code == 0, done.exception
    result = world.training("larger").read_result()
    assert result is not None
    assert result["marks"][0].startswith("evaluation only: trained elsewhere (A model zoo")
    assert {name.partition(".")[0] for name in result["imported"]["left_out"]} == {"aux1", "aux2"}


def test_a_refused_file_leaves_no_result(world: Challenge) -> None:
    """So that the training can still be run."""
    world.refused(*arguments(world, saved(world, {"a": torch.zeros(1)})))
    assert world.training("net").read_result() is None
    assert not world.training("net").weights.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", '["a"]', '[["a", "b"]]', '{"a": 1}', '{"a": ["b"]}', '{"a": "b", "a": "c"}', "[" * 100_000]
)
def test_a_map_of_names_is_one_of_text_to_text(tmp_path: Path, text: str) -> None:
    """Anything else is refused with the file's name."""
    path = tmp_path / "names.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"names\.json: "):
        read_names(path)
