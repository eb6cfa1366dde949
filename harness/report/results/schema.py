"""The JSON Schema of results.json, for programs that read reports."""

from __future__ import annotations

from harness.report.results.document import FORMAT, Results
from harness.report.results.record import Json
from harness.suite.json_schema import WithSentences

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = f"urn:paper-harness:results:{FORMAT}"


def results_schema() -> Json:
    """The schema of this format, each field described by the sentence that stands under it in the source."""
    return {"$schema": DIALECT, "$id": ID, **Results.model_json_schema(schema_generator=WithSentences)}
