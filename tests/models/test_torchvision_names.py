"""VGG and GoogLeNet against torchvision's own modules: the same outputs from the same weights, in double precision."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from harness.models import parse_model
from harness.models.network import Network, build
from harness.models.torchvision_names import torchvision_names
from harness.models.torchvision_pixels import MEAN, STD

WIDTH = 1 / 16
HIDDEN, CLASSES = 256, 5
SIDE = 224

AS_THERE = {"name": "vgg", "pixels": "torchvision", "dropout_form": "rescaled"}
"""What makes a VGG of ours one of torchvision's."""


def drawn(module: nn.Module) -> nn.Module:
    """Give every tensor random values that keep signals of one size, and return the module in double precision."""
    draws = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                fan_in = max(1, tensor[0].numel()) if tensor.dim() > 1 else 100
                tensor.copy_(torch.randn(tensor.shape, generator=draws, dtype=torch.float64) * (2 / fan_in) ** 0.5)
            if name.endswith(("bn.weight", "running_var")):
                tensor.abs_().add_(0.5)
    return module.double().eval()


def with_weights(model: dict[str, object], theirs: dict[str, Tensor], shape: tuple[int, int, int]) -> Network:
    """Build our net and load their tensors by the names of `torchvision_names`."""
    net = parse_model(model)
    network = build(net.layers(CLASSES), shape).double().eval()
    names = torchvision_names(net)
    network.load_state_dict({ours: theirs[name] for name, ours in names.items() if ours is not None})
    return network


def levels(side: int) -> Tensor:
    """Return two images as the program gives them to a net: levels less the mean colour."""
    drawn = torch.randint(0, 256, (2, 3, side, side), generator=torch.Generator().manual_seed(1)).double()
    return drawn - 255 * torch.tensor(MEAN, dtype=torch.float64)[:, None, None]


def in_their_units(images: Tensor) -> Tensor:
    """Return these images as torchvision's transforms give them."""
    return images / (255 * torch.tensor(STD, dtype=torch.float64)[:, None, None])


@pytest.mark.parametrize("levels_of_pyramid", [None, (7,)])
@pytest.mark.parametrize(("variant", "configuration"), [("vgg16", "D"), ("vgg19", "E")])
def test_vgg_gives_what_torchvisions_gives(variant, configuration, levels_of_pyramid):
    """A narrow VGG equals torchvision's layers with the same weights; a pyramid of one level of 7 is its pool5."""
    from torchvision.models.vgg import VGG, cfgs, make_layers

    narrow = [one if one == "M" else int(one * WIDTH) for one in cfgs[configuration]]
    with torch.device("meta"):
        theirs = VGG(make_layers(narrow), num_classes=CLASSES, init_weights=False)
    for place, sizes in {0: (32 * 49, HIDDEN), 3: (HIDDEN, HIDDEN), 6: (HIDDEN, CLASSES)}.items():
        theirs.classifier[place] = nn.Linear(*sizes)
    theirs = drawn(theirs.to_empty(device="cpu"))
    model = {"variant": variant, "width": WIDTH, "levels": levels_of_pyramid}
    ours = with_weights(AS_THERE | model, theirs.state_dict(), (3, SIDE, SIDE))
    images = levels(SIDE)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(in_their_units(images)))


def test_googlenets_second_form_gives_what_torchvisions_gives():
    """The form for imported weights equals torchvision's net, with its `transform_input`, on the same weights."""
    from torchvision.models import GoogLeNet

    theirs = drawn(GoogLeNet(num_classes=CLASSES, transform_input=True, init_weights=False))
    ours = with_weights({"name": "googlenet_torchvision"}, theirs.state_dict(), (3, 64, 64))
    images = levels(64)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(in_their_units(images)))


def test_every_tensor_of_torchvisions_nets_has_a_name():
    """Names cover all tensors of torchvision's files, each of ours once; only auxiliary classifiers are left out."""
    from torchvision import models

    made = {
        models.vgg16: AS_THERE | {"variant": "vgg16"},
        models.vgg19: AS_THERE | {"variant": "vgg19"},
        models.googlenet: {"name": "googlenet_torchvision"},
    }
    for make, model in made.items():
        with torch.device("meta"):
            theirs = make(init_weights=False).state_dict()
            names = torchvision_names(parse_model(model))
        assert names.keys() == theirs.keys()
        assert all(name.startswith("aux") for name, ours in names.items() if ours is None)
        kept = [ours for ours in names.values() if ours is not None]
        assert len(kept) == len(set(kept))


@pytest.mark.parametrize(
    "model",
    [
        {"name": "googlenet"},
        {"name": "googlenet_torchvision", "pixels": "levels"},
        {"name": "vgg", "variant": "vgg19"},
        {"name": "vgg", "variant": "vgg16", "pixels": "torchvision"},
        AS_THERE | {"variant": "vgg_b"},
        AS_THERE | {"variant": "vgg16", "activation": "prelu_channel"},
        AS_THERE | {"variant": "vgg16", "levels": [7, 3, 2, 1]},
    ],
)
def test_another_net_has_no_names_there(model):
    """A net that is not torchvision's is refused, so that no weights fit it by chance."""
    with pytest.raises(ValueError, match="no net of torchvision's"):
        torchvision_names(parse_model(model))
