"""Where the suites that come with the program lie: beside the package in a clone, inside it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError

_PACKAGE = Path(__file__).parent


def shipped_suites() -> Path:
    """The folder of the shipped suites, which holds `papers/` too."""
    inside = _PACKAGE / "shipped_suites"
    return inside if inside.is_dir() else _PACKAGE.parent / "suites"


def suite_path(argument: str) -> Path:
    """The file an argument means: a path, or the bare name of a shipped suite; raises UsageError when there is none."""
    path = Path(argument)
    if path.is_file():
        return path
    shipped = shipped_suites() / f"{path.stem}.yaml"
    if shipped.is_file() and argument in {path.stem, f"suites/{path.stem}.yaml", f"{path.stem}.yaml"}:
        return shipped
    raise UsageError(f"no suite file at {argument}; shipped suites: {', '.join(shipped_names()) or 'none'}")


def shipped_names() -> list[str]:
    """The names of the shipped suites, in order."""
    return sorted(path.stem for path in shipped_suites().glob("*.yaml"))
