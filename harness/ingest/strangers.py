"""Folders among the class folders that are no class, each with the command that repairs it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.data.declared import Dataset
from harness.data.naming import WNID
from harness.data.sets.imagenet import is_image
from harness.errors import DataMissing
from harness.ingest.image_finding import Finding, check_command
from harness.ingest.labels import class_list, first_file, kit_numbers, number_name
from harness.ingest.layouts import BASES, kit_places, stored_splits


@dataclass(frozen=True, slots=True)
class Stranger:
    """A folder in the place of a class whose name is not a WordNet id."""

    split: str
    path: Path

    def is_nested(self) -> bool:
        """Check whether it holds images or classes, as an archive unpacked one folder too deep does."""
        try:
            return any(
                is_image(path.name) if path.is_file() else bool(WNID.fullmatch(path.name))
                for path in self.path.iterdir()
            )
        except OSError:
            return False

    def mending(self, folder: Path, numbers: Mapping[int, str] | None) -> str:
        """Return the command that repairs it; `numbers` maps class numbers to classes, where a list is at hand."""
        number = int(self.path.name) if self.path.name.isdecimal() else None
        if number is not None and numbers is not None and number in numbers:
            return shlex.join(["mv", str(self.path), str(self.path.with_name(numbers[number]))])
        if number is not None:
            return ""
        if self.is_nested():
            up = ["-mindepth", "1", "-maxdepth", "1", "-exec", "mv", "-n", "{}", str(self.path.parent), ";"]
            return f"{shlex.join(['find', str(self.path), *up])} && {shlex.join(['rmdir', str(self.path)])}"
        return shlex.join(["mv", str(self.path), str(folder / f"{self.path.name}-of-{self.split}")])


def strangers(dataset: Dataset, folder: Path) -> Iterator[Stranger]:
    """Yield every folder that lies in the place of a class and is none; hidden folders are ignored."""
    for split in stored_splits(dataset):
        for place in dict.fromkeys(folder / base / split for base in BASES):
            if place.is_dir():
                names = sorted(path.name for path in place.iterdir() if path.is_dir())
                odd = (name for name in names if not (name.startswith(".") or is_image(name) or WNID.fullmatch(name)))
                yield from (Stranger(split, place / name) for name in odd)


def no_classes(dataset: Dataset, folder: Path, kit: Path | None) -> Iterator[Finding]:
    """Yield a finding for each split with such folders; several folders have their fixes beside their names."""
    found = list(strangers(dataset, folder))
    named = {int(one.path.name) for one in found if one.path.name.isdecimal()}
    numbers = _numbers(dataset, kit_places(dataset, folder, kit), named) if named else None
    for split in dict.fromkeys(one.split for one in found):
        mendings = {str(one.path): one.mending(folder, numbers) for one in found if one.split == split}
        says = f"{split}: folders that are not classes; a class has its WordNet id as name, such as n01440764"
        finding = Finding("no class", says, fix=_fix(dataset, folder, list(mendings.values())))
        for path, mending in mendings.items():
            finding.note(f"{path}: {mending}" if mending and len(mendings) > 1 else path)
        yield finding


def require_only_classes(dataset: Dataset, folder: Path, kit: Path | None) -> None:
    """Raise DataMissing for the first folder that is no class, with the command that repairs it."""
    for finding in no_classes(dataset, folder, kit):
        name = finding.names[0].partition(": ")[0]
        more = f" (and {finding.count - 1} more)" if finding.count > 1 else ""
        raise DataMissing(f"{name}{more}: is not a class; a class has its WordNet id as name; {finding.fix}")


def _fix(dataset: Dataset, folder: Path, mendings: list[str]) -> str:
    if not all(mendings):
        kit = f"{check_command(dataset, folder)} --kit DIR"
        return f"name the development kit, whose meta.mat holds the class of each {number_name(dataset)}: {kit}"
    return mendings[0] if len(mendings) == 1 else f"the command beside each; the first is {mendings[0]}"


def _numbers(dataset: Dataset, places: list[Path], named: set[int]) -> Mapping[int, str] | None:
    """Return the class of each number: a kit numbers from 1 in its own order, others from 0 by sorted WordNet ids."""
    if 0 in named:
        listed = class_list(dataset, places)
        return None if listed is None else dict(enumerate(listed))
    path = first_file(places, "meta.mat")
    return None if path is None else kit_numbers(dataset, path)
