#!/usr/bin/env bash
# simplejpeg 1.9.0 refuses JPEGs whose colours are sampled 3:1, 4:2, 2:4 or 1:3; Pillow 13.0.0 reads them all.
#
# The standard (T.81, A.1.1) allows factors from 1 to 4 in each direction. TurboJPEG's interface, on which simplejpeg
# stands, has a name for some of the pairs only, and says of the others that it could not determine their subsampling
# level. It is the decoder that is stopped, not the file that is damaged: a loader that takes every refusal for damage
# throws sound images away. libjpeg itself, through Pillow, decodes them.
#
# Seen, of flat grey images of one block a corner, written here bit by bit: 1:1, 2:1, 2:2, 4:1, 1:2 and 1:4 (horizontal
# to vertical) are decoded to 128 everywhere by both; 3:1, 4:2, 2:4 and 1:3 by Pillow alone.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check simplejpeg==1.9.0 pillow==13.0.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import io

import numpy as np
import simplejpeg
from PIL import Image


def segment(marker, payload):
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def flat(across, down):
    """A grey JPEG of one unit: across x down blocks of brightness, and one of each colour, none of which says more."""
    nothing = bytes([1] + [0] * 15) + b"\0"  # one code, of one bit: no difference, or no more details
    bits = "00" * (across * down + 2)
    bits += "1" * (-len(bits) % 8)
    frame = b"\x08" + (8 * down).to_bytes(2, "big") + (8 * across).to_bytes(2, "big")
    frame += bytes([3, 1, across << 4 | down, 0, 2, 0x11, 0, 3, 0x11, 0])
    parts = [segment(0xDB, b"\0" + b"\1" * 64), segment(0xC0, frame), segment(0xC4, b"\x00" + nothing)]
    parts += [segment(0xC4, b"\x10" + nothing), segment(0xDA, bytes([3, 1, 0, 2, 0, 3, 0, 0, 63, 0]))]
    coded = bytes(int(bits[start : start + 8], 2) for start in range(0, len(bits), 8))
    return b"\xff\xd8" + b"".join(parts) + coded + b"\xff\xd9"


refused = []
for across, down in ((1, 1), (2, 1), (2, 2), (4, 1), (1, 2), (1, 4), (3, 1), (4, 2), (2, 4), (1, 3)):
    data = flat(across, down)
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.shape == (8 * down, 8 * across, 3) and (pixels == 128).all()
    try:
        assert (simplejpeg.decode_jpeg(data, "RGB") == pixels).all()
    except ValueError as error:
        print(f"{across}:{down}: {error}")
        refused.append((across, down))
assert refused == [(3, 1), (4, 2), (2, 4), (1, 3)], "the behaviour has changed"
PY
