"""Perceptrons in the form that predicts fastest: standardisation and batch normalisation folded into the layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from tilefold.networks.base import TilefoldNetwork

#: Largest mean, in standard deviations, that is folded: rounding grows with it, here to 6e-5 standard deviations.
LARGEST_MEAN = 1000.0


class FoldedPerceptron(nn.Module):
    """Linear layers with ReLU between on inputs that are not standardised.

    Values run (values, batch) through all layers, so that inputs laid out (dates, components, batch) are taken
    without a copy. In exact arithmetic the logits are those of the network that it was made of; rounding differs.

    Attributes
    ----------
    feature_major
        That inputs are taken best as views of (dates, components, batch).
    """

    feature_major = True

    def __init__(self, network: TilefoldNetwork, layers: Iterable[nn.Module]) -> None:
        super().__init__()
        self._names = list(network.sensors_information)
        mean, std, known = _flat_moments(network)
        weights, biases = _linear_layers(layers)
        first = weights[0] / std.double() * known
        biases[0] = biases[0] - first @ mean.double()
        weights[0] = first
        self.register_buffer("imputed", torch.where(known, mean, 0.0)[:, None], persistent=False)
        self.register_buffer("known", known[:, None], persistent=False)
        self._depth = len(weights)
        self._layers: list[tuple[Tensor, Tensor, Tensor]] = []
        # relu(x + bias) is max(x, -bias) + bias, and what is added joins the next bias: one pass instead of two. The
        # logits have no floor.
        added = torch.zeros(weights[0].shape[1], dtype=torch.float64)
        for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            single = (bias + weight @ added).float()
            floor = -single if number < self._depth - 1 else torch.full_like(single, -torch.inf)
            self.register_buffer(f"weight_{number}", weight.float(), persistent=False)
            self.register_buffer(f"floor_{number}", floor[:, None], persistent=False)
            added = single.double()
        self.register_buffer("bias", added.float()[:, None], persistent=False)

    def forward(self, **inputs: Tensor) -> Tensor:
        """Logits (batch, nb_class), a view of (nb_class, batch), of inputs as for `TilefoldNetwork`.

        Without gradients; the next call overwrites them.
        """
        flat = [inputs[name].flatten(1).T for name in self._names]
        values = flat[0] if len(flat) == 1 else torch.cat(flat)
        logits = self._logits(values)
        # A missing value makes its pixel's logits NaN, and so their sum; pixels without one stay the same bits.
        if bool(torch.isnan(logits.sum())):
            known = self.get_buffer("known")
            logits = self._logits(
                torch.where(torch.isnan(values) | ~known, self.get_buffer("imputed"), values)
            )
        return logits.T

    def _logits(self, values: Tensor) -> Tensor:
        """Logits (nb_class, batch) in memory that the next call writes to again."""
        made_for = self._layers[0][2] if self._layers else None
        if made_for is None or made_for.shape[1] != values.shape[1] or made_for.device != values.device:
            self._layers = [self._layer(number, values) for number in range(self._depth)]
        for weight, floor, result in self._layers:
            torch.mm(weight, values, out=result)
            values = torch.maximum(result, floor, out=result)
        return values.add_(self.get_buffer("bias"))

    def _layer(self, number: int, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Weight and floor of a layer, and memory for its results."""
        weight = self.get_buffer(f"weight_{number}")
        result = torch.empty((len(weight), values.shape[1]), device=values.device)
        return weight, self.get_buffer(f"floor_{number}"), result


