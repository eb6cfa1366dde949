#!/usr/bin/env bash
# simplejpeg 1.9.0 on JPEGs of inks (CMYK): other colours than Pillow 13.0.0's, by 0 to 2 levels and never below; and
# asked for the inks themselves it gives their complement.
#
# Some two dozen of ImageNet's training images are stored so. For other JPEGs the two decoders agree in every pixel, so a
# loader that takes the quicker one for all of them trains on slightly brighter images of these. In inks the two agree in
# all bits once 255 is what Pillow calls 0: Pillow turns the numbers of Adobe's files around, simplejpeg does not.
#
# Seen, of an image of noise, 64 x 64, written by Pillow with quality 95: RGB is above Pillow's by 0 in 28% of the
# numbers, by 1 in 70% and by 2 in 2%; simplejpeg's CMYK is 255 less Pillow's everywhere.
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

noise = np.random.default_rng(0).integers(0, 256, 64 * 64 * 4, dtype=np.uint8).tobytes()
file = io.BytesIO()
Image.frombytes("CMYK", (64, 64), noise).save(file, "JPEG", quality=95)
data = file.getvalue()
with Image.open(io.BytesIO(data)) as image:
    inks, colours = np.asarray(image).astype(int), np.asarray(image.convert("RGB")).astype(int)
above, counts = np.unique(simplejpeg.decode_jpeg(data, "RGB").astype(int) - colours, return_counts=True)
print({int(level): f"{count / counts.sum():.0%}" for level, count in zip(above, counts)})
assert above.tolist() == [0, 1, 2] and counts.argmax() == 1, "the behaviour has changed"
assert (simplejpeg.decode_jpeg(data, "CMYK") == 255 - inks).all(), "the behaviour has changed"
PY
