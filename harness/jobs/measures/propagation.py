"""Specs of measurements on nets with their first weights: variances by layer, the effect of a rule, a first step."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from harness.jobs.measures.equations import conv_factors
from harness.jobs.measures.net import OfNet
from harness.jobs.measures.quantity import Quantity, flat
from harness.models.initialisation import Initialisation, drawn
from harness.strict import Strict


class Inputs(Strict):
    """Independent random pixels."""

    kind: Literal["gaussian", "uniform"] = "gaussian"
    size: PositiveFloat = 1.0
    """Standard deviation of Gaussian pixels, or largest magnitude of uniform ones."""


class Propagation(OfNet):
    """Variances of responses and gradients by convolution, beside the predictions of eqs. 9 and 13 (PReLU section 2.2).

    A variance is a mean square, because every mean is zero over the draws of weights. That of responses y_l is over
    images, maps and positions. That of gradients Delta x_l is over images and maps, and summed over positions, so that
    it is right for strides and missing padding too. The gradient at the output of the last convolution's activation is
    Gaussian. Dropout is left out.
    """

    what: Literal["propagation"]
    initialisation: Initialisation
    batch: PositiveInt
    inputs: Inputs = Inputs()

    @model_validator(mode="after")
    def _is_rectified(self) -> Self:
        conv_factors(self.net, self.initialisation)
        return self

    def multiply_adds(self) -> float:
        """Return the multiply-adds of one pass forward and back."""
        return float(self.net.step_multiply_adds(self.batch))

    def quantities(self) -> dict[str, Quantity]:
        """Return ratios of the last to the first variance, measured and predicted, and the variances of each layer."""
        layers = [one.layer for one in conv_factors(self.net, self.initialisation)]
        whole = {
            "forward_ratio": "Var[y_L] / Var[y_1], measured",
            "forward_predicted": "Var[y_L] / Var[y_1] by eq. 9",
            "forward_log2_error": "log2 of measured over predicted, forward",
            "backward_ratio": "Var[dx_2] / Var[dx_(L+1)], measured",
            "backward_predicted": "Var[dx_2] / Var[dx_(L+1)] by eq. 13",
            "backward_log2_error": "log2 of measured over predicted, backward",
            "first_layer_factor": "Var[y_1] / E[x_1^2], measured",
            "first_layer_predicted": "n_1 Var[w_1]",
            "rectified_share": "E[x^2] / Var[y] across a rectifier, mean over the layers",
            "rectified_predicted": "(1 + a^2) / 2, mean over the layers",
        }
        by_layer = {f"{flat(name)}_variance": f"{name}, Var[y]" for name in layers}
        by_layer |= {f"{flat(name)}_gradient": f"{name}, Var[dx] summed over a map" for name in layers}
        return {name: Quantity("", label) for name, label in (whole | by_layer).items()}


class Rescaling(OfNet):
    """Attenuation of signals and gradients under one rule for first weights against another, measured on two nets.

    Both nets use the same random numbers, the same images, and the same gradient at the output of the last
    convolution's activation. `Attenuation` explains the prediction.
    """

    what: Literal["rescaling"]
    initialisation: Initialisation
    against: Initialisation
    batch: PositiveInt
    inputs: Inputs = Inputs()

    @model_validator(mode="after")
    def _is_rectified(self) -> Self:
        for rule in (self.initialisation, self.against):
            conv_factors(self.net, rule)
        return self

    def multiply_adds(self) -> float:
        """Return the multiply-adds of one pass forward and back through both nets."""
        return float(2 * self.net.step_multiply_adds(self.batch))

    def quantities(self) -> dict[str, Quantity]:
        """Return the attenuations, measured and predicted, of amplitudes rather than variances."""
        labels = {
            "gradient_attenuation": "attenuation of the gradient from the last convolution to conv2",
            "gradient_predicted": "the same, predicted",
            "gradient_error_percent": "measured against predicted, gradient",
            "signal_attenuation": "attenuation of the responses of the last convolution",
            "signal_predicted": "the same, predicted",
            "signal_error_percent": "measured against predicted, responses",
        }
        return {name: Quantity("%" if name.endswith("percent") else "", label) for name, label in labels.items()}


class FirstStep(OfNet):
    """A net before its first step on random labels: logits, loss, and the gradients that would move its weights.

    It computes in float64 without dropout. Labels are uniform. Norms are Euclidean, over the weights of a layer or of
    all layers.
    """

    what: Literal["first_step"]
    initialisation: Initialisation
    batch: PositiveInt
    inputs: Inputs = Inputs()
    weight_decay: NonNegativeFloat = 0.0005  # AlexNet section 5, PReLU section 3

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.net.stds(self.initialisation)
        if len(self.net.traced()[-1].output) > 1:
            raise ValueError(f"the net {self.net.model.name} ends in maps, not in logits")
        return self

    def multiply_adds(self) -> float:
        """Return the multiply-adds of one pass forward and back."""
        return float(self.net.step_multiply_adds(self.batch))

    def quantities(self) -> dict[str, Quantity]:
        """Return sizes of the logits, the cross-entropy, and norms of the loss gradient and of the decay term."""
        whole = {
            "largest_logit": "largest magnitude of a logit",
            "logit_rms": "root mean square of the logits",
            "overflow_share": "largest logit against ln of the largest float32; above 1 its exponential overflows",
            "cross_entropy": "cross-entropy on random labels",
            "gradient_norm": "norm of the loss gradient",
            "largest_gradient_norm": "largest norm of a layer's loss gradient",
            "smallest_gradient_norm": "smallest norm of a layer's loss gradient",
            "decay_norm": "norm of the weight decay term",
            "decay_over_gradient": "decay term against loss gradient",
        }
        names = [name for name, _, _ in drawn(self.net.traced())]
        by_layer = {f"{flat(name)}_gradient_norm": f"{name}, norm of the loss gradient" for name in names}
        return {name: Quantity(_UNITS.get(name, ""), label) for name, label in (whole | by_layer).items()}


_UNITS = {"cross_entropy": "nats"}
