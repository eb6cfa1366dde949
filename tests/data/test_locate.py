"""Tests of finding data sets."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from harness.data import DATASETS
from harness.data.locate import Found, Locations, Missing, fetch
from harness.errors import DataMissing, UsageError

CIFAR10, DIGITS, FASHION, IMAGENET = (DATASETS[name] for name in ("cifar10", "digits", "fashion_mnist", "ilsvrc2010"))


@pytest.fixture(autouse=True)
def _no_debian(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide data packages that are installed on this machine."""
    monkeypatch.setattr("harness.data.sets.fashion_mnist.DEBIAN", tmp_path / "debian")


def make_fashion(folder: Path) -> Path:
    """Write a folder with the four files, two of them compressed."""
    folder.mkdir(parents=True)
    for file in FASHION.files:
        (folder / (f"{file.name}.gz" if "t10k" in file.name else file.name)).write_bytes(b"")
    return folder


def make_imagenet(folder: Path) -> Path:
    """Write a folder with a training split."""
    (folder / "train").mkdir(parents=True)
    return folder


def gather(*files: Path, **sources: object) -> Locations:
    """Collect locations from these sources and no other configuration file."""
    return Locations.gather(**sources, config_files=files)


def test_embedded_set_is_always_there() -> None:
    """The embedded digits are found without any setting."""
    found = Locations().find(DIGITS)
    assert isinstance(found, Found)
    assert (found.path / "digits.csv.gz").is_file()


def test_torchvision_layout_below_a_root(tmp_path: Path) -> None:
    """A root filled by torchvision is read as it is."""
    folder = make_fashion(tmp_path / "FashionMNIST" / "raw")
    assert gather(data_root=tmp_path).find(FASHION) == Found(folder, "--data-root")


def test_another_packages_folder_is_the_last_resort(tmp_path: Path) -> None:
    """Debian's files are found, but only after every root."""
    debian = make_fashion(tmp_path / "debian")
    assert Locations().find(FASHION) == Found(debian, "another package's folder")
    own = make_fashion(tmp_path / "FashionMNIST" / "raw")
    assert gather(data_root=tmp_path).find(FASHION) == Found(own, "--data-root")


def test_sources_are_tried_in_the_documented_order(tmp_path: Path) -> None:
    """Flag, environment, nearer and farther file are tried in this order; the first root with the set counts."""
    near, far = tmp_path / "near.toml", tmp_path / "far.toml"
    near.write_text('[data]\nroot = "c"\n')
    far.write_text('[data]\nroot = "d"\n')
    locations = gather(near, far, data_root=tmp_path / "a", environ={"HARNESS_DATA_ROOT": str(tmp_path / "b")})
    hows = ["--data-root", "HARNESS_DATA_ROOT", f"{near}: data.root", f"{far}: data.root"]
    for how, letter in reversed(list(zip(hows, "abcd", strict=True))):
        folder = make_imagenet(tmp_path / letter / "ilsvrc2010")
        assert locations.find(IMAGENET) == Found(folder, how)


def test_named_folder_comes_before_any_root(tmp_path: Path) -> None:
    """A set's own folder named by a flag precedes the environment's and any root."""
    make_imagenet(tmp_path / "ilsvrc2010")
    own = make_imagenet(tmp_path / "own")
    environ = {"HARNESS_DATA_ILSVRC2010": str(make_imagenet(tmp_path / "other"))}
    locations = gather(data_root=tmp_path, named=[f"ilsvrc2010={own}"], environ=environ)
    assert locations.find(IMAGENET) == Found(own, "--data ilsvrc2010")


def test_named_folder_without_the_set_is_no_reason_to_look_elsewhere(tmp_path: Path) -> None:
    """If a named folder lacks the set, no other place is searched."""
    make_fashion(tmp_path / "debian")
    missing = gather(named=[f"fashion_mnist={tmp_path / 'typo'}"]).find(FASHION)
    assert isinstance(missing, Missing)
    assert missing.looked[0] == f"{tmp_path / 'typo'} (--data fashion_mnist): no such folder"


def test_missing_set_says_where_it_was_looked_for_and_what_is_expected(tmp_path: Path) -> None:
    """The message for a missing set lists the places searched and what was expected."""
    folder = make_fashion(tmp_path / "FashionMNIST" / "raw")
    (folder / "train-images-idx3-ubyte").unlink()
    with pytest.raises(DataMissing) as caught:
        gather(data_root=tmp_path).require(FASHION)
    message = str(caught.value)
    assert f"{folder} (--data-root): no train-images-idx3-ubyte" in message
    assert FASHION.layout in message
    assert FASHION.unlock in message


def test_folders_of_images_need_a_split(tmp_path: Path) -> None:
    """An empty folder of the right name is not the set."""
    (tmp_path / "ilsvrc2010").mkdir()
    missing = gather(data_root=tmp_path).find(IMAGENET)
    assert isinstance(missing, Missing)
    assert f"{tmp_path / 'ilsvrc2010'} (--data-root): no folder train, val, test" in missing.looked


