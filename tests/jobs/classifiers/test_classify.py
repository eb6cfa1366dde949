"""Tests of classifiers as jobs: the same bytes after a kill, scores averaged, digits told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from feature_samples import DIGITS, StopsAfter, encoding, vocabulary_of, work

from harness.errors import Interrupted, JobFailed
from harness.jobs.classifiers.classify import classify
from harness.jobs.classifiers.fit import fit
from harness.jobs.features.encode_split import encode
from harness.jobs.work import Work
from harness.store.store import JobFolder

SVM = {"what": "linear_svm", "regularisation": 1e-3, "epochs": 4}


@pytest.fixture(scope="module")
def codes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, JobFolder]:
    """The codes of the training digits and of the test digits."""
    folder = tmp_path_factory.mktemp("codes")
    vocabulary, found = vocabulary_of(folder / "vocabulary"), {}
    for split in ("train", "test"):
        job = encoding(folder / split, vocabulary, split)
        encode(job)
        found[split] = job.folder
    return found


def fitting(folder: Path, codes: JobFolder, **more: Any) -> Work:
    """A job that learns a classifier."""
    return work(folder, {"data": DIGITS, "splits": ["train"], "classifier": SVM, "seed": 0}, codes=codes, **more)


def fitted(folder: Path, codes: JobFolder) -> JobFolder:
    """The folder of a job that has learned one."""
    job = fitting(folder, codes)
    fit(job)
    return job.folder


def classified(folder: Path, **inputs: JobFolder) -> tuple[dict[str, Any], dict[str, Any]]:
    """Classify the test digits; return the result and the stored predictions."""
    features = sorted({name.partition("_")[2] for name in inputs})
    job = work(folder, {"data": DIGITS, "splits": ["test"], "features": features}, **inputs)
    result = classify(job)
    with np.load(job.folder.predictions) as stored:
        return result, dict(stored)


@pytest.mark.parametrize("looks", [1, 3])
def test_a_stopped_classifier_ends_in_the_same_bytes(codes: dict[str, JobFolder], tmp_path: Path, looks: int) -> None:
    """It goes on after its last whole epoch."""
    whole = fitted(tmp_path / "whole", codes["train"])
    with pytest.raises(Interrupted):
        fit(fitting(tmp_path / "stopped", codes["train"], stop=StopsAfter.of(looks)))
    resumed = fitted(tmp_path / "stopped", codes["train"])
    assert resumed.classifier.read_bytes() == whole.classifier.read_bytes()


def test_digits_are_told_apart(codes: dict[str, JobFolder], tmp_path: Path) -> None:
    """Far better than guessing, which errs in 90 of 100; the predictions have the form of a net's test."""
    classifier = fitted(tmp_path / "fit", codes["train"])
    result, stored = classified(tmp_path / "test", classifier_sift=classifier, codes_sift=codes["test"])
    assert result["values"]["top1_error"] < 30
    assert sorted(result["values"]) == ["top1_error", "top5_error"]  # of scores, no cross-entropy
    assert result["data"][0]["count"] == len(stored["labels"]) == 400
    wrong = (stored["probabilities"].argmax(1) != stored["labels"]).mean() * 100
    assert result["values"]["top1_error"] == pytest.approx(wrong)


def test_scores_of_features_are_averaged(codes: dict[str, JobFolder], tmp_path: Path) -> None:
    """The logarithms of the stored probabilities are the mean scores, up to a number that all classes share."""
    classifiers = [fitted(tmp_path / "one", codes["train"]), JobFolder(tmp_path / "two")]
    classifiers[1].path.mkdir()
    with np.load(classifiers[0].classifier) as stored:
        np.savez(classifiers[1].classifier, weights=3 * stored["weights"])
    inputs = {"classifier_a": classifiers[0], "classifier_b": classifiers[1]}
    both = {f"codes_{name}": codes["test"] for name in "ab"}
    _, fused = classified(tmp_path / "both", **inputs, **both)
    _, single = classified(tmp_path / "single", classifier_a=classifiers[0], codes_a=codes["test"])
    apart = [np.log(one["probabilities"]) for one in (fused, single)]
    fused_scores, scores = (one - one.mean(1, keepdims=True) for one in apart)
    np.testing.assert_allclose(fused_scores, 2 * scores, atol=1e-4)


def test_codes_of_other_images_are_refused(codes: dict[str, JobFolder], tmp_path: Path) -> None:
    """The training digits are not the test digits."""
    classifier = fitted(tmp_path / "fit", codes["train"])
    with pytest.raises(JobFailed, match="does not hold the codes of these images"):
        classified(tmp_path / "test", classifier_sift=classifier, codes_sift=codes["train"])
