"""JSON documents on a disk that anybody may have written to: read completely or rejected."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from harness.errors import HarnessError

RESULT_FORMAT = 1


def parsed_json(content: bytes | str) -> Any:
    """Parse JSON; raises ValueError for malformed or too deeply nested text.

    >>> parsed_json('{"seed": 1}')
    {'seed': 1}
    """
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def json_text(document: Any) -> str:
    """Format a document as the JSON that this project writes: sorted, indented, without NaN, with a final newline.

    >>> print(json_text({"b": 1, "a": 2}), end="")
    {
     "a": 2,
     "b": 1
    }
    """
    return json.dumps(document, sort_keys=True, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def seal(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with a digest of its other entries under `seal`.

    The digest reveals corruption and casual edits; it is not a signature.

    >>> sealed = seal({"seed": 1})
    >>> seal(sealed) == sealed
    True
    >>> seal(sealed | {"seed": 2})["seal"] == sealed["seal"]
    False
    """
    body = {name: value for name, value in document.items() if name != "seal"}
    return body | {"seal": hashlib.sha256(json_text(body).encode()).hexdigest()}


def read_sealed(path: Path, remedy: str) -> dict[str, Any] | None:
    """Read a sealed document of the current format, or return None where the file does not exist.

    Raises HarnessError where the file is damaged or has another format. The message ends with `remedy`.
    """
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
    """Format a document as compact JSON; equal documents give equal text.

    >>> canonical({"b": 1, "a": [2]})
    '{"a":[2],"b":1}'
    """
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
