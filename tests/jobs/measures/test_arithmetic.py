"""Tests of relations between printed numbers against the papers' own figures."""

import pytest
from measure_specs import measured, parsed
from pydantic import ValidationError

from harness.jobs.measures import MEASURES


@pytest.mark.parametrize(
    ("given", "text", "value", "digits"),
    [
        ({"googlenet": 6.66, "own": 4.94}, "googlenet - own", 1.72, 2),  # PReLU abstract, prints 1.7
        ({"googlenet": 6.66, "own": 4.94}, "100 * (googlenet - own) / googlenet", 25.83, 2),  # prints 26%
        ({"baidu": 5.98, "own": 4.94}, "100 * (baidu - own) / baidu", 17.39, 2),  # PReLU section 4, prints 17%
        ({"second": 26.2, "own": 15.3}, "second - own", 10.9, 1),  # AlexNet abstract
        ({"classes": 1000.0}, "log2(classes)", 9.966, 3),  # AlexNet section 4, prints 10 bits
        ({"layers": 22.0}, "(1 / sqrt(2)) ** layers", 0.00048828125, 11),  # PReLU section 2.2
        ({"b": 2.32, "c": 5.30}, "c / b", 2.284, 3),  # PReLU section 2.3, prints 2.3
        ({"human": 5.1, "images": 1500.0}, "sqrt(human * (100 - human) / images)", 0.57, 2),  # PReLU section 4
        ({}, "5.9 * 4.2 ** 2 * 2.9 ** 2 * 2.1 ** 4", 17022.5, 1),  # PReLU section 2.2, prints 1.7e4
    ],
)
def test_a_relation_of_the_papers_comes_out(given, text, value, digits):
    """Each relation has the value that the catalogue of the paper's claims gives."""
    found = measured("arithmetic", given=given, values={"value": text})["value"]
    assert round(found, digits) == value


def test_a_value_may_build_on_those_above_it():
    """A value may use the values above it in the file."""
    found = measured("arithmetic", given={"a": 3.0}, values={"double": "2 * a", "more": "double + 1"})
    assert found == {"double": 6.0, "more": 7.0}


def test_a_number_carries_its_unit_and_its_expression():
    """A number carries its unit and its expression, which a report shows."""
    spec = parsed("arithmetic", given={"a": 3.0}, values={"half": "a / 2"}, units={"half": "%"})
    assert spec.quantities()["half"] == ("%", "a / 2")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"values": {"x": "1 +"}}, "values.x: .* not an arithmetic expression"),
        ({"given": {"a": 1}, "values": {"x": "a + b"}}, "values.x: unknown name 'b'"),
        ({"values": {"x": "y", "y": "1"}}, "values.x: unknown name 'y'"),
        ({"given": {"x": 1}, "values": {"x": "1"}}, "x: the name has a meaning already"),
        ({"given": {"max": 1}, "values": {"x": "1"}}, "max: the name has a meaning already"),
        ({"values": {"x": "1"}, "units": {"y": "%"}}, "units.y: no such value; there are x"),
        ({"values": {}}, "at least 1"),
        ({"values": {"X": "1"}}, "pattern"),
    ],
)
def test_a_fault_names_the_value_it_stands_in(fields, message):
    """A fault names the value that it is in."""
    with pytest.raises(ValidationError, match=message):
        MEASURES["arithmetic"].spec.parsed({"what": "arithmetic", **fields})
