"""JSON Schemas of the files that people write, for editors that complete and check YAML."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from harness.strict import Strict
from harness.suite.file import Citation, RecipesFile, SuiteFile
from harness.suite.references import References

FILES: dict[str, type[Strict]] = {
    "suite": SuiteFile,
    "paper": Citation,
    "recipes": RecipesFile,
    "references": References,
}
"""The kinds of files, each with the type that it is read as."""


def schema_of(file: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file, each field described by the sentence that stands under it in the source.

    It has the nets, data sets, measurements and inspections that are registered when it is asked for.
    """
    schema = FILES[file].model_json_schema(schema_generator=WithSentences)
    head = {"$schema": GenerateJsonSchema.schema_dialect, "$id": f"urn:paper-harness:schema:{file}"}
    return head | schema


class WithSentences(GenerateJsonSchema):
    """Describes each field by the sentence under it.

    Reads the sources only when asked for the schema; pydantic's own setting would read them at every start.
    """

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """The schema of one record."""
        described = super().model_schema(schema)
        for record in schema["cls"].__mro__:
            ours = issubclass(record, BaseModel) and record is not BaseModel
            sentences = field_sentences(record) if ours else {}
            for name in sentences.keys() & described["properties"].keys():
                described["properties"][name].setdefault("description", sentences[name])
        return described


def field_sentences(record: type) -> dict[str, str]:
    """What stands in the source under each field of a class's own, by name."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(record))).body
    assert isinstance(definition, ast.ClassDef)
    return {
        ast.unparse(field.target): inspect.cleandoc(below.value.value)
        for field, below in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr)
        if isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }
