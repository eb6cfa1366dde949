"""Tests of vocabularies and codes as jobs: decided by the seed, shared, and the same after a kill at any batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from feature_samples import DIGITS, FEATURE, StopsAfter, encoding, vocabulary_of, work

from harness.errors import Interrupted, JobFailed
from harness.jobs.features import description
from harness.jobs.features.codes import opened_codes, unfinished_codes
from harness.jobs.features.encode_split import encode
from harness.jobs.features.learn_vocabulary import learn_vocabulary
from harness.jobs.features.mixture import Vocabulary
from harness.store.store import JobFolder

IMAGES = 120


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> JobFolder:
    """One vocabulary for all tests."""
    return vocabulary_of(tmp_path_factory.mktemp("features") / "vocabulary")


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of some ten images."""
    monkeypatch.setattr(description, "NUMBERS_AT_ONCE", 2**20)


def test_a_seed_decides_every_bit_of_a_vocabulary(vocabulary: JobFolder, tmp_path: Path) -> None:
    """The same seed gives the same file; another seed takes other images."""
    assert vocabulary_of(tmp_path / "again").vocabulary.read_bytes() == vocabulary.vocabulary.read_bytes()
    assert vocabulary_of(tmp_path / "other", seed=1).vocabulary.read_bytes() != vocabulary.vocabulary.read_bytes()


def test_a_vocabulary_says_how_well_it_fits(vocabulary: JobFolder) -> None:
    """From 40 images with ten descriptors each."""
    result = vocabulary.read_result()
    assert result is not None
    assert result["values"]["descriptors"] == 400
    assert 0 < result["values"]["explained_variance"] <= 1
    assert result["data"][0]["count"] == IMAGES


def test_too_few_descriptors_are_an_error_with_a_remedy(tmp_path: Path) -> None:
    """Before scikit-learn would complain in its own words."""
    feature = FEATURE.model_dump(mode="json") | {"gaussians": 500}
    asked = work(tmp_path / "few", {"data": DIGITS, "splits": ["train"], "feature": feature, "seed": 0})
    with pytest.raises(JobFailed, match=r"400 descriptors .* take more `images`"):
        learn_vocabulary(asked)


def test_codes_are_of_length_one_and_in_the_order_of_the_split(vocabulary: JobFolder, tmp_path: Path) -> None:
    """Every code by itself is the code of its image in a batch of all."""
    job = encoding(tmp_path / "codes", vocabulary)
    encode(job)
    stored = np.load(job.folder.codes)
    assert stored.shape == (IMAGES, FEATURE.numbers())
    np.testing.assert_allclose(np.linalg.norm(stored, axis=1), 1, rtol=1e-5)
    with opened_codes(job.folder) as codes:
        assert np.array_equal(codes.rows([7, 3]), stored[[7, 3]])


@pytest.mark.parametrize("looks", [1, 3])
@pytest.mark.usefixtures("few_at_once")
def test_a_stopped_encoding_ends_in_the_same_bytes(vocabulary: JobFolder, tmp_path: Path, looks: int) -> None:
    """Whatever was on disk is kept, and not computed again."""
    whole = encoding(tmp_path / "whole", vocabulary)
    encode(whole)
    stopped = encoding(tmp_path / "stopped", vocabulary, stop=StopsAfter.of(looks))
    with pytest.raises(Interrupted):
        encode(stopped)
    with unfinished_codes(stopped.folder, IMAGES, FEATURE.numbers()) as unfinished:
        assert unfinished.pieces >= looks - 1
    resumed = encoding(tmp_path / "stopped", vocabulary)
    encode(resumed)
    assert resumed.folder.codes.read_bytes() == whole.folder.codes.read_bytes()


def test_a_note_without_its_codes_counts_for_nothing(vocabulary: JobFolder, tmp_path: Path) -> None:
    """A file of codes that is cut short is begun anew."""
    job = encoding(tmp_path / "cut", vocabulary)
    encode(job)
    whole = job.folder.codes.read_bytes()
    job.folder.codes.write_bytes(whole[:1000])
    encode(encoding(tmp_path / "cut", vocabulary))
    assert job.folder.codes.read_bytes() == whole


def test_damaged_files_are_told_with_a_remedy(vocabulary: JobFolder, tmp_path: Path) -> None:
    """Of a vocabulary, and of codes."""
    folder = JobFolder(tmp_path)
    folder.vocabulary.write_bytes(vocabulary.vocabulary.read_bytes()[:100])
    with pytest.raises(JobFailed, match=r"vocabulary\.npz cannot be read .* move"):
        Vocabulary.of(folder)
    folder.codes.write_bytes(b"nothing")
    with pytest.raises(JobFailed, match=r"codes\.npy cannot be read .* move"), opened_codes(folder):
        pass
