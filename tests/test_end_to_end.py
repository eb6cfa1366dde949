"""The whole program as a user runs it: from a suite file to a page, at the small scale and at the paper's."""

import getpass
import json
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from image_folders import make_image_folders
from programs import program, results
from tiny_suites import STEM, paper_suite, tiny_suite

CI = ("--scale", "ci", "--device", "cpu", "--threads", "1")
PAPER = ("--scale", "paper", "--device", "cpu", "--threads", "1", "--data", "ilsvrc2010=images")
LARGER = {"prepare": {"short_side": 32}, "crop": 28}
LEARNS = {"model": {"width": 0.15, "stem": STEM}, "epochs": 8, "batch": 32, "drops_after": [6], **LARGER}
QUICK = {"subset": {"classes": 10, "per_class": 40}, "epochs": 1}


def ran(folder, *arguments, code=0):
    """Run the program; it must end with this exit code and without a traceback."""
    done = program(folder, *arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """Return a folder with the finished run of a suite whose net learns, and the program's output."""
    folder = tmp_path_factory.mktemp("learned")
    tiny_suite(folder, **LEARNS)
    return folder, ran(folder, "run", "tiny.yaml", *CI)


def cells(folder):
    """Return the cells of a report by name."""
    return {cell["id"]: cell for cell in results(folder)["cells"]}


def test_it_learns(learned):
    """The net's errors are far below chance, which is 90% top-1 and 50% top-5."""
    found = cells(learned[0] / "reports/tiny/ci")
    assert found["cnn.top1"]["mean"] < 45
    assert found["cnn.top5"]["mean"] < 10


def test_a_report_is_a_page_and_its_results(learned):
    """The report lies in the folder that the program names last, with everything that readers of results rely on."""
    folder, done = learned
    report = folder / "reports/tiny/ci"
    assert done.stdout.splitlines()[-1] == "report: reports/tiny/ci/index.html"
    assert (report / "index.html").read_text().startswith("<!DOCTYPE html>")
    document = json.loads((report / "results.json").read_text())
    assert {
        "format", "suite", "paper", "title", "source", "scale", "scale_choice", "headline", "citation", "suite_yaml",
        "command", "table", "cells", "claims", "deviations", "experiments", "data", "environment", "cost", "digest",
    } <= document.keys()  # fmt: skip
    (job,) = document["experiments"]["cnn"]["jobs"]
    assert {"seed", "key", "outcome", "weights_sha256", "evaluations"} <= job.keys()
    assert job["evaluations"]["ten_crop"]["count"] == 400
    assert document["environment"]["job"]["threads"] == 1


def test_at_a_small_scale_nothing_is_set_against_the_paper(learned):
    """No number is compared, not even where the net is better than the printed number."""
    folder, _ = learned
    document = results(folder / "reports/tiny/ci")
    assert {cell["outcome"] for cell in document["cells"]} == {"CITED", "NOT COMPARABLE"}
    assert {claim["outcome"] for claim in document["claims"]} == {"NOT COMPARABLE"}


def test_run_again_there_is_nothing_to_do(learned):
    """A second run does nothing, and the page stays the same byte for byte."""
    folder, _ = learned
    page = folder / "reports/tiny/ci/index.html"
    before = page.read_bytes()
    assert "nothing to do" in ran(folder, "run", "tiny.yaml", *CI).stderr
    assert page.read_bytes() == before


def test_a_page_is_written_again_from_the_store_or_from_its_own_folder(learned, tmp_path):
    """Both give the same bytes; the latter works without the store."""
    folder, _ = learned
    before = {path.name: path.read_bytes() for path in (folder / "reports/tiny/ci").iterdir()}
    shutil.copytree(folder / "reports/tiny/ci", tmp_path / "moved")
    (tmp_path / "moved" / "index.html").unlink()
    ran(tmp_path, "report", "moved")
    assert (tmp_path / "moved" / "index.html").read_bytes() == before["index.html"]
    ran(folder, "report", "tiny.yaml", "--scale", "ci", "--device", "cpu", "--out", tmp_path / "again")
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == before


def test_results_tell_nothing_of_who_ran_them_and_where(learned):
    """A report contains no host name, no user and no folder of this machine, so that it can be published."""
    folder, _ = learned
    private = {str(folder), str(Path.home()), platform.node(), getpass.getuser()} - {""}
    words = {word for word in private if len(word) > 4 or (word.startswith("/") and word != "/")}
    assert words
    texts = [path.read_text() for path in (folder / "reports/tiny/ci").iterdir()]
    texts += [path.read_text() for path in (folder / "runs").glob("*/*.json")]
    assert {word for word in words if any(word in text for text in texts)} == set()
    assert not any(f'"{getpass.getuser()}"' in text for text in texts)


def test_two_suites_that_need_one_training_run_it_once(tmp_path):
    """The second suite finds the training in the store by its key."""
    for name in ("one", "two"):
        tiny_suite(tmp_path, name, **QUICK)
    assert "3 of 3 jobs to do" in ran(tmp_path, "run", "one.yaml", *CI).stderr
    assert "nothing to do: all 3 jobs have results" in ran(tmp_path, "run", "two.yaml", *CI).stderr
    one, two = (cells(tmp_path / "reports" / name / "ci") for name in ("one", "two"))
    assert one["cnn.top1"]["values"] == two["cnn.top1"]["values"]


def test_one_job_runs_from_its_directory(tmp_path):
    """An executor on another machine needs only the job's directory, its inputs beside it, and the command line."""
    tiny_suite(tmp_path, **QUICK)
    ran(tmp_path, "run", "tiny.yaml", *CI)
    (folder,) = (tmp_path / "runs").glob("evaluate-*")
    before = json.loads((folder / "result.json").read_text())
    for path in folder.iterdir():
        if path.name != "job.json":
            path.unlink()
    done = ran(tmp_path, "job", folder, "--device", "cpu", "--threads", "1")
    assert done.stdout.strip() == str(folder / "result.json")
    after = json.loads((folder / "result.json").read_text())
    assert (after["values"], after["outputs"]) == (before["values"], before["outputs"])


def test_a_suite_that_diverges_is_a_finished_suite(tmp_path):
    """The exit code is 0; every diverged seed is reported with its step and counts as guessing."""
    tiny_suite(tmp_path, **QUICK | {"seeds": 2, "rate": 1e6, "epochs": 2})
    done = ran(tmp_path, "run", "tiny.yaml", *CI)
    assert "diverged at step" in done.stderr
    document = results(tmp_path / "reports/tiny/ci")
    top1 = next(cell for cell in document["cells"] if cell["id"] == "cnn.top1")
    assert (top1["diverged"], list(top1["values"].values())) == ([0, 1], [90.0, 90.0])
    jobs = document["experiments"]["cnn"]["jobs"]
    assert all(job["outcome"] == "diverged" and job["diverged_at"] is not None for job in jobs)
    assert "diverged" in (tmp_path / "reports/tiny/ci/index.html").read_text()


@pytest.fixture(scope="module")
def miniature(tmp_path_factory):
    """Return a folder where table1's experiment ran at paper scale, as far as a few dozen images allow."""
    folder = tmp_path_factory.mktemp("miniature")
    make_image_folders(folder / "images")
    schedule = {"rule": "plateau", "drops": 2, "patience": 1, "smallest_gain": 100.0, "factor": 0.1}  # drops twice
    paper_suite(folder, seeds=2, batch=16, epochs=4, schedule=schedule)
    return folder, ran(folder, "run", "miniature.yaml", *PAPER)


def test_the_papers_own_path_runs_to_its_end(miniature):
    """It uses 256-pixel images, mean image, random 224-pixel views, reflections, colour noise and plateau."""
    folder, _ = miniature
    document = results(folder / "reports/miniature/paper")
    spec = document["experiments"]["cnn"]["spec"]
    assert (spec["input"], spec["classes"]) == ([3, 224, 224], 1000)
    assert spec["recipe"]["prepare"] == {"short_side": 256, "center": 256, "pad": 0}
    assert [job["outcome"] for job in document["experiments"]["cnn"]["jobs"]] == ["done", "done"]
    rows = [json.loads(line) for line in next((folder / "runs").glob("train-*/metrics.jsonl")).read_text().splitlines()]
    assert [(row["epoch"], row["rate"]) for row in rows] == [(1, 0.01), (2, 0.01), (3, 0.001), (4, 0.0001)]


def test_other_data_than_the_official_are_never_compared(miniature):
    """They run, so that a set-up can be tried; no cell and no claim is judged by them, and the reason is given."""
    folder, _ = miniature
    document = results(folder / "reports/miniature/paper")
    own = [cell for cell in document["cells"] if cell["outcome"] != "CITED"]
    assert {cell["outcome"] for cell in own} == {claim["outcome"] for claim in document["claims"]} == {"NOT COMPARABLE"}
    assert all("ilsvrc2010 is not the official data: the 4 class folders" in cell["reason"] for cell in own)
    assert [record["official"] for record in document["data"]] == [False] * 3


def test_a_net_for_a_thousand_classes_can_be_tested_on_four(miniature):
    """The net keeps a thousand outputs; every test image, grey and CMYK included, is seen through ten views."""
    folder, _ = miniature
    document = results(folder / "reports/miniature/paper")
    jobs = document["experiments"]["cnn"]["jobs"]
    assert {job["evaluations"]["ten_crop"]["count"] for job in jobs} == {20}


@dataclass(frozen=True)
class Damaged:
    """A failed run with a damaged image: its folder, the program's output, the image, its sound bytes, and a cell."""

    folder: Path
    said: str
    image: Path
    sound: bytes
    top1: dict[str, Any]


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """Return a run that failed at an image of which the second half is missing."""
    folder = tmp_path_factory.mktemp("damaged")
    make_image_folders(folder / "images", classes=2, train=8, val=1, test=1)
    image = sorted((folder / "images" / "train").rglob("*.JPEG"))[5]
    sound = image.read_bytes()
    image.write_bytes(sound[: len(sound) // 2])
    paper_suite(folder, batch=8, epochs=1)
    said = ran(folder, "run", "miniature.yaml", *PAPER, code=6).stderr
    return Damaged(folder, said, image, sound, cells(folder / "reports/miniature/paper")["cnn.top1"])


def test_a_damaged_image_fails_the_run_and_is_named(damaged):
    """The exit code is 6; terminal and report name the file, without a traceback, and no number lacks an image."""
    assert f"{damaged.image.name}: cannot be decoded" in damaged.said
    assert (damaged.top1["outcome"], damaged.top1["mean"]) == ("FAILED", None)
    assert damaged.image.name in damaged.top1["reason"]


def test_a_mended_image_is_all_it_takes_to_go_on(damaged):
    """The same command tries the failed job again."""
    damaged.image.write_bytes(damaged.sound)
    ran(damaged.folder, "run", "miniature.yaml", *PAPER)


def test_missing_data_are_told_before_anything_runs(tmp_path):
    """The exit code is 4, and the message names every place that was searched."""
    paper_suite(tmp_path)
    done = ran(tmp_path, "run", "miniature.yaml", *PAPER, code=4)
    assert "images" in done.stderr
    assert list(tmp_path.glob("runs/*-*")) == []


def test_a_device_that_is_missing_is_told_with_its_own_code(tmp_path):
    """The exit code is 5, and nothing is computed on another device instead."""
    tiny_suite(tmp_path, **QUICK)
    done = program(tmp_path, "run", "tiny.yaml", "--scale", "ci", "--device", "cuda", CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 5
    assert "--device cpu" in done.stderr
    assert list(tmp_path.glob("runs/*/result.json")) == []


def test_without_a_scale_it_runs_what_it_can_and_says_what_would_unlock_more(tmp_path):
    """The suite runs at ci, its only scale with data here."""
    tiny_suite(tmp_path, **QUICK)
    done = ran(tmp_path, "run", "tiny.yaml", "--device", "cpu", "--threads", "1")
    assert "tiny: scale ci: ci is the largest scale whose data are on disk" in done.stderr
    assert (tmp_path / "reports/tiny/ci/index.html").is_file()
