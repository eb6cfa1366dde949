"""How strong the responses of a trained net's layers are (section 4.2, "Analysis of Layer Responses", Figure 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import NonNegativeInt, PositiveInt

from harness.jobs.inspections import Inspection
from harness.jobs.inspections.inspected import Inspected, SplitName
from harness.jobs.measures.quantity import Quantity, flat
from harness.models.layers import Traced


class Responses(Inspected):
    """Standard deviations of "the outputs of each 3 x 3 layer, after BN and before other nonlinearity".

    They are of the net as it is at test time, over all images, maps and positions, on training images, the first in a
    seeded order of their ids, seen through the central view.
    """

    what: Literal["responses"]
    images: PositiveInt = 500
    seed: NonNegativeInt = 0

    def quantities(self, layers: Sequence[Traced], _classes: int) -> dict[str, Quantity]:
        """The std of each layer, and their mean; raises ValueError for a net without normalised 3 x 3 convolutions."""
        found = normalised(layers)
        if not found:
            raise ValueError("the net has no convolution of 3 x 3 that a normalisation follows, so no such response")
        return {
            **{f"{flat(conv)}_std": Quantity("", f"{conv}, std of responses") for conv in found},
            "mean_std": Quantity("", "std of responses, mean over layers"),
        }

    def splits(self, _tested: SplitName | None) -> tuple[SplitName, ...]:
        """The training images."""
        return ("train",)


def normalised(layers: Sequence[Traced]) -> dict[str, str]:
    """The convolutions of 3 x 3 that a normalisation follows, each with its name."""
    threes = {one.name for one in layers if one.kernels is not None and one.kernels.side == 3}
    return {
        one.inputs[0]: one.name for one in layers if one.layer.kind_name == "batch_norm" and one.inputs[0] in threes
    }


RESPONSES = Inspection(Responses, "resnet_paper.on_device:inspect")  # type: ignore[arg-type]  # an inspection of our own
