"""Two runs in one document: nothing of either is lost, and what differs beside the numbers is named."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from result_documents import typed
from two_runs import Results, cell_of, give, moved, sample

from harness.errors import UsageError
from harness.report.compare import document


def compare(a: Results, b: Results, names: tuple[str, str] = ("A", "B")) -> dict[str, Any]:
    """The comparison of two plain documents, as `--json` prints it."""
    return document.compare(typed(a), typed(b), names).model_dump()


@pytest.fixture(scope="module")
def compared() -> dict[str, Any]:
    """The comparison of two runs that differ in everything."""
    return compare(*moved())


def by_id(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Entries by their id."""
    return {entry["id"]: entry for entry in entries}


@pytest.mark.parametrize("name", ["small", "paper"])
def test_a_run_is_identical_to_itself(name: str) -> None:
    """Every number that was measured is, no claim has another verdict, and nothing differs."""
    found = compare(sample(name), sample(name))
    for one in [*found["cells"], *found["numbers"]]:
        assert one["change"] in ("identical", "not compared")
        assert one["change"] == "identical" or one["a"]["outcome"] in ("CITED", "NOT RUN", "FAILED") or one["said"]
    assert {claim["change"] for claim in found["claims"]} == {"same"}
    assert not any(found["differing"].values())
    assert found["notes"] == []


@pytest.mark.parametrize("name", ["small", "paper"])
def test_every_cell_and_claim_of_either_run_is_there(name: str) -> None:
    """In the order of A, what only B has behind it."""
    a, b = sample(name), sample(name)
    a["cells"], b["cells"] = a["cells"][1:], b["cells"][:-1]
    a["claims"], b["claims"] = a["claims"][1:], b["claims"][:-1]
    found = compare(a, b)
    for kind in ("cells", "claims"):
        whole = [one["id"] for one in sample(name)[kind]]
        assert [one["id"] for one in found[kind]] == [*whole[1:], whole[0]]
        ends = by_id(found[kind])[whole[0]]["change"], by_id(found[kind])[whole[-1]]["change"]
        assert ends == ("only in B", "only in A")


def test_it_is_plain_data(compared: dict[str, Any]) -> None:
    """That JSON holds as it is, and that neither run is changed by."""
    assert json.loads(json.dumps(compared, allow_nan=False)) == compared
    a, b = moved()
    before = copy.deepcopy((a, b))
    compare(a, b)
    assert (a, b) == before


def test_each_cell_says_what_became_of_it(compared: dict[str, Any]) -> None:
    """Moved, not moved, exact, and gone."""
    cells = by_id(compared["cells"])
    assert (cells["cnn.top1"]["change"], cells["cnn.top1"]["better"]) == ("lower", "better")
    assert cells["cnn.top5"]["change"] == "undecided"
    assert cells["cnn.top5"]["b"]["extended"] is True
    assert (cells["text_parameters"]["change"], cells["text_parameters"]["difference"]) == ("higher", 1.0)
    assert cells["sift_fv.top5"]["change"] == "only in A"
    assert cells["sift_fv.top5"]["b"] is None


def test_each_claim_says_whether_its_verdict_is_the_same(compared: dict[str, Any]) -> None:
    """With the level of evidence."""
    claims = by_id(compared["claims"])
    assert claims["selective"]["change"] == "other verdict"
    assert (claims["selective"]["a"]["outcome"], claims["selective"]["b"]["outcome"]) == ("INCONCLUSIVE", "CONFIRMED")
    assert claims["same_kind"]["change"] == "same"
    assert claims["entry"]["change"] == "only in A"


def test_claims_say_what_a_reader_has_to_know_of_their_verdict() -> None:
    """EXTENDED, STALE and POST HOC stand beside claims as they stand on the page of each run."""
    a, b = sample(), sample()
    by_id(b["claims"])["same_kind"] |= {"post_hoc": "After a first result", "extended": True}
    sides = by_id(compare(a, b)["claims"])["same_kind"]
    assert (sides["b"]["post_hoc"], sides["b"]["extended"]) == ("After a first result", True)
    assert not sides["a"]["post_hoc"]


