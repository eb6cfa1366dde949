"""The page is one honest file: a pure function of two documents, whole, closed to the network and to hostile text."""

import base64
import copy
import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_elements import PAYLOADS, Elements, with_text
from result_documents import blank_cell, blank_figure, blank_results, typed

from harness.errors import UsageError
from harness.judge.outcomes import CellOutcome, ClaimOutcome, How
from harness.report.page import render, verdicts
from harness.report.results.document import DataRecord, DeviationRecord, FigureRecord, Results
from harness.report.results.record import Record
from harness.report.results.run_records import JobOutcome, TrainingRecord
from harness.report.results.verdict_records import CellRecord, ClaimRecord
from harness.store.store import KEY_LETTERS
from harness.vocabulary import SCALES

SAMPLES = Path(__file__).parent.parent.parent / "samples"
STYLE = "".join((render.TEMPLATES / name).read_text("utf-8") for name in ("style.css", "suite.css"))


def sample(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A sample's results and curves."""
    results, curves = (
        json.loads((SAMPLES / f"{name}_{kind}.json").read_text("utf-8")) for kind in ("results", "curves")
    )
    return results, curves


def page_of(results: dict[str, Any], curves: dict[str, Any]) -> str:
    """The page of plain documents."""
    return render.render(typed(results), curves)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small sample as a report; copy it where a test changes it."""
    folder = tmp_path_factory.mktemp("report")
    results, curves = sample("small")
    render.write_report(typed(results), curves, folder)
    return folder


WORDS = {
    *SCALES, "train", "measure", "lower", "higher", "confirmed", "contradicted", "open", "no bearing",
    *(word for kind in (CellOutcome, ClaimOutcome, How, JobOutcome) for word in get_args(kind)),
}  # fmt: skip
"""Texts of a document that are words of the format: no other is read in their place."""


@pytest.fixture(scope="module", params=["small", "paper"])
def rendered(request: pytest.FixtureRequest) -> tuple[dict[str, Any], dict[str, Any], str]:
    """A sample's results, curves and page."""
    results, curves = sample(request.param)
    return results, curves, page_of(results, curves)


def reversed_keys(node: Any) -> Any:
    """The same document with its keys the other way round."""
    if isinstance(node, dict):
        return {key: reversed_keys(node[key]) for key in reversed(list(node))}
    return [reversed_keys(child) for child in node] if isinstance(node, list) else node


def test_same_documents_same_page(rendered):
    """The order of keys, and a page rendered in between, change nothing."""
    results, curves, html = rendered

    assert html == page_of(reversed_keys(results), reversed_keys(curves))


@pytest.mark.parametrize("rendered", ["small", pytest.param("paper", marks=pytest.mark.nightly)], indirect=True)
def test_same_page_in_a_fresh_python_without_torch_or_pandas(rendered, tmp_path):
    """Another process, hash seed, time zone and folder write the same bytes; neither torch nor pandas is imported."""
    results, curves, html = rendered
    render.write_report(typed(results), curves, tmp_path)
    code = (
        "import sys, hashlib; from pathlib import Path; from harness.report.page.render import render;"
        "from harness.report.page.read import read_report;"
        "html = render(*read_report(Path('.')));"
        "assert not {'torch', 'pandas', 'matplotlib.pyplot'} & set(sys.modules);"
        "print(hashlib.sha256(html.encode()).hexdigest())"
    )
    environment = {
        "PYTHONPATH": str(Path(__file__).parent.parent.parent.parent),
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Tokyo",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )

    assert hashlib.sha256(html.encode()).hexdigest() == done.stdout.strip()


def test_documents_are_not_changed():
    """Rendering leaves what it was given as it was."""
    results, curves = sample("paper")
    before = copy.deepcopy((results, curves))

    page_of(results, curves)

    assert before == (results, curves)


def test_report_folder_holds_three_whole_files(rendered, tmp_path):
    """JSON with sorted keys, an indent of one and a last newline; no partial file stays behind."""
    results, curves, html = rendered

    render.write_report(typed(results), curves, tmp_path / "deep" / "folder")

    folder = tmp_path / "deep" / "folder"
    assert {"results.json", "curves.json", "index.html"} == {path.name for path in folder.iterdir()}
    assert json.dumps(results, sort_keys=True, indent=1) + "\n" == (folder / "results.json").read_text("utf-8")
    assert json.dumps(curves, sort_keys=True, indent=1) + "\n" == (folder / "curves.json").read_text("utf-8")
    assert html == (folder / "index.html").read_text("utf-8")


def test_rebuild_gives_the_same_bytes(rendered, tmp_path):
    """`index.html` comes back from the two JSON files alone."""
    results, curves, _ = rendered
    render.write_report(typed(results), curves, tmp_path)
    before = (tmp_path / "index.html").read_bytes()
    (tmp_path / "index.html").unlink()

    render.rebuild(tmp_path)

    assert before == (tmp_path / "index.html").read_bytes()


def test_a_page_that_cannot_be_rendered_writes_nothing(tmp_path):
    """A faulty document leaves the report that was there untouched."""
    results, curves = sample("small")
    render.write_report(typed(results), curves, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    curves["cnn"]["train_loss"]["0"] = [["first", 2.0]]

    with pytest.raises(TypeError):
        render.write_report(typed(results), curves, tmp_path)

    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("name", ["results.json", "curves.json"])
@pytest.mark.parametrize("text", [None, "", "{", "[]", "\udcff", "{}", '{"format": 2}', '{"format": 1, "cells": 3}'])
def test_rebuild_names_the_file_it_cannot_use(written, tmp_path, name, text):
    """A missing, broken or foreign file is the user's to mend: which one, and how."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).unlink()
    if text is not None:
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(UsageError, match=re.escape(name)) as raised:
        render.rebuild(tmp_path)

    assert str(tmp_path) in str(raised.value)
    assert "run the suite again" in str(raised.value)


def test_what_is_not_finite_is_null(tmp_path):
    """NaN and infinity are no JSON: they are written as null and the page shows nothing in their place."""
    results, curves = sample("small")
    results["cells"][-1] |= {"mean": float("nan"), "interval": [float("-inf"), float("inf")], "std": float("nan")}
    curves["cnn"]["train_loss"]["0"][-1][1] = float("nan")

    render.write_report(typed(results), curves, tmp_path)

    assert not {"NaN", "Infinity"} & set(re.findall(r"\w+", (tmp_path / "results.json").read_text("utf-8")))
    assert json.loads((tmp_path / "results.json").read_text("utf-8"))["cells"][-1]["interval"] == [None, None]
    assert "seed 0 stops at epoch 7" in (tmp_path / "index.html").read_text("utf-8")


def test_every_cell_claim_experiment_and_digest_is_there(rendered):
    """Nothing in the results is left off the page."""
    results, _, html = rendered
    elements = Elements(html)

    assert {cell["id"] for cell in results["cells"]} == set(elements.attributes("data-cell"))
    assert {claim["id"] for claim in results["claims"]} == set(elements.attributes("data-claim"))
    for name, experiment in results["experiments"].items():
        assert render.anchor(name, "experiment") in elements.attributes("id")
        keys = [job["key"] for job in experiment["jobs"]]
        keys += [run["key"] for job in experiment["jobs"] for run in (job["evaluations"] or {}).values()]
        assert all(f">{key[:KEY_LETTERS]}<" in html for key in keys)
    assert all(f">{digest}<" in html for digest in results["digest"].values())
    assert results["command"] in html


def test_ids_are_unique_and_every_link_leads_somewhere(rendered):
    """No id twice; every fragment, label and mark that is referred to exists."""
    elements = Elements(rendered[2])
    ids = elements.attributes("id")

    assert sorted(set(ids)) == sorted(ids)
    targets = {target[1:] for target in elements.attributes("href") if target.startswith("#")}
    targets |= {name for names in elements.attributes("aria-labelledby") for name in names.split()}
    targets |= {clip[len("url(#") : -1] for clip in elements.attributes("clip-path")}
    assert not targets - set(ids)


def test_page_asks_for_nothing(rendered):
    """No attribute holds an address outside the page but pictures written into it, and the policy forbids the rest."""
    elements = Elements(rendered[2])

    beside = {"results.json", "curves.json"}
    assert {"#", "d"} >= {target[0] for target in elements.attributes("href") if target not in beside}
    assert all(source.startswith("data:image/") for source in elements.attributes("src"))
    assert [target for target in elements.attributes("href") if target.startswith("d")] == ["data:,"]
    assert not re.search(r"url\((?!#|%23)|@import|@font-face", rendered[2])


def test_policy_allows_exactly_the_script_and_style_of_the_page(rendered):
    """The hashes are those of what stands between the tags; style attributes and handlers there are none."""
    elements = Elements(rendered[2])
    policy = next(a["content"] for tag, a in elements.found if tag == "meta" and "http-equiv" in a) or ""

    assert policy.startswith("default-src 'none'; ")
    for name in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(elements.raw[name].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
        assert sum(tag == name for tag, _ in elements.found) == 1
    names = {name for _, attributes in elements.found for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("name", ["small", "paper"])
def test_hostile_text_changes_no_element(name, payload):
    """Every free text replaced by a hostile one gives the same elements as a harmless one of its length."""
    results, curves = sample(name)
    curves = {"cnn": {"train_loss": curves["cnn"]["train_loss"]}}
    harmless = re.sub(r"[^\s\w-]", "x", payload)

    def poisoned(text: str) -> Elements:
        documents = (with_text(one, lambda old: old if old in WORDS else text) for one in (results, curves))
        return Elements(page_of(*documents))

    hostile = poisoned(payload)
    assert poisoned(harmless).shape() == hostile.shape()
    assert not [target for target in hostile.attributes("href") if "javascript" in target.split("-")[0]]


def test_odd_text_is_written_all_the_same(tmp_path):
    """A lone surrogate, which UTF-8 cannot hold, does not stop a report from being written and rebuilt."""
    results, curves = sample("small")
    results["headline"] = "\ud800"

    render.write_report(typed(results), curves, tmp_path)
    before = (tmp_path / "index.html").read_bytes()
    render.rebuild(tmp_path)

    assert before == (tmp_path / "index.html").read_bytes()


def test_unknown_keys_are_ignored(rendered):
    """A later writer may add what this version does not know."""
    results, curves, html = rendered
    extended = copy.deepcopy(results)
    for record in (extended, *extended["cells"], *extended["claims"], *extended["data"], *extended["deviations"]):
        record["later"] = {"any": ["thing"]}

    assert html == page_of(extended, curves)


def test_least_document_is_a_page():
    """A suite with one cell that was not run, and nothing else, still has its page."""
    html = page_of(blank_results(scale="paper", cells=[blank_cell(id="a.b", label="A, b")]), {})

    assert 'data-cell="a.b"' in html
    assert "PAPER SCALE" in html


def nulled(kind: type[Record], document: dict[str, Any]) -> dict[str, Any]:
    """The object with null in every field that may be null."""
    may_be = {name for name, field in kind.model_fields.items() if type(None) in get_args(field.annotation)}
    return {name: None if name in may_be else value for name, value in document.items()}


def test_a_document_of_nulls_is_a_page(rendered):
    """Whatever can be null may be null everywhere at once."""
    results, curves, _ = rendered
    emptied = nulled(Results, copy.deepcopy(results))
    kinds = {"cells": CellRecord, "claims": ClaimRecord, "deviations": DeviationRecord, "data": DataRecord}
    for name, kind in (kinds | {"figures": FigureRecord}).items():
        emptied[name] = [nulled(kind, record) for record in emptied[name]]
    for experiment in emptied["experiments"].values():
        experiment["jobs"] = [nulled(TrainingRecord, job) for job in experiment["jobs"]]

    assert results["cells"][0]["label"] in page_of(emptied, curves)


def test_small_scale_cannot_be_missed():
    """A band across the page says the scale in capitals and the note of what it may not be set against."""
    results, curves = sample("small")

    html = page_of(results, curves)

    assert 'class="scale-other"' in html
    assert "<strong>SMALL SCALE</strong>" in html
    assert results["scale_note"] in html
    assert 'class="fp-printed"' not in html


def test_paper_scale_has_no_warning_band():
    """At the paper's scale nothing warns, and printed numbers are drawn."""
    html = page_of(*sample("paper"))

    assert 'class="scale-paper"' in html
    assert 'class="fp-printed"' in html


def test_numbers_have_one_digit_more_than_the_paper():
    """37.5 is set against 36.92, a count to the unit, and a difference has a true minus sign."""
    html = page_of(*sample("paper"))

    assert ">36.92<" in html
    assert ">60,965,224<" in html
    assert ">\N{MINUS SIGN}1.18<" in html


def test_a_unit_that_is_printed_with_its_number_is_not_said_twice():
    """A time of five to six days is in days."""
    results, curves = sample("paper")
    results["cells"][0] |= {"printed": "five to six days", "unit": "days", "row": "", "column": ""}

    html = page_of(results, curves)

    assert "five to six days" in html
    assert not re.search(r"five to six days\s*<span[^>]*>[^<]*days", html)


def test_a_reading_stands_below_the_reason_and_says_what_it_is():
    """So that nobody takes an opinion for a result."""
    results, curves = sample("small")
    results["claims"][0]["readings"] = ["The narrow net <underfits>"]

    html = page_of(results, curves)

    assert "Our reading, written after the result: The narrow net &lt;underfits&gt;" in html


def test_a_verdict_on_a_claim_is_never_without_its_level():
    """CONFIRMED is read with the scale it holds at, above and in its row; nothing is called reproduced."""
    results, curves = sample("small")
    results["suite_yaml"] = ""

    html = page_of(results, curves)

    for place in (html[: html.index("<nav")], html[html.index('id="claims"') :]):
        assert re.search(r"CONFIRMED</span> <span[^>]*>at small scale<", place)
        assert re.search(r"CONFIRMED</span> <span[^>]*>exactly<", place)
        assert re.search(r"CONTRADICTED</span> <span[^>]*>on random nets, without data<", place)
    assert [said for said in re.findall(r"[^.;>]*reproduced", html.lower()) if "none of the" not in said] == []


def test_numbers_outside_the_table_stand_beside_it():
    """Each with the paper's number, ours and its verdict, whether there is a table or not."""
    results, curves = sample("small")
    free = [cell for cell in results["cells"] if not cell["column"]]
    assert free
    for table in (results["table"], None):
        html = page_of({**results, "table": table}, curves)
        section = html[html.index('id="numbers"') : html.index('id="ledger"')]

        assert all(f">{cell['label']}<" in section and f">{cell['printed']}" in section for cell in free)
        assert "60,965,224" in section
    assert 'id="numbers"' not in page_of({**results, "cells": [results["cells"][0]]}, curves)


def test_what_is_exact_has_no_interval():
    """A count is said to be exact; it has neither seeds nor a place in the forest."""
    results, curves = sample("small")
    cell = next(cell for cell in results["cells"] if cell["how"] == "exact")

    html = page_of(results, curves)

    row = html[html.index(f'data-cell="{cell["id"]}"') :].split("</tr>")[0]
    assert ">exact<" in row
    assert "seeds" not in row
    assert 'href="#measurement-count"' in row
    assert cell["label"] not in html[html.index('id="forest"') : html.index('id="claims"')]


def test_measurements_show_every_number():
    """With its label, unit and the value of every seed, and the spec that asked for it."""
    results, curves = sample("small")

    html = page_of(results, curves)
    section = html[html.index('id="measurements"') : html.index('id="curves"')]

    for name, measurement in results["measurements"].items():
        assert render.anchor(name, "measurement") in section
        assert all(
            f">{label}<" in section and f">{quantity}<" in section for quantity, _, label in measurement["quantities"]
        )
        assert all(f">{job['key']}<" in section for job in measurement["jobs"])
    assert ">0.466667<" in section  # the mean of three seeds
    assert "DeviceMissing: a second device is not there" in section
    assert "he_forward" in section


def test_inspections_show_numbers_or_why_there_are_none():
    """Below the experiment whose nets they were read off."""
    results, curves = sample("small")

    html = page_of(results, curves)
    section = html[html.index('id="experiments"') : html.index('id="environment"')]

    assert "nearest in features that have the query" in section
    assert section.count("the images are grey, so no kernel can be colourful") == 1


def test_figures_are_shown_or_say_why_not():
    """A picture with what it shows and its caption, or NOT RUN and the reason."""
    results, curves = sample("small")

    html = page_of(results, curves)
    section = html[html.index('id="figures"') : html.index('id="measurements"')]

    for figure in results["figures"]:
        assert figure["shows"] in section
        assert (figure["caption"] or figure["not_run"]) in section
    assert section.count("<img") == 2
    assert section.count("NOT RUN") == 1


def test_sections_without_data_are_left_out():
    """A report without claims or curves has no empty headings for them, and numbers the rest without a gap."""
    results, _ = sample("small")
    results["claims"] = []

    html = page_of(results, {})

    assert 'id="claims"' not in html
    assert 'id="curves"' not in html
    numbers = [int(number) for number in re.findall(r'class="ordinal">(\d+)<', html)]
    assert list(range(1, len(numbers) + 1)) == numbers


@given(st.lists(st.text(), unique=True, max_size=8))
def test_anchors_are_safe_and_distinct(names):
    """Whatever a name holds, its id needs no quoting and no other name has it."""
    anchors = [render.anchor(name, "cell") for name in names]

    assert len(set(anchors)) == len(names)
    assert all(re.fullmatch(r"cell-[A-Za-z0-9_-]*", anchor) for anchor in anchors)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("train_s", 4000.0, ("train", "1 h 6 min")),
        ("energy_j", None, ("energy", "not measured")),
        ("energy_j", 7.2e6, ("energy", "2 kWh")),
        ("energy_j", 12.0, ("energy", "12 J")),
        ("peak_memory_gib", 11.4, ("peak memory gib", "11.4")),
        ("note", None, ("note", "not measured")),
    ],
)
def test_quantity_reads_its_unit_from_its_name(name, value, expected):
    """Seconds and joules become what a reader expects; what was not measured says so."""
    assert expected == render.quantity(name, value)


@pytest.mark.parametrize(
    "uri",
    ["https://example.org/a.svg", "javascript:alert(1)", "data:text/html,<script>", "data:image/svg+xml", "", None],
)
def test_only_pictures_written_into_the_results_are_shown(uri):
    """Another address than an SVG's or PNG's data is no picture."""
    assert render.picture(FigureRecord(**blank_figure(svg_data_uri=uri))) is None


def test_pictures_are_shown():
    """An SVG and a PNG as data are."""
    for kind in ("svg+xml", "png"):
        uri = f"data:image/{kind};base64,AA=="
        assert render.picture(FigureRecord(**blank_figure(svg_data_uri=uri))) == uri


def luminance(colour: str) -> float:
    """Relative luminance of a colour (WCAG 2)."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminances, at least 1 (WCAG 2)."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_contrast_aa(theme):
    """4.5 to 1 for every colour that text is set in, 3 to 1 for lines of charts (WCAG 2, AA)."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[theme == "dark"]))

    for name in ("ink", "muted", "link", "green", "blue", "red", "violet", "amber", "grey"):
        for ground in ("paper", "raised"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert contrast(colours["band-ink"], colours["band"]) >= 4.5
    assert contrast(colours["series"], colours["paper"]) >= 3


def test_style_defines_what_it_uses():
    """Every variable is defined, and every outcome has a colour and a mark of its own."""
    assert not set(re.findall(r"var\(--([\w-]+)\)", STYLE)) - set(re.findall(r"--([\w-]+):", STYLE))
    marks = (render.TEMPLATES / "marks.html").read_text("utf-8")
    for outcome in [*verdicts.ORDER, "SOMETHING NEW"]:
        assert f".v-{verdicts.mark(outcome)}" in STYLE
        assert f'id="mark-{verdicts.mark(outcome)}"' in marks


def test_noted_digits_and_what_a_release_settles_are_shown_where_there_are_any() -> None:
    """Beside the printed number and the deviation; without them the page is what it was."""
    results, curves = sample("paper")
    before = page_of(results, curves)
    assert "logged" not in before
    assert "authors' release" not in html.unescape(before)
    noted = {"value": "37.4727", "run": "145-2010", "at": "a.cfg:1", "difference": 0.03, "interval": [-0.1, 0.2]}
    results["cells"][0]["logged"] = noted
    results["deviations"][0]["settled"] = {
        "status": "contradicted",
        "fact": "another <b>",
        "at": ["b.cfg:2"],
        "inferred": None,
    }
    after = html.unescape(page_of(results, curves))
    assert "logged 37.4727, run 145-2010" in after
    assert "the authors' release: contradicted" in after
    assert "another &lt;b&gt;" in page_of(results, curves)
