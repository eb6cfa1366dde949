"""A report folder as an RO-Crate: the properties that RO-Crate 1.1 and Process Run Crate 0.5 require."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from harness.report.page.read import parsed_results

pytest.importorskip("rocrate", reason="the extra `crate` is not installed")

from harness.report.exports.crate import write_crate

TABLE1 = Path(__file__).parent.parent.parent.parent / "reports" / "published" / "table1" / "small"
DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{3})?\+\d{2}:\d{2})?")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A published report as a crate."""
    folder = tmp_path_factory.mktemp("crate")
    for name in ("index.html", "results.json", "curves.json"):
        shutil.copy(TABLE1 / name, folder)
    write_crate(parsed_results(json.loads((folder / "results.json").read_text()), "results.json"), folder)
    return folder


@pytest.fixture(scope="module")
def graph(folder):
    """Its entities by id."""
    document = json.loads((folder / "ro-crate-metadata.json").read_text("utf-8"))
    assert document["@context"] == "https://w3id.org/ro/crate/1.1/context"
    assert len({one["@id"] for one in document["@graph"]}) == len(document["@graph"])
    return {one["@id"]: one for one in document["@graph"]}


def links(value):
    """The ids in a value of a property."""
    return [one["@id"] for one in (value if isinstance(value, list) else [value])]


def test_the_metadata_descriptor_is_of_the_specification(graph):
    """Its type, its version and its root: RO-Crate 1.1, "RO-Crate Metadata File Descriptor"."""
    one = graph["ro-crate-metadata.json"]
    assert one["@type"] == "CreativeWork"
    assert links(one["conformsTo"]) == ["https://w3id.org/ro/crate/1.1"]
    assert links(one["about"]) == ["./"]


def test_the_root_has_what_is_required(graph):
    """Dataset, name, description, licence and date: RO-Crate 1.1, "Root Data Entity"; the profile it conforms to."""
    root = graph["./"]
    assert root["@type"] == "Dataset"
    assert root["name"]
    assert root["description"].startswith("Table 1: at small scale none of the 6 printed numbers is reproduced; ")
    assert DATE.fullmatch(root["datePublished"])
    (licence,) = links(root["license"])
    assert graph[licence]["name"]
    (profile,) = links(root["conformsTo"])
    assert re.match(r"https://w3id.org/ro/wfrun/process/", profile)
    assert graph[profile]["@type"] == "CreativeWork"


def test_every_file_is_there_with_its_digest(graph, folder):
    """As data entities that the root has as parts."""
    parts = links(graph["./"]["hasPart"])
    assert sorted(parts) == ["curves.json", "index.html", "results.json"]
    for name in parts:
        assert graph[name]["@type"] == "File"
        assert graph[name]["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert graph[name]["contentSize"] == str((folder / name).stat().st_size)
        assert graph[name]["encodingFormat"] in ("application/json", "text/html")


def test_the_run_is_an_action(graph):
    """With its instrument, its object and its result: Process Run Crate 0.5."""
    (run,) = links(graph["./"]["mentions"])
    action = graph[run]
    assert action["@type"] == "CreateAction"
    (instrument,) = links(action["instrument"])
    assert (graph[instrument]["@type"], graph[instrument]["softwareVersion"]) == ("SoftwareApplication", "0.2.0")
    assert sorted(links(action["result"])) == ["curves.json", "index.html", "results.json"]
    assert {graph[one]["@type"] for one in links(action["object"])} == {"CreativeWork"}
    assert DATE.fullmatch(action["endTime"])
    assert action["name"]
    assert action["description"].startswith("python -m harness run")


def test_nothing_is_named_that_is_not_described(graph):
    """Every reference within the graph is to an entity of it, but for the specification."""
    named = {one["@id"] for entity in graph.values() for value in entity.values() for one in references(value)}
    assert named - graph.keys() == {"https://w3id.org/ro/crate/1.1"}


def references(value):
    """The references in a value."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, dict)]


def test_every_cell_and_claim_is_a_variable(graph, folder):
    """With its verdict in words."""
    results = parsed_results(json.loads((folder / "results.json").read_text()), "results.json")
    variables = {graph[one]["alternateName"]: graph[one] for one in links(graph["./"]["variableMeasured"])}
    for verdict in (*results.cells, *results.claims):
        assert variables[verdict.id]["description"].startswith(verdict.outcome)
    assert variables["cnn.top1"]["value"] == results.cells[4].mean


def test_it_is_the_same_bytes_again(folder):
    """Nothing in it is of the moment."""
    before = (folder / "ro-crate-metadata.json").read_bytes()
    write_crate(parsed_results(json.loads((folder / "results.json").read_text()), "results.json"), folder)
    assert (folder / "ro-crate-metadata.json").read_bytes() == before


def test_a_licence_is_the_one_that_is_named(folder, tmp_path):
    """By its address."""
    shutil.copytree(folder, tmp_path / "copy")
    results = parsed_results(json.loads((folder / "results.json").read_text()), "results.json")
    address = "https://spdx.org/licenses/CC-BY-4.0"
    document = json.loads(write_crate(results, tmp_path / "copy", address).read_text("utf-8"))
    (root,) = [one for one in document["@graph"] if one["@id"] == "./"]
    assert links(root["license"]) == [address]
