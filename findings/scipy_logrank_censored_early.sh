#!/usr/bin/env bash
# scipy 1.17.1: `stats.logrank` is NaN where one arm is wholly censored before the other arm's first event.
#
# Three nets of one method reach the target at steps 5, 6 and 7; three runs of the other were stopped at 1, 2 and 3. At
# every event only one arm is at risk, so the variance is 0 and the statistic 0 / 0. What the data say is that they
# say nothing (a p-value of 1); the answer is NaN with a warning of numpy's, which `p < 0.05` takes for "no" in silence.
# One run that is stopped after the first event is enough for a number.
#
# Seen: stopped at 1, 2, 3: statistic nan, p nan; stopped at 1, 2, 8: statistic 1.334, p 0.182.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import math

from scipy import stats

reached = stats.CensoredData(uncensored=[5.0, 6.0, 7.0])
early = stats.logrank(x=reached, y=stats.CensoredData(right=[1.0, 2.0, 3.0]))
late = stats.logrank(x=reached, y=stats.CensoredData(right=[1.0, 2.0, 8.0]))
print(f"stopped at 1, 2, 3: {early}\nstopped at 1, 2, 8: {late}")
assert math.isnan(early.statistic) and math.isnan(early.pvalue), "the behaviour has changed"
assert round(late.statistic, 3) == 1.334 and round(late.pvalue, 3) == 0.182, "the behaviour has changed"
PY
