"""Networks as data: descriptions of layers, each naming its inputs, that can be counted and drawn without torch.

A net is a tuple of these descriptions. `trace` walks it and yields every shape, parameter and multiply-add, so plans,
cost estimates and the papers' own arithmetic need no tensor library. `network.py` turns the same tuple into a torch
module. A kind of layer is one file, here or elsewhere: a subclass of `Layer` that answers its questions.
"""

from harness.models.layers.activation import Activation, Nonlinearity
from harness.models.layers.add import Add
from harness.models.layers.auxiliary import Auxiliary
from harness.models.layers.average_pool import AveragePool
from harness.models.layers.batch_norm import BatchNorm
from harness.models.layers.concat import Concat
from harness.models.layers.conv import Conv
from harness.models.layers.depthwise import Depthwise
from harness.models.layers.dropout import Dropout
from harness.models.layers.global_average_pool import GlobalAveragePool
from harness.models.layers.layer import (
    IMAGE,
    PARAMETER_KINDS,
    Buffer,
    Inputs,
    Kernels,
    Layer,
    Padding,
    Parameter,
    ParameterKind,
    Shape,
    size,
)
from harness.models.layers.layer_norm import LayerNorm
from harness.models.layers.linear import Linear
from harness.models.layers.locally_connected import Local
from harness.models.layers.max_pool import MaxPool
from harness.models.layers.per_map_scale import PerMapScale
from harness.models.layers.pyramid_pool import PyramidPool
from harness.models.layers.response_norm import ResponseNorm
from harness.models.layers.spatial_norm import SpatialNorm
from harness.models.layers.torch_module import TorchModule
from harness.models.layers.tracing import Traced, nearest_levels, require_chain, trace, without
from harness.models.layers.zero_padded import ZeroPadded

__all__ = [
    "IMAGE",
    "PARAMETER_KINDS",
    "Activation",
    "Add",
    "Auxiliary",
    "AveragePool",
    "BatchNorm",
    "Buffer",
    "Concat",
    "Conv",
    "Depthwise",
    "Dropout",
    "GlobalAveragePool",
    "Inputs",
    "Kernels",
    "Layer",
    "LayerNorm",
    "Linear",
    "Local",
    "MaxPool",
    "Nonlinearity",
    "Padding",
    "Parameter",
    "ParameterKind",
    "PerMapScale",
    "PyramidPool",
    "ResponseNorm",
    "Shape",
    "SpatialNorm",
    "TorchModule",
    "Traced",
    "ZeroPadded",
    "nearest_levels",
    "require_chain",
    "size",
    "trace",
    "without",
]
