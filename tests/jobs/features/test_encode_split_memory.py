"""The peak of describing, encoding and learning does not grow with the images."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from image_folders import make_image_folders
from programs import environment

PEAK = """
import json, sys
from dataclasses import replace
from pathlib import Path
from feature_samples import COORDINATES, FEATURE, SUPER, work
from harness.data.locate import Locations
from harness.jobs.classifiers.fit import fit
from harness.jobs.features import description
from harness.jobs.features.encode_split import encode
from harness.machine.runtime import Runtime
description.NUMBERS_AT_ONCE = 2**22
data, out = map(Path, sys.argv[1:3])
DATA = {"name": "ilsvrc2010", "prepare": {"short_side": 48}}
of_size = {"dimensions": 32, "images": 40, "per_image": 60}
feature = {
    "fisher_vector": FEATURE.model_copy(update={"gaussians": 64, **of_size}),
    "local_coordinate": COORDINATES.model_copy(update={**of_size, "anchors": 4096, "per_image": 120}),
    "super_vector": SUPER.model_copy(update={"words": 128, **of_size}),
}[sys.argv[3]]
feature = feature.model_dump(mode="json")
svm = {"what": "linear_svm", "regularisation": 1e-3, "epochs": 1}

def job(name, more, **inputs):
    asked = work(out / name, {"data": DATA, "splits": ["train"], "seed": 0, **more}, **inputs)
    return replace(asked, runtime=replace(asked.runtime, locations=Locations.gather(data_root=data, config_files=())))

from harness.jobs.features.learn_vocabulary import learn_vocabulary
vocabulary = job("vocabulary", {"feature": feature})
learn_vocabulary(vocabulary)
codes = job("codes", {"feature": feature}, vocabulary=vocabulary.folder)
images = encode(codes)["data"][0]["count"]
fit(job("fit", {"classifier": svm}, codes=codes.folder))
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
print(json.dumps([images, codes.folder.codes.stat().st_size, int(peak.split()[1])]))
"""
"""Prints the number of images, the bytes of their codes, and the peak memory of the process, in KiB."""


@pytest.mark.nightly
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel tells the peak on Linux only")
@pytest.mark.parametrize("feature", ["fisher_vector", "local_coordinate", "super_vector"])
def test_ten_times_the_images_take_no_more_memory(tmp_path: Path, feature: str) -> None:
    """Colour JPEGs of many sizes; the codes of the larger set alone would take more than a tenth of the peak."""
    found = []
    for name, each in (("few", 40), ("many", 400)):
        make_image_folders(tmp_path / name / "ilsvrc2010", classes=5, train=each, val=1, test=1)
        (tmp_path / f"{name} jobs").mkdir()
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(tmp_path / name), str(tmp_path / f"{name} jobs"), feature],
            env=environment(PYTHONPATH=":".join(sys.path), MALLOC_ARENA_MAX="2"),
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(json.loads(done.stdout))
    (few, _, peak), (many, stored, later) = found
    assert many == 10 * few
    assert stored / 1024 > 0.1 * peak
    assert later < 1.1 * peak, found
