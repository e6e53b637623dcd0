"""A trained model, ready to predict samples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tilefold.networks.base import TilefoldNetwork
from tilefold.networks.inputs import shapes
from tilefold.networks.registry import build_network
from tilefold.training.compute import pick_device
from tilefold.training.model_file import read_model_file

#: Rows that the network sees at once where nothing else is asked for.
BATCH_ROWS = 4096
#: Batches are padded to a multiple of this: matrix products compute the rows of a last, narrower part otherwise.
ROUND_ROWS = 64


class PredictionError(ValueError):
    """Inputs that do not fit the model, or a model that gives no numbers for them."""


class Predictor:
    """A network with its weights, that turns tensors into class probabilities.

    Every batch is padded to the same number of rows, in buffers at the same place: a row's probabilities are
    then the same bits whatever other rows are predicted with it.

    Attributes
    ----------
    path
        The model file.
    inputs
        Kind, dates, bands and features of each input, in the order of the network's arguments.
    classes
        Codes of the classes, ascending: the columns of the probabilities.
    not_learnt
        Codes of the classes that had no samples to learn from; their probability is exactly 0.
    description
        All that the model file tells about the model.
    """

    def __init__(
        self, path: Path | str, *, device: str, batch_rows: int, compute_threads: int, precision: str = "fp32"
    ) -> None:
        if batch_rows < 1:
            raise ValueError(f"batch_rows must be at least 1, found {batch_rows}")
        network, description = load_network(path)
        self.path = Path(path)
        self.description = description
        self.inputs: dict[str, dict[str, Any]] = description["inputs"]
        self.classes: list[int] = description["classes"]
        self.not_learnt: list[int] = description["not_learnt"]
        self._temperature = float(description.get("temperature", 1.0))
        self._device = pick_device(device)
        self._threads = compute_threads
        self._bf16 = precision == "bf16"
        form: nn.Module = network.for_bfloat16() if self._bf16 else network.for_prediction()
        self._network = form.to(self._device).eval()
        barred = torch.tensor([code in set(self.not_learnt) for code in self.classes])
        self._barred = barred.to(self._device)
        self._shapes = shapes(self.inputs)
        self._buffers = {
            name: _buffer(
                shape,
                -(-batch_rows // ROUND_ROWS) * ROUND_ROWS,
                getattr(self._network, "feature_major", False),
            )
            for name, shape in self._shapes.items()
        }
        self._rows = batch_rows

    def batch(self, rows: int) -> dict[str, NDArray[np.float32]]:
        """Where to write the tensors of the next `rows` samples, `batch_rows` at most; see `predict`.

        The arrays may be views of (dates, components, samples): what is written in that order runs along memory.
        """
        return {name: buffer.numpy()[:rows] for name, buffer in self._buffers.items()}

    def predict(self, tensors: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Class probabilities of samples.

        Parameters
        ----------
        tensors
            For each input, float32: series (n, dates, components), static features (n, bands); NaN where
            nothing is known.

        Returns
        -------
        ndarray
            float32 (n, classes); rows sum to 1.

        Raises
        ------
        PredictionError
            If an input is missing or has another shape or type than the model was trained on, or if the
            network gives NaN or infinity.
        """
        number = self._check(tensors)
        probabilities = np.empty((number, len(self.classes)), np.float32)
        for start in range(0, number, self._rows):
            stop = min(start + self._rows, number)
            for name, values in self.batch(stop - start).items():
                values[...] = tensors[name][start:stop]
            probabilities[start:stop] = self.predict_batch(stop - start)
        return probabilities

    @torch.inference_mode()
    def predict_batch(self, rows: int) -> NDArray[np.float32]:
        """Class probabilities, float32 (rows, classes), of the samples written to `batch(rows)`.

        Raises
        ------
        PredictionError
            If the network gives NaN or infinity.
        """
        torch.set_num_threads(self._threads)
        for buffer in self._buffers.values():
            buffer[rows:] = 0
        moved = {name: buffer.to(self._device) for name, buffer in self._buffers.items()}
        # Entering it takes as long as the softmax of a batch, even where it does nothing.
        single = nullcontext() if not self._bf16 else torch.autocast(self._device.type, torch.bfloat16)
        with single:
            logits = self._network(**moved).float()
        by_class = logits.T
        if self.not_learnt:
            by_class = by_class.masked_fill(self._barred[:, None], -torch.inf)
        # Their sum is looked at first, since it takes a tenth of the time.
        if not math.isfinite(logits.sum().item()) and not bool(torch.isfinite(logits[:rows]).all()):
            raise PredictionError(
                f"{self.path}: the network gives NaN or infinity; train it again with a lower learning_rate, "
                "and look for infinite values in the inputs"
            )
        if self._temperature != 1:
            by_class = by_class / self._temperature
        probabilities: NDArray[np.float32] = torch.softmax(by_class, dim=0).cpu().numpy()
        return probabilities.T[:rows]

    def _check(self, tensors: Mapping[str, NDArray[np.float32]]) -> int:
        missing = [name for name in self.inputs if name not in tensors]
        if missing:
            raise PredictionError(f"{self.path}: the model needs the inputs {', '.join(missing)} too")
        number = len(tensors[next(iter(self.inputs))])
        for name, shape in self._shapes.items():
            values = tensors[name]
            if values.shape != (number, *shape) or values.dtype != np.float32:
                raise PredictionError(
                    f"{self.path}: input {name} must be float32 {(number, *shape)}, "
                    f"found {values.dtype} {values.shape}; the inputs are not those of the training"
                )
        return number


