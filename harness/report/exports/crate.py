"""Makes a report folder an RO-Crate 1.1 that follows the profile Process Run Crate 0.5.

The crate is the folder itself with `ro-crate-metadata.json`, so it can be zipped and deposited as it is. The metadata
name the files with their digests, the run as an action (program, suite, data, results), and each cell and claim as a
measured variable. 1.1 is the version that the profile is built on, and that archives read.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.errors import UsageError
from harness.report.answers import answered
from harness.report.effects import effect_of
from harness.report.exports.beside import in_words
from harness.report.exports.project_home import DISTRIBUTION, project_home
from harness.report.page.machines import places
from harness.report.results.document import DataRecord, Results
from harness.report.results.verdict_records import CellRecord, ClaimRecord
from harness.store.store import make_writable

if TYPE_CHECKING:
    from rocrate.rocrate import ROCrate

VERSION = "1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
NAME = "ro-crate-metadata.json"
_FILES = {
    "results.json": ("application/json", "Every number, verdict, deviation and digest of the report"),
    "index.html": ("text/html", "The report as one self-contained page, a pure function of the two JSON files"),
    "curves.json": ("application/json", "The learning curves of every training, by seed"),
}


def write_crate(results: Results, folder: Path, licence: str | None = None) -> Path:
    """Write the metadata of a report folder, and return their path; `licence` is the address of the crate's licence.

    Raises:
        UsageError: the library rocrate is not installed, or the folder cannot be written.
    """
    try:
        from rocrate.rocrate import ROCrate  # noqa: PLC0415 - an extra of the package
    except ModuleNotFoundError:
        raise UsageError("an RO-Crate needs one more package: pip install 'paper-harness[crate]'") from None
    make_writable(folder, "the crate", "copy the report to a folder of your own")
    crate = ROCrate(version=VERSION)
    files = [_file(crate, folder, name) for name in _FILES]
    _describe_root(crate, results, licence)
    _add_run(crate, results, files)
    verdicts: list[CellRecord | ClaimRecord] = [*results.cells, *results.claims]
    crate.root_dataset["variableMeasured"] = [_variable(crate, results, verdict) for verdict in verdicts]
    crate.metadata.write(folder)
    return folder / NAME


def _file(crate: ROCrate, folder: Path, name: str) -> Any:
    media, says = _FILES[name]
    content = (folder / name).read_bytes()
    facts = {"name": name, "encodingFormat": media, "description": says, "contentSize": str(len(content))}
    return crate.add_file(folder / name, name, properties=facts | {"sha256": hashlib.sha256(content).hexdigest()})


def _describe_root(crate: ROCrate, results: Results, licence: str | None) -> None:
    answer = answered(results)
    told = [answer.sentence, answer.balance, answer.ran, *_withdrawn(results)]
    crate.name = f"{results.title}: reproduction at {results.scale} scale"
    crate.description = " ".join(part for part in told if part)
    crate.datePublished = results.cost.finished_at or datetime.now(UTC).isoformat(timespec="seconds")
    crate.license = _licence(crate, licence)
    root = crate.root_dataset
    root["conformsTo"] = _entity(crate, PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")
    cited = results.citation
    about = {"name": cited.title, "datePublished": str(cited.year), "isPartOf": cited.venue}
    root["citation"] = _entity(crate, "#paper", "ScholarlyArticle", **about, author=", ".join(cited.authors))


def _withdrawn(results: Results) -> list[str]:
    return [f"{len(results.withdrawn)} declared and judged no more."] if results.withdrawn else []


def _licence(crate: ROCrate, address: str | None) -> Any:
    if address is not None:
        return _entity(crate, address, "CreativeWork", name="Licence")
    says = "Nobody has stated a licence; who publishes this crate names one with --licence"
    return _entity(crate, "#licence", "CreativeWork", name="No licence stated", description=says)


def _add_run(crate: ROCrate, results: Results, files: list[Any]) -> None:
    """The run as an action: by this program, from a suite and data, to the files."""
    version = {"softwareVersion": _version(results)}
    home = project_home() or f"#{DISTRIBUTION}"
    program = _entity(crate, home, "SoftwareApplication", name=DISTRIBUTION, **version)
    says = {"description": "Printed numbers, experiments, margins and deviations; its text is in results.json"}
    name = f"suite {results.suite}"
    suite = _entity(crate, "#suite", "CreativeWork", name=name, sha256=results.digest.suite, **says)
    data = [_data(crate, number, one) for number, one in enumerate(results.data, start=1)]
    facts = {"@type": "CreateAction", "name": f"Run of suite {results.suite} at {results.scale} scale"}
    facts |= {"description": results.command, "actionStatus": "http://schema.org/CompletedActionStatus"}
    if results.cost.finished_at is not None:
        facts["endTime"] = results.cost.finished_at
    action = crate.add_action(program, "#run", object=[suite, *data], result=files, properties=facts)
    crate.root_dataset["mentions"] = action


def _version(results: Results) -> str:
    """The versions of this program that made the results, of which there are several if places differ in it."""
    found = places(results.environment)
    several = next((values for path, values in found.differing if path == "harness"), [])
    return found.shared.get("harness") or ", ".join(sorted({one for one in several if one})) or "unknown"


def _data(crate: ROCrate, number: int, split: DataRecord) -> Any:
    facts = {"version": split.version, "identifier": split.fingerprint, "description": split.official_reason}
    name = f"{split.name}, {split.split}: {split.count:,} images"
    return _entity(crate, f"#data-{number}", "CreativeWork", name=name, **facts)


def _variable(crate: ROCrate, results: Results, verdict: CellRecord | ClaimRecord) -> Any:
    """A cell or claim with its value, its unit, and its verdict with all that stands beside it."""
    told = f"{in_words(results, verdict)}: {verdict.reason}".rstrip(": ")
    if isinstance(verdict, CellRecord):
        facts: dict[str, Any] = {"name": verdict.label, "value": verdict.mean, "unitText": verdict.unit}
        place = f"#cell-{quote(verdict.id, safe='')}"
        told += f"; printed {verdict.printed}{verdict.unit}"
    else:
        effect = effect_of(results, verdict)
        facts = {"name": verdict.says, "value": None if effect is None else effect.told}
        place = f"#claim-{quote(verdict.id, safe='')}"
    facts |= {"alternateName": verdict.id, "description": told}
    return _entity(crate, place, "PropertyValue", **{name: value for name, value in facts.items() if value is not None})


def _entity(crate: ROCrate, place: str, kind: str, **facts: Any) -> Any:
    from rocrate.model.contextentity import ContextEntity  # noqa: PLC0415

    return crate.add(ContextEntity(crate, place, properties={"@type": kind, **facts}))