class Bfloat16Perceptron(nn.Module):
    """Linear layers with ReLU between, in bfloat16 on inputs that are standardised in float32.

    Folded into a layer of few digits, standardisation would lose what it is for. The last layer is in float32.

    Attributes
    ----------
    feature_major
        That inputs are taken best as views of (dates, components, batch).
    """

    feature_major = True

    def __init__(self, network: TilefoldNetwork, layers: Iterable[nn.Module]) -> None:
        super().__init__()
        self._names = list(network.sensors_information)
        mean, std, known = _flat_moments(network)
        # What no sample knows becomes 0, as what is missing does.
        self.register_buffer("scale", (known / std)[:, None], persistent=False)
        self.register_buffer("shift", (-mean * known / std)[:, None], persistent=False)
        weights, biases = _linear_layers(layers)
        self._depth = len(weights)
        for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            kind = torch.float32 if number == self._depth - 1 else torch.bfloat16
            self.register_buffer(f"weight_{number}", weight.to(kind), persistent=False)
            self.register_buffer(f"bias_{number}", bias.to(kind)[:, None], persistent=False)

    def forward(self, **inputs: Tensor) -> Tensor:
        """Logits (batch, nb_class), float32, of inputs as for `TilefoldNetwork`. Without gradients."""
        flat = [inputs[name].flatten(1).T for name in self._names]
        values = flat[0] if len(flat) == 1 else torch.cat(flat)
        with torch.autocast(values.device.type, enabled=False):
            values = torch.addcmul(self.get_buffer("shift"), values, self.get_buffer("scale"))
            logits = self._logits(values)
            if bool(torch.isnan(logits).any()):
                logits = self._logits(torch.nan_to_num(values, nan=0.0, posinf=torch.inf, neginf=-torch.inf))
        return logits.T

    def _logits(self, values: Tensor) -> Tensor:
        """Logits (nb_class, batch) of standardised values."""
        for number in range(self._depth):
            weight, bias = self.get_buffer(f"weight_{number}"), self.get_buffer(f"bias_{number}")
            values = torch.addmm(bias, weight, values.to(weight.dtype))
            if number < self._depth - 1:
                torch.relu_(values)
        return values


def fold_perceptron(network: TilefoldNetwork, layers: Iterable[nn.Module]) -> FoldedPerceptron | None:
    """Folded form of a network of linear layers, batch normalisations, ReLU and dropout; None where rounding forbids.

    Parameters
    ----------
    network
        A network in evaluation mode that standardises its inputs with `standardized` and flattens them date-major.
    layers
        Its layers, in order, on all inputs side by side.
    """
    for name in network.sensors_information:
        mean, std = network.moments(name)
        if bool((mean.abs() > LARGEST_MEAN * std).any()):
            return None
    return FoldedPerceptron(network, layers)


def _flat_moments(network: TilefoldNetwork) -> tuple[Tensor, Tensor, Tensor]:
    """Means and deviations of all values of a sample, and whether they are known, (values,) each."""
    names = list(network.sensors_information)
    moments = [network.moments(name) for name in names]
    mean, std = (torch.cat([moment[index].flatten() for moment in moments]) for index in (0, 1))
    return mean, std, torch.cat([network.known(name).flatten() for name in names])


def _linear_layers(layers: Iterable[nn.Module]) -> tuple[list[Tensor], list[Tensor]]:
    """Weights and biases in double precision, each batch normalisation folded into the layer before it."""
    weights: list[Tensor] = []
    biases: list[Tensor] = []
    for layer in layers:
        if isinstance(layer, nn.Linear):
            weights.append(layer.weight.detach().double())
            biases.append(layer.bias.detach().double())
        elif isinstance(layer, nn.BatchNorm1d):
            scale, shift = _affine(layer)
            weights[-1] = weights[-1] * scale[:, None]
            biases[-1] = biases[-1] * scale + shift
        elif not isinstance(layer, nn.ReLU | nn.Dropout):
            raise TypeError(f"{type(layer).__name__} cannot be folded")
    return weights, biases


def _affine(layer: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """Scale and shift that a batch normalisation is in evaluation mode."""
    moments: Mapping[str, Tensor] = dict(layer.named_buffers())
    scale = layer.weight.detach().double() / torch.sqrt(moments["running_var"].double() + layer.eps)
    return scale, layer.bias.detach().double() - moments["running_mean"].double() * scale