def load_network(path: Path | str) -> tuple[TilefoldNetwork, dict[str, Any]]:
    """Network of a model file, in evaluation mode on the CPU, and its description.

    Raises
    ------
    PredictionError
        If the file holds a candidate's weights, or says that there is no model.
    ModelFileError
        If it is damaged or of another kind.
    NetworkError
        If its network cannot be built.
    """
    tensors, description = read_model_file(path)
    if "untrained" in description:
        raise PredictionError(f"{path}: holds no model, since there was {description['untrained']}")
    if description.get("criterion", "") is None:
        raise PredictionError(
            f"{path}: holds a candidate's weights of several epochs, not one model; take the model.safetensors "
            "of its run"
        )
    network: TilefoldNetwork = build_network(
        **description["network"],
        inputs=description["inputs"],
        classes=description["classes"],
        statistics=description["statistics"],
    )
    network.load_state_dict({name: torch.from_numpy(value) for name, value in tensors.items()})
    return network.eval(), description


def _buffer(shape: tuple[int, ...], rows: int, feature_major: bool) -> torch.Tensor:
    """Zeros (rows, *shape); feature-major, a view of memory in which the rows of one component lie side by side."""
    return torch.zeros((*shape, rows)).movedim(-1, 0) if feature_major else torch.zeros((rows, *shape))


def load_model(
    path: Path | str,
    *,
    device: str = "auto",
    batch_rows: int = BATCH_ROWS,
    compute_threads: int = 1,
    precision: str = "fp32",
) -> Predictor:
    """Load a model file.

    Parameters
    ----------
    path
        Model file that `select_model` wrote.
    device
        `auto` (a GPU where there is one), `cpu`, `cuda` or `cuda:<number>`.
    batch_rows
        Rows that the network sees at once; results may differ in their last digits between batch sizes.
    compute_threads
        Threads to compute with, set for the whole process at each prediction.
    precision
        `fp32`, or `bf16`: layers compute with bfloat16, standardisation and probabilities with float32.

    Raises
    ------
    ModelFileError
        If the file is damaged or of another kind.
    NetworkError
        If its network cannot be built.
    """
    return Predictor(
        path, device=device, batch_rows=batch_rows, compute_threads=compute_threads, precision=precision
    )
