"""Takes nets, data sets, measurements and inspections of other packages into the registries, once something names them.

A suite or a job says names, never paths to code. What a name stands for is looked up among the program's own and among
the entry points of installed packages (`harness.machine.entry_points`); a module is imported when a suite or a job
names what is in it, and not before. The code of what a job uses becomes part of the digest of its code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from typing import Annotated, Any, get_args

from pydantic import BaseModel, Field, TypeAdapter

from harness.data import DATASETS, Dataset, dataset_named
from harness.errors import UsageError
from harness.jobs import inspections
from harness.jobs.inspections import INSPECTIONS, Inspection
from harness.jobs.inspections.inspected import Inspected
from harness.jobs.measures import MEASURES, Measure
from harness.jobs.measures.quantity import Measured
from harness.machine import entry_points
from harness.machine.entry_points import Entry, Group, named_in
from harness.models import MODELS, Net

REGISTRIES: dict[Group, MutableMapping[str, Any]] = {
    "models": MODELS,
    "datasets": DATASETS,
    "measures": MEASURES,
    "inspections": INSPECTIONS,
}
"""What each group of entry points adds to; papers are folders, and in no registry."""

_added: dict[tuple[Group, str], Entry] = {}


def named_entries(*documents: Any) -> frozenset[Entry]:
    """The entry points that these suites or specs name; nothing is imported.

    Raises UsageError for a name that two packages add, or that the program has already.
    """
    named = sorted({one for document in documents for one in named_in(document)}) if entry_points.entries() else ()
    return frozenset(entry for group, name in named if (entry := _declared(group, name)) is not None)


def add_named(*documents: Any) -> None:
    """Take in whatever these suites or specs name.

    Raises UsageError as `named_entries` does, for a module that cannot be imported and for an object of another kind.
    """
    for entry in sorted(named_entries(*documents), key=str):
        add(entry)


def add_all(group: Group) -> list[Entry]:
    """Take in all that packages add to a group, for who asks what there is; raises UsageError as `add_named` does."""
    found = [entry for name in entry_points.names(group) if (entry := _declared(group, name)) is not None]
    for entry in found:
        add(entry)
    return found


def add(entry: Entry) -> None:
    """Take in what one entry point stands for, if it is not there already."""
    if _added.get((entry.group, entry.name)) == entry:
        return
    REGISTRIES[entry.group][entry.name] = loaded(entry)
    _added[entry.group, entry.name] = entry
    if entry.group == "inspections":
        _let_jobs_read_them()


def known_dataset(name: str) -> Dataset:
    """The declaration of that name, of the program or of a package; raises UsageError with the nearest there is."""
    if (entry := _declared("datasets", name)) is not None:
        add(entry)
    return dataset_named(name)


def _declared(group: Group, name: str) -> Entry | None:
    """The one entry point of a name; raises UsageError where it would stand for two things."""
    entry = entry_points.find(group, name)
    if entry is not None and name in REGISTRIES[group] and (group, name) not in _added:
        raise UsageError(f"the program itself has {name!r} among its {group}; rename the entry point {entry}")
    return entry


def _let_jobs_read_them() -> None:
    """Have `inspections.parsed` know every inspection there is now: its adapter knows those of the program alone."""
    union: Any = next(iter(members("inspections")))
    for spec in members("inspections"):
        union |= spec
    inspections._SPECS = TypeAdapter(Annotated[union, Field(discriminator="what")])  # noqa: SLF001 - see above


def loaded(entry: Entry) -> Any:
    """What an entry point stands for; raises UsageError where that is no such thing, or has another name."""
    found = entry.load()
    if (lack := _CHECKS[entry.group](found, entry.name)) is not None:
        raise UsageError(f"the entry point {entry} {lack}")
    return found


def _lack_of_net(found: Any, name: str) -> str | None:
    if not (isinstance(found, type) and issubclass(found, Net)):
        return f"is {_kind(found)}, and a net is a subclass of harness.models.Net"
    return _lack_of_tag(found, "name", name)


def _lack_of_dataset(found: Any, name: str) -> str | None:
    if not isinstance(found, Dataset):
        return f"is {_kind(found)}, and a data set is a harness.data.Dataset"
    return None if found.name == name else f"is the data set {found.name!r}; name both alike"


def _lack_of_spec(kind: type[Any], base: type[BaseModel]) -> Callable[[Any, str], str | None]:
    def lack(found: Any, name: str) -> str | None:
        if not isinstance(found, kind) or not issubclass(found.spec, base):
            wanted = f"{kind.__module__}.{kind.__name__}, its spec a subclass of {base.__name__}"
            return f"is {_kind(found)}, and has to be a {wanted}"
        return _lack_of_tag(found.spec, "what", name)

    return lack


def _lack_of_tag(spec: type[BaseModel], field: str, name: str) -> str | None:
    """Why a record cannot be told from others by its word in a suite."""
    said = spec.model_fields.get(field)
    allowed = () if said is None else get_args(said.annotation)
    return None if allowed == (name,) else f'needs a field `{field}: Literal["{name}"]`, by which suites call it'


def _kind(found: Any) -> str:
    return f"the class {found.__name__}" if isinstance(found, type) else f"of type {type(found).__name__}"


_CHECKS: dict[Group, Callable[[Any, str], str | None]] = {
    "models": _lack_of_net,
    "datasets": _lack_of_dataset,
    "measures": _lack_of_spec(Measure, Measured),
    "inspections": _lack_of_spec(Inspection, Inspected),
}


def members(group: Group) -> Iterable[type[Any]]:
    """The types of all that a group has now."""
    return [one if isinstance(one, type) else one.spec for one in REGISTRIES[group].values()]
