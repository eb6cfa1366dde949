"""The JSON Schema that editors check suites with."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from ruamel.yaml import YAML
from suite_files import TABLE1

from harness.suite.json_schema import FILES, field_sentences, schema_of


@cache
def suite_schema() -> dict[str, Any]:
    """The schema of suites; reading the source of every record for it takes more than a second."""
    return schema_of("suite")


class Sample:
    """Fields with and without a sentence."""

    first: int
    """One."""
    second: int
    third: int = 3
    """Three,
    in two lines."""


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that a reference stands for."""
    return suite_schema()["$defs"][schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema


def options(schema: dict[str, Any], value: Any) -> list[dict[str, Any]]:
    """The schemas of which one should take the value."""
    schema = resolved(schema)
    members = [resolved(member) for member in schema.get("anyOf", schema.get("oneOf", [schema]))]
    tag = schema.get("discriminator", {}).get("propertyName")
    if tag:
        return [resolved({"$ref": schema["discriminator"]["mapping"][value[tag]]})]
    return members


def accepts(schema: dict[str, Any], value: Any) -> bool:
    """Whether a schema's types and keys take a value; as much of JSON Schema as suites use."""
    return any(_accepts(member, value) for member in options(schema, value))


def _accepts(schema: dict[str, Any], value: Any) -> bool:
    match schema.get("type"):
        case "object":
            return isinstance(value, dict) and all(key_schema(schema, key, value[key]) for key in value)
        case "array":
            items = schema.get("items", {})
            return isinstance(value, list) and all(accepts(items, one) for one in value if items)
        case kind:
            kinds: dict[Any, Any] = {
                "string": str,
                "integer": int,
                "number": (int, float),
                "boolean": bool,
                "null": type(None),
                None: object,
            }
            return isinstance(value, kinds[kind]) and value in schema.get("enum", [value])


def key_schema(schema: dict[str, Any], key: str, value: Any) -> bool:
    """Whether a mapping may hold a key with that value."""
    if key in schema.get("properties", {}):
        return accepts(schema["properties"][key], value)
    others = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties", False)]
    return bool(others[0]) and accepts(others[0], value)


@pytest.mark.parametrize("file", FILES)
def test_a_schema_says_what_it_is(file: str) -> None:
    """Which draft, an id of its own, and that no other keys are allowed."""
    schema = schema_of(file)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:paper-harness:schema:{file}"
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("path", sorted(TABLE1.parent.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_suite_is_accepted(path: Any) -> None:
    """Types and keys, all the way down."""
    assert accepts(suite_schema(), YAML(typ="safe", pure=True).load(path))


@pytest.mark.parametrize("wrong", [{"suite": 3}, {"sute": "x"}, {"scales": {"ci": {"seeds": "three"}}}, {"claims": []}])
def test_what_the_loader_refuses_the_schema_refuses(wrong: dict[str, Any]) -> None:
    """A wrong type and an unknown key, at the top and below."""
    assert not accepts(suite_schema(), wrong)


def test_required_keys_are_named() -> None:
    """So that an editor can ask for them."""
    assert {"suite", "paper", "title", "source", "scales"} <= set(suite_schema()["required"])


def test_unknown_keys_are_refused_everywhere() -> None:
    """In every record of the schema."""
    assert all(
        record["additionalProperties"] is False for record in [suite_schema(), *suite_schema()["$defs"].values()]
    )


def test_fields_are_described_by_the_sentence_under_them() -> None:
    """An inherited field has its own class's."""
    seeds = suite_schema()["$defs"]["Scale"]["properties"]["seeds"]
    assert seeds["description"] == (
        "Declared here, before anything has run: so many from 0 on, or looks at growing numbers of them."
    )
    assert "Dotted shorthand" in suite_schema()["$defs"]["Row"]["properties"]["value"]["description"]


def test_a_sentence_belongs_to_the_field_above_it() -> None:
    """A field without one has none."""
    assert field_sentences(Sample) == {"first": "One.", "third": "Three,\nin two lines."}
