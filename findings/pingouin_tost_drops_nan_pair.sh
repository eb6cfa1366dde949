#!/usr/bin/env bash
# pingouin 0.7.0: a paired `tost` drops a pair with a NaN and says nothing; statsmodels 0.15.0 and scipy 1.17.1 give NaN.
#
# A run that diverged has no error, and its pair no difference. pingouin's test of equivalence leaves that pair out: the
# result is the one of the pairs that are left, to the last digit, and only the degrees of freedom tell. A method that
# diverges in one of five seeds is "equivalent" to one that does not. The other two packages refuse to say.
#
# Seen, five pairs, the last with a NaN: pingouin p 0.000341, dof 3, the same as for the first four; statsmodels' paired
# `ttost_paired` and scipy's `ttest_rel`: nan.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    pingouin==0.7.0 statsmodels==0.15.0 scipy==1.17.1 pandas==3.1.1 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import math

import numpy as np
import pingouin
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

one = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
other = np.array([1.1, 2.2, 2.9, 4.1, math.nan])
whole = pingouin.tost(one, other, bound=1, paired=True)
left = pingouin.tost(one[:4], other[:4], bound=1, paired=True)
others = ttost_paired(one, other, -1, 1)[0], stats.ttest_rel(one, other).pvalue
print(f"{whole}\nthe first four alone:\n{left}\nstatsmodels and scipy: {others}")
assert whole.equals(left), "the behaviour has changed"
assert whole["dof"].item() == 3 and round(whole["pval"].item(), 6) == 0.000341, "the behaviour has changed"
assert all(map(math.isnan, others)), "the behaviour has changed"
PY
