"""Tests of the registry of data sets."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.data import DATASETS, dataset_named
from harness.errors import UsageError


def test_every_name_is_the_name_of_its_declaration() -> None:
    """Every set is registered under its declared name."""
    assert list(DATASETS) == [dataset.name for dataset in DATASETS.values()]


def test_unknown_name_offers_the_nearest() -> None:
    """The error for an unknown name suggests the nearest."""
    with pytest.raises(UsageError, match=r"unknown data set 'ilsvrc2011'; did you mean ilsvrc201\d\?"):
        dataset_named("ilsvrc2011")


def test_declarations_need_no_arrays() -> None:
    """Declarations import neither torch, torchvision, numpy nor Pillow."""
    code = (
        "import sys, harness.data, harness.data.locate, harness.data.fingerprint;"
        "print(sorted({'torch', 'torchvision', 'numpy', 'PIL', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))
def test_files_cover_the_labelled_splits(dataset) -> None:
    """A set of files declares files for every split; a set in folders declares none."""
    covered = {split for file in dataset.files for split in file.splits}
    assert covered == (set(dataset.splits) if dataset.read else set())


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))
def test_sets_in_memory_name_their_classes(dataset) -> None:
    """A set without class folders has one distinct name for each class."""
    assert len(set(dataset.class_names)) == (dataset.classes if dataset.read else 0)
