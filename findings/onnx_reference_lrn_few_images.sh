#!/usr/bin/env bash
# onnx 1.23.2: the reference evaluator's LRN normalises only as many channels as the batch has images.
#
# Its loop over channels runs to the length of the first dimension. A batch of one image with four channels has its
# first channel normalised and the other three returned as they came; with four images all is right. Who checks an
# exported AlexNet against the reference, one image at a time, is told that the export is wrong. onnxruntime 1.32.0
# follows the definition in every case.
#
# Seen, channel by channel, of ones with size 3 and alpha, beta and bias 1 (by definition 0.6 0.5 0.5 0.6):
#   1 image:  reference 0.6 1.0 1.0 1.0   onnxruntime 0.6 0.5 0.5 0.6
#   2 images: reference 0.6 0.5 1.0 1.0   onnxruntime 0.6 0.5 0.5 0.6
#   4 images: reference 0.6 0.5 0.5 0.6   onnxruntime 0.6 0.5 0.5 0.6
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

CHANNELS = 4
DEFINED = [0.6, 0.5, 0.5, 0.6]  # 1 / (1 + 2/3) at the ends, 1 / (1 + 3/3) within


def normaliser(images):
    """A model that is one LRN."""
    node = helper.make_node("LRN", ["x"], ["y"], size=3, alpha=1.0, beta=1.0, bias=1.0)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [images, CHANNELS, 2, 2]) for name in "xy"]
    graph = helper.make_graph([node], "lrn", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=10)
    onnx.checker.check_model(model)
    return model


for images in (1, 2, 4):
    model, ones = normaliser(images), np.ones((images, CHANNELS, 2, 2), np.float32)
    by_reference = ReferenceEvaluator(model).run(None, {"x": ones})[0][0, :, 0, 0]
    by_runtime = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": ones})[0][0, :, 0, 0]
    print(f"{images} images: reference {by_reference.round(3)}, onnxruntime {by_runtime.round(3)}")
    assert np.allclose(by_runtime, DEFINED)
    assert np.allclose(by_reference, [*DEFINED[:images], *[1.0] * (CHANNELS - images)]), "the behaviour has changed"
PY
