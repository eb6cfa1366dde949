"""Checks of packages that add something: whether it can be imported and is what it is declared to be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from harness.errors import UsageError
from harness.jobs.extensions import REGISTRIES, add_all
from harness.machine.doctor.checks import Check
from harness.machine.entry_points import GROUPS, Entry, entries


def extension_checks() -> Iterator[Check]:
    """One for each distribution that adds anything, all of it imported, and one for each group that cannot be."""
    for group in GROUPS:
        try:
            add_all(group) if group in REGISTRIES else ()
        except UsageError as error:
            yield Check(f"packages, {group}", "wrong", str(error))
    by_distribution = sorted(entries(), key=lambda entry: (entry.distribution, entry.group, entry.name))
    for distribution, added in groupby(by_distribution, key=lambda entry: entry.distribution):
        yield _check(distribution, list(added))


def _check(distribution: str, added: list[Entry]) -> Check:
    said = (f"{group} {', '.join(entry.name for entry in those)}" for group, those in groupby(added, lambda e: e.group))
    where = "" if added[0].project is None else f", from {added[0].project}, not installed"
    return Check(f"package {distribution}", "ok", f"{added[0].version}{where}: {'; '.join(said)}")
