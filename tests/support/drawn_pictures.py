"""Reading of drawn pictures: the SVG, its words, and its embedded images."""

from __future__ import annotations

import base64
import io
import xml.etree.ElementTree as ET

import numpy as np
from PIL import Image

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


def svg(data_uri: str) -> ET.Element:
    """Return the drawing in a data URI."""
    head, content = data_uri.split(",")
    assert head == "data:image/svg+xml;base64"
    return ET.fromstring(base64.b64decode(content))


def words(data_uri: str) -> list[str]:
    """Return every text of a drawing."""
    return [text.text or "" for text in svg(data_uri).iter(f"{SVG}text")]


def images(data_uri: str) -> list[np.ndarray]:
    """Return the pixels of every image in a drawing, RGB [h, w, 3], as stored."""
    found = [element.attrib[HREF].split(",")[1] for element in svg(data_uri).iter(f"{SVG}image")]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")) for content in found]


def strokes(data_uri: str, name: str) -> list[str]:
    """Return the paths drawn as lines in one of the page's colours."""
    paths = svg(data_uri).iter(f"{SVG}path")
    styled = [(path.attrib["d"], path.get("style", "")) for path in paths]
    return [path for path, style in styled if f"stroke: var(--{name})" in style and "fill: none" in style]