def test_a_verdict_at_another_level_is_another_verdict() -> None:
    """Confirmed at small scale is not confirmed at paper scale."""
    a, b = sample(), sample()
    by_id(b["claims"])["same_kind"]["evidence"] = "paper scale"
    assert by_id(compare(a, b)["claims"])["same_kind"]["change"] == "other verdict"


def test_what_differs_beside_the_numbers_is_named(compared: dict[str, Any]) -> None:
    """Declared, resolved, deviated from, seen and run on."""
    named = {kind: [row["what"] for row in rows] for kind, rows in compared["differing"].items()}
    assert named == {
        "declared": ["claim own_errors: says"],
        "specs": ["cnn.added.rate"],
        "deviations": ["input_geometry", "colour_scale: why"],
        "data": ["fashion_mnist train.fingerprint"],
        "environment": ["torch", "only_here"],
        "cost": [],
    }
    assert compared["headline"].endswith(
        "differences beside the results: 1 in what is declared, 1 in specs, 2 in deviations, 1 in data, "
        "2 in environment."
    )


def test_p_is_adjusted_over_everything_that_was_tested() -> None:
    """Holm's, cells and other numbers together."""
    a, b = moved()
    values = [job["evaluations"]["ten_crop"]["values"] for job in b["experiments"]["cnn"]["jobs"]]
    for seed, value in enumerate(values):
        value["cross_entropy"] = 1.5 + 0.1 * seed
    tested = [one for kind in ("cells", "numbers") for one in compare(a, b)[kind] if one["p"] is not None]
    assert len(tested) >= 2
    smallest = min(tested, key=lambda one: one["p"])
    assert smallest["p_holm"] == pytest.approx(min(1.0, len(tested) * smallest["p"]))


def test_two_worlds_are_told_apart() -> None:
    """Only what follows from definitions is subtracted."""
    a, b = sample(), sample()
    b["scale"] = "ci"
    give(b, "cnn.top1", [1.0, 2.0, 3.0, 4.0, 5.0])
    give(b, "text_parameters", [1.0])
    found = compare(a, b)
    cells = by_id(found["cells"])
    assert cells["cnn.top1"]["change"] == "not compared"
    assert cells["cnn.top1"]["difference"] is None
    assert cells["text_parameters"]["change"] == "lower"
    assert found["notes"][0].startswith("A ran at small scale and B at ci scale")


def test_cells_on_other_test_images_are_not_subtracted() -> None:
    """The seeds would pair, the images do not."""
    a, b = moved()
    for job in b["experiments"]["cnn"]["jobs"]:
        job["evaluations"]["ten_crop"]["ids_sha256"] = "f" * 64
    assert by_id(compare(a, b)["cells"])["cnn.top1"]["said"] == "tested on different images"


def test_other_suites_and_code_are_noted() -> None:
    """By their digests."""
    a, b = sample(), sample()
    b["digest"] |= {"suite": "0" * 64, "code": "1" * 64}
    assert compare(a, b)["notes"] == [
        "The suite's file is not the same in A and B.",
        "The code that computes is not the same in A and B.",
    ]


def test_runs_of_two_suites_are_refused() -> None:
    """With the name of each."""
    with pytest.raises(UsageError, match="here is of alexnet, table1 and there is of alexnet, table2; compare sets"):
        compare(sample("small"), sample("paper"), ("here", "there"))


def test_a_run_without_results_is_no_agreement() -> None:
    """Cells that nobody measured are not identical."""
    a, b = sample(), sample()
    for results in (a, b):
        cell_of(results, "cnn.top1").update(values={}, mean=None, n=0, outcome="NOT RUN", reason="no data")
    found = by_id(compare(a, b)["cells"])["cnn.top1"]
    assert (found["change"], found["said"]) == ("not compared", "nothing was measured in either")
