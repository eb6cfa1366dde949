"""The cache folder: the only place outside the store and the reports that this program writes to."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return `$XDG_CACHE_HOME/paper-harness`, by default `~/.cache/paper-harness`; it may be deleted at any time.

    Raises RuntimeError for a user without a home folder.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "paper-harness"
