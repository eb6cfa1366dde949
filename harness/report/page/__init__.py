"""Sets the page of a suite, its charts, and its table as CSV, LaTeX or Markdown."""

from __future__ import annotations

import os
from contextlib import suppress

from harness.machine.cache import cache_folder

with suppress(RuntimeError):  # matplotlib would keep its list of fonts in folders of its own below the user's home
    os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
