"""Tests of reading the mean image and colour covariance that a job stored."""

import numpy as np
import pytest
import torch

from harness.errors import UsageError
from harness.jobs.pixels import load_pixels
from harness.store.store import JobFolder

CPU = torch.device("cpu")


def test_both_come_back_as_they_were_stored(tmp_path):
    """Both are read as stored: the mean in float32, the covariance in float64."""
    random = np.random.default_rng(0)
    mean, covariance = random.random((3, 4, 4), np.float32), random.random((3, 3))
    np.savez(JobFolder(tmp_path).pixels, mean=mean, covariance=covariance)
    pixels = load_pixels(JobFolder(tmp_path), CPU)
    assert torch.equal(pixels.mean, torch.from_numpy(mean))
    assert torch.equal(pixels.covariance, torch.from_numpy(covariance))


def test_grey_images_have_no_covariance(tmp_path):
    """For grey images the covariance is None."""
    np.savez(JobFolder(tmp_path).pixels, mean=np.zeros((1, 4, 4), np.float32))
    assert load_pixels(JobFolder(tmp_path), CPU).covariance is None


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut"], ids=["missing", "empty", "cut short"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    """The error for an unreadable file names it and the remedy."""
    if content is not None:
        JobFolder(tmp_path).pixels.write_bytes(content)
    with pytest.raises(UsageError, match=r"pixels\.npz cannot be read .* to measure again"):
        load_pixels(JobFolder(tmp_path), CPU)
