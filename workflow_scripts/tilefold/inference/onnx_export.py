"""A model as ONNX, for programs without torch."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from tilefold.inference.model import PredictionError, load_network
from tilefold.networks.base import TilefoldNetwork
from tilefold.networks.inputs import shapes
from tilefold.storage.whole import whole_file

#: Rows of the example that the exporter follows through the network; 0 and 1 would be taken for fixed.
EXAMPLE_ROWS = 3


class _Probabilities(nn.Module):
    """Class probabilities of a network, 0 for classes that had no samples; the exporter takes no keywords."""

    def __init__(
        self, network: TilefoldNetwork, names: list[str], barred: Tensor, temperature: float
    ) -> None:
        super().__init__()
        self.network, self.names = network, names
        self.register_buffer("barred", barred)
        self.temperature = temperature

    def forward(self, *inputs: Tensor) -> Tensor:
        """Probabilities of inputs in the order of their names."""
        logits = self.network(**dict(zip(self.names, inputs, strict=True)))
        barred = logits.masked_fill(self.get_buffer("barred"), -torch.inf)
        return torch.softmax(barred / self.temperature, dim=1)


def export_onnx(model: Path | str, path: Path | str) -> None:
    """Write a model file's network as ONNX.

    Inputs have the names of the model's inputs and are float32: series (samples, dates, components), static features
    (samples, bands), physical values with the features that the model's description lists, NaN where nothing is
    known. The output `probabilities` is float32 (samples, classes). The file's metadata hold the codes of the
    classes (`classes`) and the inputs (`inputs`), as JSON.

    Parameters
    ----------
    model
        Model file that `select_model` wrote.
    path
        ONNX file to write.

    Raises
    ------
    PredictionError
        If the model file holds no model, or the packages `onnx` and `onnxscript` are not installed.
    """
    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise PredictionError(
            f"export needs the packages {' and '.join(missing)}: pip install {' '.join(missing)}"
        )
    network, description = load_network(model)
    example = {
        name: torch.zeros((EXAMPLE_ROWS, *shape)) for name, shape in shapes(description["inputs"]).items()
    }
    barred = torch.tensor([code in set(description["not_learnt"]) for code in description["classes"]])
    samples = torch.export.Dim("samples")
    program = torch.onnx.export(
        _Probabilities(network, list(example), barred, description.get("temperature", 1.0)).eval(),
        tuple(example.values()),
        input_names=list(example),
        output_names=["probabilities"],
        dynamic_shapes=(tuple({0: samples} for _ in example),),
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise PredictionError(f"{model}: the network could not be exported")
    for key in ("classes", "inputs"):
        program.model.metadata_props[key] = json.dumps(description[key])
    with whole_file(path) as temporary:
        program.save(temporary)
