#!/usr/bin/env bash
# scikit-image 0.26.0: `learn_gmm(gm_args={"random_state": 0})` raises KeyError('covariance_type').
#
# `gm_args` are handed to scikit-learn's GaussianMixture, which needs none of them, and its only restriction is said to
# be a diagonal covariance. But the function looks that argument up without a default, so any other alone, such as the
# seed that makes Fisher vectors repeat, is an error that names an argument nobody gave.
#
# Seen: {"random_state": 0}: KeyError 'covariance_type'; with "covariance_type": "diag" beside it: a fitted mixture.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    scikit-image==0.26.0 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import numpy as np
from skimage.feature import learn_gmm

descriptors = [np.random.default_rng(seed).normal(size=(50, 4)) for seed in range(3)]
try:
    learn_gmm(descriptors, n_modes=2, gm_args={"random_state": 0})
    raised = None
except KeyError as error:
    raised = error.args
print(f"the seed alone: KeyError{raised}")
assert raised == ("covariance_type",), "the behaviour has changed"
mixture = learn_gmm(descriptors, n_modes=2, gm_args={"random_state": 0, "covariance_type": "diag"})
print(f"with covariance_type: {mixture}")
assert mixture.means_.shape == (2, 4)
PY
