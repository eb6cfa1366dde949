"""`data check`, `data prepare` and `data fetch` as a user types them."""

from __future__ import annotations

import dataclasses
import json
import shutil

import pytest
from click.testing import CliRunner
from image_layouts import class_folders, flat_val, kaggle, make_originals
from programs import program

from harness.cli.main import command
from harness.data import DATASETS
from harness.errors import DataMissing, UsageError

ORIGINALS = make_originals()


@pytest.fixture(autouse=True)
def miniature(monkeypatch, tmp_path):
    """Declare the miniature as the official set, in an empty folder and without this machine's data."""
    monkeypatch.setitem(DATASETS, "ilsvrc2012", ORIGINALS.declared())
    monkeypatch.chdir(tmp_path)
    for name in ("HARNESS_DATA_ROOT", "HARNESS_DATA_ILSVRC2012"):
        monkeypatch.delenv(name, raising=False)


def said(*arguments):
    """Return (exit code, standard output) of a command; its errors are raised."""
    done = CliRunner().invoke(command, ["data", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


def test_a_usable_set_exits_with_0(tmp_path):
    """The output has counts and the class order."""
    code, text = said("check", "ilsvrc2012", class_folders(ORIGINALS, tmp_path / "set"), "--threads", "1")
    assert code == 0
    assert "train: 24 of 24 images, 4 classes of 6 to 6, as class folders" in text
    assert "class order: place among the sorted WordNet ids" in text
    assert text.endswith("usable as it is: sound\n")


def test_what_is_not_usable_exits_with_4_and_prints_the_fix(tmp_path):
    """The printed command repairs it."""
    kaggle(ORIGINALS, tmp_path / "kaggle")
    code, text = said("check", "ilsvrc2012", "kaggle")
    assert code == 4
    fix = next(line for line in text.splitlines() if "fix: " in line).split("fix: ")[1].split("  (")[0]
    assert fix == "python -m harness data prepare ilsvrc2012 kaggle --out data/ilsvrc2012"
    assert said(*fix.split()[4:])[0] == 0
    code, text = said("check", "ilsvrc2012")
    assert (code, "a copy with shorter sides of at most 256 pixels" in text) == (0, True)


def test_json_is_for_programs(tmp_path):
    """A check and a copy both have it."""
    code, text = said("check", "ilsvrc2012", flat_val(ORIGINALS, tmp_path / "set"), "--json")
    document = json.loads(text)
    assert (code, document["usable"], document["splits"][1]["form"]) == (4, False, "flat folder")
    assert [finding["code"] for finding in document["findings"] if finding["wrong"]] == ["form"]
    code, text = said("prepare", "ilsvrc2012", "set", "--out", "copy", "--short-side", 40, "--json")
    assert (code, json.loads(text)["copy"]["short_side"]) == (0, 40)


def test_without_a_path_it_looks_where_a_run_would(tmp_path, monkeypatch):
    """It finds also a layout that no run can read."""
    with pytest.raises(DataMissing, match="is not on disk"):
        said("check", "ilsvrc2012")
    kaggle(ORIGINALS, tmp_path / "root" / "ilsvrc2012")
    monkeypatch.setenv("HARNESS_DATA_ROOT", str(tmp_path / "root"))
    code, text = said("check", "ilsvrc2012")
    assert (code, f"ilsvrc2012 in {tmp_path / 'root' / 'ilsvrc2012'}" in text) == (4, True)
    kaggle(ORIGINALS, tmp_path / "other" / "ilsvrc2012")
    assert "other" in said("check", "ilsvrc2012", "--data-root", tmp_path / "other")[1]


def test_an_altered_copy_is_found_by_content(tmp_path):
    """`--decode` reads every file; a change that keeps the size shows nowhere else."""
    class_folders(ORIGINALS, tmp_path / "set")
    said("prepare", "ilsvrc2012", "set", "--out", "copy", "--short-side", 40)
    path = next((tmp_path / "copy" / "train").rglob("*.JPEG"))
    data = path.read_bytes()
    path.write_bytes(data[:-10] + bytes([data[-10] ^ 1]) + data[-9:])
    assert said("check", "ilsvrc2012", "copy")[0] == 0
    code, text = said("check", "ilsvrc2012", "copy", "--decode")
    assert (code, f"copy/train/{path.parent.name}/{path.name}" in text) == (4, True)


def test_the_copy_tells_what_was_left_out(tmp_path):
    """Standard output names it."""
    image = ORIGINALS.of("train")[0]
    (class_folders(ORIGINALS, tmp_path / "set") / "train" / image.wnid / image.name).write_bytes(b"")
    code, text = said("prepare", "ilsvrc2012", "set", "--out", "copy", "--allow-damaged", 0.1)
    assert code == 0
    assert f"left out: {image.wnid}/{image.name}: the file is empty or cannot be read" in text
    assert "official: no, 1 damaged images of train were left out" in text


def test_a_set_of_few_files_is_checked_by_its_digests(tmp_path):
    """The digits are accepted, and another file under their name is not."""
    code, text = said("check", "digits")
    assert (code, "usable as it is: content as in the official" in text) == (0, True)
    (tmp_path / "digits").mkdir()
    code, text = said("check", "fashion_mnist", "digits")
    assert (code, "not usable" in text) == (4, True)


def test_an_unknown_set_is_answered_with_the_nearest(tmp_path):
    """Unknown names have suggestions everywhere."""
    with pytest.raises(UsageError, match="did you mean ilsvrc2012"):
        said("check", "ilsvrc2021")


def test_fetching_what_is_there_fetches_nothing():
    """The digits come with a library."""
    code, text = said("fetch", "digits")
    assert (code, "as in the official" in text) == (0, True)


def test_fetching_what_is_not_public_says_how_to_get_it():
    """ImageNet requires a request for access."""
    with pytest.raises(UsageError, match=r"cannot be fetched; ask for access at image-net.org"):
        said("fetch", "ilsvrc2012")


def test_what_was_fetched_is_compared_with_its_digests(monkeypatch, tmp_path):
    """A mirror with other files is refused."""
    from harness.data import locate

    monkeypatch.setitem(DATASETS, "fashion_mnist", dataclasses.replace(DATASETS["fashion_mnist"], shipped=None))

    def other(dataset, root, *_, **__):
        folder = root / dataset.folders[0]
        folder.mkdir(parents=True)
        for file in dataset.files:
            (folder / file.name).write_bytes(b"something else")

    monkeypatch.setattr(locate, "fetch", other)
    with pytest.raises(DataMissing, match=r"not the official .*; delete it and fetch it again"):
        said("fetch", "fashion_mnist", "--data-root", tmp_path / "root")


def test_checking_needs_no_torch(tmp_path):
    """A machine that only stores data may lack torch."""
    (tmp_path / "torch.py").write_text("raise ImportError('torch was imported')")
    shutil.copytree(class_folders(ORIGINALS, tmp_path / "a"), tmp_path / "set")
    done = program(tmp_path, "data", "check", "ilsvrc2012", "set", anew=True)
    assert "torch was imported" not in done.stderr
    assert done.returncode == 4
    assert "24 of 1,281,167 images" in done.stdout


def test_packs_are_prepared_checked_and_found_like_folders(tmp_path):
    """The command says what the copy is, and a check finds it where runs look."""
    class_folders(ORIGINALS, tmp_path / "set")
    code, text = said("prepare", "ilsvrc2012", "set", "--out", "data/ilsvrc2012", "--packed", "--raw", "--threads", "1")
    assert (code, "decoded and in packs as pixels" in text, "official: yes" in text) == (0, True, True)
    code, text = said("check", "ilsvrc2012")
    assert (code, "train: 24 of 24 images, 4 classes of 6 to 6, as packs" in text) == (0, True)
    again = said("prepare", "ilsvrc2012", "set", "--out", "data/ilsvrc2012", "--packed", "--raw", "--threads", "1")
    assert (again[0], "official: yes" in again[1]) == (0, True)


def test_pixels_outside_packs_are_refused(tmp_path):
    """The message has the option that is missing."""
    class_folders(ORIGINALS, tmp_path / "set")
    with pytest.raises(UsageError, match="say --packed --raw"):
        said("prepare", "ilsvrc2012", "set", "--out", "copy", "--raw")