def test_relative_folder_in_a_file_starts_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder in a configuration file starts at that file."""
    config = tmp_path / "configured" / "harness.toml"
    folder = make_imagenet(config.parent / "images")
    config.write_text('[data]\nilsvrc2010 = "images"\n')
    monkeypatch.chdir(tmp_path)
    assert gather(Path("configured/harness.toml")).find(IMAGENET) == Found(
        folder, f"{Path('configured/harness.toml')}: data.ilsvrc2010"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[data\n", "cannot be read"),
        ("[date]\n", "unknown key 'date'"),
        ("data = 3\n", "data is not a table"),
        ("[data]\nilsvrc = 'x'\n", "unknown key data.ilsvrc"),
        ("[data]\nroot = 3\n", "data.root is not the name of a folder"),
        ("[data]\nroot = ''\n", "data.root is not the name of a folder"),
    ],
)
def test_faulty_file_is_named_with_its_fault(tmp_path: Path, text: str, message: str) -> None:
    """A faulty configuration file is reported by name with its fault."""
    config = tmp_path / "harness.toml"
    config.write_text(text)
    with pytest.raises(UsageError) as caught:
        gather(config)
    assert str(caught.value).startswith(f"{config}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("flag", ["ilsvrc2010", "ilsvrc2010=", "imagenet=/data"])
def test_faulty_flag_is_refused(flag: str) -> None:
    """A flag that is not NAME=DIR with a known name is refused."""
    with pytest.raises(UsageError):
        gather(named=[flag])


def test_misspelt_variable_is_refused() -> None:
    """A variable with our prefix that names no set is refused."""
    with pytest.raises(UsageError, match="HARNESS_DATA_FASHON names no data set"):
        gather(environ={"HARNESS_DATA_FASHON": "/data", "HOME": "/root"})


class TestFetch:
    """Tests of downloading, with torchvision replaced."""

    @pytest.fixture
    def calls(self, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
        """Record the arguments of torchvision's class."""
        calls: list[dict[str, object]] = []
        datasets = SimpleNamespace(FashionMNIST=lambda **arguments: calls.append(arguments))
        module = ModuleType("torchvision")
        module.datasets = datasets
        monkeypatch.setitem(sys.modules, "torchvision", module)
        monkeypatch.setitem(sys.modules, "torchvision.datasets", datasets)
        return calls

    def test_says_so_before_it_downloads(self, calls: list[dict[str, object]], tmp_path: Path) -> None:
        """The message that names the network comes before the download."""
        said: list[str] = []
        fetch(FASHION, tmp_path, lambda line: said.append(f"{line} after {len(calls)} calls"))
        assert calls == [{"root": str(tmp_path), "download": True}]
        source = "through torchvision.datasets.FashionMNIST"
        assert said == [f"fetching Fashion-MNIST from the network into {tmp_path}, {source} after 0 calls"]

    def test_offline_forbids_it(self, calls: list[dict[str, object]], tmp_path: Path) -> None:
        """`--offline` forbids the download."""
        with pytest.raises(UsageError, match="--offline forbids"):
            fetch(FASHION, tmp_path, print, offline=True)
        assert calls == []

    def test_set_behind_a_registration_cannot_be_fetched(self, tmp_path: Path) -> None:
        """ImageNet, which needs registration, cannot be fetched."""
        with pytest.raises(UsageError, match=r"cannot be fetched; ask for access at image-net\.org"):
            fetch(IMAGENET, tmp_path, print)

    @pytest.mark.usefixtures("calls")
    def test_failed_download_is_missing_data(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A failed download raises DataMissing."""

        def unreachable(**_: object) -> None:
            raise OSError("no route to host")

        monkeypatch.setattr(sys.modules["torchvision.datasets"], "FashionMNIST", unreachable)
        with pytest.raises(DataMissing, match=r"could not be fetched \(no route to host\)"):
            fetch(FASHION, tmp_path, print)


def test_divided_set_is_found_by_its_one_folder(tmp_path: Path) -> None:
    """A divided set is found by its single folder."""
    dataset = DATASETS["imagenet_fall2009"]
    (tmp_path / "imagenet_fall2009" / "test").mkdir(parents=True)
    missing = gather(data_root=tmp_path).find(dataset)
    assert isinstance(missing, Missing)
    assert "no folder images" in missing.message()
    (tmp_path / "imagenet_fall2009" / "images").mkdir()
    assert gather(data_root=tmp_path).require(dataset).path == tmp_path / "imagenet_fall2009"


def test_a_set_that_a_package_adds_may_be_placed_before_anything_asks_for_it(tmp_path: Path) -> None:
    """By every source, as the program's own are; where none adds it, it is unknown."""
    config = tmp_path / "harness.toml"
    config.write_text('[data]\nmore = "here"\n')
    environ = {"HARNESS_DATA_MORE": "there"}
    for sources in ({"named": ["more=x"]}, {"environ": environ}, {}):
        files = () if sources else (config,)
        assert "more" in gather(*files, also=["more"], **sources).named
        with pytest.raises(UsageError, match=r"(?i)more"):
            gather(*files, **sources)
