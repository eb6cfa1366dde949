"""JSON documents from a disk that anybody may have written to: read whole or not at all."""

from __future__ import annotations

import json
from typing import Any


def is_whole(result: dict[str, Any]) -> bool:
    """Whether a result says what every one says, in the types that its readers expect."""
    kinds = {"kind": str, "code": str, "inputs": dict, "outcome": str, "values": dict, "data": list, "marks": list}
    kinds |= {"cost": dict, "outputs": dict}
    if not all(isinstance(result.get(name), kind) for name, kind in kinds.items()):
        return False
    of_data = {"name": str, "split": str, "count": int, "whole": bool, "ids_sha256": str, "fingerprint": str}
    of_data |= {"official": bool, "official_reason": str}
    records = [record if isinstance(record, dict) else {} for record in result["data"]]
    numbers = [*result["values"].values(), result["cost"].get("seconds")]
    texts = [*result["marks"], *result["outputs"].values(), result["cost"].get("finished_at")]
    return (
        all(isinstance(record.get(name), kind) for record in records for name, kind in of_data.items())
        and all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers)
        and all(isinstance(text, str) for text in texts)
        and all(isinstance(result.get(name, {}), dict) for name in ("absent", "environment"))
    )


def parsed_json(content: bytes | str) -> Any:
    """What a JSON file holds; raises ValueError for what is no JSON, or nested too deeply to be read."""
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
