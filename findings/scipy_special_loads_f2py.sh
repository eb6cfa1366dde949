#!/usr/bin/env bash
# scipy 1.17.1 with numpy 2.4.6: `import scipy.special` loads numpy's Fortran wrapper and its test tools.
#
# A program that wants one quantile of Student's t also gets numpy.f2py, numpy.testing and with it unittest, and
# numpy.core, a name that numpy has retired. numpy loads these only when they are asked for; scipy's copy of
# array-api-compat asks for every name in dir(numpy). numpy.f2py in turn looks for charset_normalizer, so that packages
# which have nothing to do with either are imported where they are installed. `import numpy` alone loads none of them.
#
# Seen: numpy loads none of them, scipy.special loads numpy.core, numpy.f2py, numpy.testing, unittest, and
# charset_normalizer, which is installed here for no other purpose.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6 charset-normalizer==3.4.4
"$folder/venv/bin/python" - <<'PY'
import sys

asked = ["numpy.core", "numpy.f2py", "numpy.testing", "unittest", "charset_normalizer"]

import numpy  # noqa: E402, F401

before = [name for name in asked if name in sys.modules]

import scipy.special  # noqa: E402, F401

after = [name for name in asked if name in sys.modules]
print(f"after numpy: {before}\nafter scipy.special: {after}")
assert (before, after) == ([], asked), "the behaviour has changed"
PY
