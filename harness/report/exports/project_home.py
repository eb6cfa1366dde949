"""The public address of this program, from its own metadata; it may have none."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata

DISTRIBUTION = "paper-harness"


def project_home(distribution: str = DISTRIBUTION) -> str | None:
    """The first address in `project.urls`; None where the package declares none or is not installed."""
    try:
        urls = metadata(distribution).get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    return next((url.partition(",")[2].strip() for url in urls), None)
