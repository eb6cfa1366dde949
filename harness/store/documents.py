"""JSON documents from a disk that anybody may have written to: read whole or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from harness.errors import HarnessError

RESULT_FORMAT = 1


def parsed_json(content: bytes | str) -> Any:
    """What a JSON file holds; raises ValueError for what is no JSON, or nested too deeply to be read."""
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def json_text(document: Any) -> str:
    """The JSON that this project writes to disk: sorted, indented, no NaN, a newline at the end."""
    return json.dumps(document, sort_keys=True, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def seal(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a digest over the rest of it, so that a change by hand or by a bad disk shows."""
    body = {name: value for name, value in document.items() if name != "seal"}
    return body | {"seal": hashlib.sha256(json_text(body).encode()).hexdigest()}


def read_sealed(path: Path, remedy: str) -> dict[str, Any] | None:
    """A sealed document of this format, or None where there is none; HarnessError with a remedy for a damaged one."""
    try:
        document = parsed_json(path.read_bytes())
        sound = isinstance(document, dict) and seal(document) == document and "format" in document
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HarnessError(f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        sound = False
    if not sound:
        raise HarnessError(f"{path} is damaged or was edited: its digest does not fit; {remedy}")
    if document["format"] != RESULT_FORMAT:
        raise HarnessError(
            f"{path} has format {document['format']}, this program reads {RESULT_FORMAT}; use another store"
        )
    return dict(document)


def canonical(document: Any) -> str:
    """JSON with one spelling for one content."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
