"""Takes the folders of this machine out of reasons that are published: a reason names a file, not where it lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.data.locate import Locations
from harness.store.store import Store


def without_places(text: str, store: Store, locations: Locations) -> str:
    """The text with one word in the place of the store, each data folder, this folder and the user's home."""
    for path, word in sorted(_places(store, locations), key=lambda place: -len(place[0])):
        if len(path) > 1:
            text = text.replace(path, word)
    return text


def _places(store: Store, locations: Locations) -> Iterator[tuple[str, str]]:
    found = [(store.root, "STORE"), (Path.cwd(), ".")]
    found += [(place.path, "DATA") for place in locations.roots] + [
        (place.path, f"DATA/{name}") for name, place in locations.named.items()
    ]
    for path, word in found:
        yield from {(str(path.absolute()), word), (str(path.resolve()), word)}
    try:
        yield str(Path.home()), "~"
    except RuntimeError:  # a user without a home
        return
