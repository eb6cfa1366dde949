"""Tests of the jobs of a system without a net: what each builds on, what seeds share, and the room they take."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from classified_suites import classified_suite

from harness.plan.graph import make_plan
from harness.plan.plan import Plan
from harness.suite.load import load_suite


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Two features, two seeds."""
    return make_plan(load_suite(classified_suite(tmp_path)), "ci")


def test_every_feature_has_a_vocabulary_codes_and_a_classifier(plan: Plan) -> None:
    """For each of two seeds; one test has all of them."""
    assert Counter(job.kind for job in plan.jobs.values()) == {"vocabulary": 4, "encode": 8, "fit": 4, "classify": 2}
    test = plan.jobs[plan.evaluations["sift_fv", "fused", 0]]
    assert {role: plan.jobs[key].kind for role, key in test.inputs.items()} == {
        "classifier_sift": "fit", "codes_sift": "encode", "classifier_colour": "fit", "codes_colour": "encode",
    }  # fmt: skip
    trained, tested = (plan.jobs[test.inputs[role]] for role in ("classifier_sift", "codes_sift"))
    assert plan.jobs[trained.inputs["codes"]].inputs == tested.inputs


def test_a_classifier_with_other_settings_shares_the_codes(tmp_path: Path, plan: Plan) -> None:
    """Only what depends on the classifier has other keys."""
    svm = {"what": "linear_svm", "regularisation": 1e-3, "epochs": 3}
    other = make_plan(load_suite(classified_suite(tmp_path, classifier=svm)), "ci")
    shared = Counter(plan.jobs[key].kind for key in plan.jobs.keys() & other.jobs.keys())
    assert shared == {"vocabulary": 4, "encode": 8}


def test_codes_take_four_bytes_a_number(plan: Plan) -> None:
    """Of 400 test images, 4 regions, 2 Gaussians, 6 components, means and variances."""
    [kept] = {job.keeps_bytes for job in plan.jobs.values() if job.kind == "encode" and job.spec["splits"] == ["test"]}
    assert kept == 4 * 400 * 4 * 2 * 6 * 2


def test_every_job_is_wanted_by_its_experiment(plan: Plan) -> None:
    """So that costs are told by experiment."""
    assert all(job.wanted_by == ["sift_fv"] for job in plan.jobs.values())
