"""Finds data sets on this machine: by flags, environment, configuration file, or another package's folder."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.data import DATASETS, Dataset, dataset_named
from harness.data.sets.files import stored
from harness.errors import DataMissing, UsageError

ENVIRONMENT_PREFIX = "HARNESS_DATA_"
CONFIG_FILES = (Path("harness.toml"), Path("~/.config/paper-harness/config.toml"))
CONFIG_TABLES = frozenset({"data", "slurm"})
"""Tables of a configuration file; `harness.run.executors.slurm.settings` reads the second."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, and how it was named."""

    path: Path
    how: str


DEFAULT_ROOT = Place(Path("data"), "the folder data below this one")
"""The last root to look in, and the target of a fetched set if no root is named."""


@dataclass(frozen=True, slots=True)
class Found:
    """A data set's folder, and how it was found."""

    path: Path
    how: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A data set that was not found: every place looked in with what it lacked, and what was expected."""

    title: str
    looked: tuple[str, ...]
    layout: str
    unlock: str

    def message(self) -> str:
        """Return a message that lists all of it."""
        looked = "".join(f"\n  {place}" for place in self.looked) or "\n  nowhere"
        return (
            f"{self.title} is not on disk. Looked in:{looked}\n"
            f"expected: {self.layout}\n"
            f"name a place: --data-root ROOT, --data NAME=DIR, {ENVIRONMENT_PREFIX}ROOT or root in harness.toml\n"
            f"how to get it: {self.unlock}"
        )


@dataclass(frozen=True, slots=True)
class Locations:
    """The places where data may lie.

    If a set's own folder is named, it is the only place to look in: a fallback would read data that nobody asked for.
    Otherwise every data root is tried in order, then the folder where another package keeps the set.
    """

    roots: tuple[Place, ...] = ()
    named: Mapping[str, Place] = field(default_factory=dict)

    @classmethod
    def gather(
        cls,
        data_root: Path | None = None,
        named: Iterable[str] = (),
        environ: Mapping[str, str] | None = None,
        config_files: Iterable[Path] = CONFIG_FILES,
        also: Collection[str] = (),
    ) -> Locations:
        """Collect places from flags, environment and configuration files; earlier ones take precedence.

        `named` holds flags NAME=DIR; `also` names data sets that installed packages add, which nothing has asked for
        yet. Raises UsageError for an unknown data set, and with `FILE: message` for a configuration file that cannot be
        used.
        """
        known = {*DATASETS, *also}
        sources = [_flags(data_root, named, known), _environment(environ or {}, known)]
        sources += [_config(path, known) for path in config_files]
        own: dict[str, Place] = {}
        for _, places in sources:
            own = places | own
        return cls((*(root for root, _ in sources if root), DEFAULT_ROOT), own)

    def find(self, dataset: Dataset) -> Found | Missing:
        """Return the first place that holds the set."""
        looked = []
        for place in self._candidates(dataset):
            lack = _lack(dataset, place.path)
            if lack is None:
                return Found(place.path, place.how)
            looked.append(f"{place.path} ({place.how}): {lack}")
        return Missing(dataset.title, tuple(looked), dataset.layout, dataset.unlock)

    def require(self, dataset: Dataset) -> Found:
        """Return the first place that holds the set. Raises DataMissing that lists the places looked in."""
        found = self.find(dataset)
        if isinstance(found, Missing):
            raise DataMissing(found.message())
        return found

    def places(self, dataset: Dataset) -> list[Place]:
        """Return every folder to look in, in order, whether it exists or not."""
        return list(self._candidates(dataset))

    def _candidates(self, dataset: Dataset) -> Iterator[Place]:
        if own := self.named.get(dataset.name):
            yield own
            yield from (Place(own.path / below, own.how) for below in dataset.folders)
            return
        for root in self.roots:
            yield from (Place(root.path / below, root.how) for below in dataset.folders)
        if dataset.shipped and (path := dataset.shipped()):
            yield Place(path, "another package's folder")


def fetch(dataset: Dataset, root: Path, say: Callable[[str], None], *, offline: bool = False) -> None:
    """Download a set into `root` through torchvision, and say so first.

    Raises UsageError if the set cannot be fetched or `offline` forbids it, and DataMissing if the download fails.
    """
    if dataset.fetched_by is None:
        raise UsageError(f"{dataset.title} cannot be fetched; {dataset.unlock}")
    if offline:
        raise UsageError(f"--offline forbids fetching {dataset.title}; {dataset.unlock}")
    say(f"fetching {dataset.title} from the network into {root}, through torchvision.datasets.{dataset.fetched_by}")
    import torchvision.datasets  # noqa: PLC0415 - slow to import, and only a download needs it

    try:
        getattr(torchvision.datasets, dataset.fetched_by)(root=str(root), download=True)
    except (OSError, RuntimeError) as error:
        raise DataMissing(f"{dataset.title} could not be fetched ({error}); {dataset.unlock}") from None


def _lack(dataset: Dataset, folder: Path) -> str | None:
    """Return what a folder lacks of the set; None if the set is there."""
    if not folder.is_dir():
        return "no such folder"
    if dataset.files:
        absent = [file.name for file in dataset.files if stored(folder, file.name) is None]
        return f"no {', '.join(absent)}" if absent else None
    below = (dataset.division.folder,) if dataset.division else tuple(dataset.splits)
    there = any((folder / name).is_dir() for name in below)
    return None if there else f"no folder {', '.join(below)}"


Source = tuple[Place | None, dict[str, Place]]
"""Content of one source: a data root, and folders of single sets."""


def _flags(data_root: Path | None, named: Iterable[str], known: Collection[str]) -> Source:
    places = {}
    for flag in named:
        name, equals, folder = flag.partition("=")
        if not equals or not folder:
            raise UsageError(f"--data {flag}: expected NAME=DIR")
        places[name if name in known else dataset_named(name).name] = _place(folder, f"--data {name}")
    return (None if data_root is None else _place(str(data_root), "--data-root")), places


def _environment(environ: Mapping[str, str], known: Collection[str]) -> Source:
    root, places = None, {}
    for variable, folder in environ.items():
        if not variable.startswith(ENVIRONMENT_PREFIX) or not folder:
            continue
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        if name == "root":
            root = _place(folder, variable)
        elif name in known:
            places[name] = _place(folder, variable)
        else:
            raise UsageError(f"{variable} names no data set; there are {', '.join(DATASETS)}")
    return root, places


def config_table(path: Path, name: str) -> dict[str, Any]:
    """Return a table of a configuration file; empty where the user has no such file or the file no such table.

    Raises UsageError with `FILE: message` for a file that cannot be used.
    """
    try:
        path = path.expanduser()
    except RuntimeError:  # without a home, the user has no file there
        return {}
    if not os.path.lexists(path):  # nor if the home is closed to them, as in a container run as any user
        return {}
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from None
    if unknown := set(document) - CONFIG_TABLES:
        raise UsageError(f"{path}: unknown key {min(unknown)!r}; there are only [data] and [slurm]")
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {name} is not a table")
    return table


def _config(path: Path, known: Collection[str]) -> Source:
    table = config_table(path, "data")
    return _config_data(path.expanduser(), table, known) if table else (None, {})


def _config_data(path: Path, data: Mapping[str, Any], known: Collection[str]) -> Source:
    places = {}
    for key, folder in data.items():
        if key != "root" and key not in known:
            raise UsageError(f"{path}: unknown key data.{key}; there are root, {', '.join(DATASETS)}")
        if not isinstance(folder, str) or not folder:
            raise UsageError(f"{path}: data.{key} is not the name of a folder")
        # A relative folder starts at the configuration file, not at the current folder.
        places[key] = _place(str(path.parent / _at_home(folder, f"{path}: data.{key}")), f"{path}: data.{key}")
    return places.pop("root", None), places


def _place(folder: str, how: str) -> Place:
    return Place(_at_home(folder, how).absolute(), how)


def _at_home(folder: str, how: str) -> Path:
    """Expand a tilde to the user's home. Raises UsageError if the user has none."""
    try:
        return Path(folder).expanduser()
    except RuntimeError:
        raise UsageError(f"{how}: {folder}: this user has no home folder; set HOME, or name it in full") from None
