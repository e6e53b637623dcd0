"""Calling users' functions on a block, and checking what they return."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tilefold.series.accessors import BlockData, Values
from tilefold.series.labels import Layer, read_label
from tilefold.series.user_file import error_place, load_user_file


class ExternalFeatureError(ValueError):
    """A user's function that cannot be used: with file, function, line where it is known, and place."""


class UserFunctions:
    """Functions of a user's file, with their keyword arguments.

    Parameters
    ----------
    file
        The user's Python file.
    functions
        For each call, `name` and `parameters`.

    Raises
    ------
    ExternalFeatureError
        If the file cannot be loaded or lacks a function.
    """

    def __init__(self, file: Path | str, functions: Sequence[Mapping[str, Any]]) -> None:
        self._file = Path(file)
        self._calls = [(call["name"], dict(call["parameters"])) for call in functions]
        try:
            module = load_user_file(self._file)
        except Exception as error:
            raise ExternalFeatureError(f"{file} cannot be loaded: {error_place(error, file)}") from error
        self._functions = {name: self._function(module, name) for name, _ in self._calls}

    def __call__(
        self, data: Sequence[BlockData], margin: int, place: str
    ) -> tuple[list[Layer], list[Values]]:
        """Call every function.

        Parameters
        ----------
        data
            The block as each function sees it, one object a call.
        margin
            How far, in pixels, a missing value may spread.
        place
            Where the block is, for messages.

        Returns
        -------
        layers : list of Layer
            What each layer is.
        values : list of array of float32, (rows, columns)
            The layers; NaN where something that the function asked for is missing within the margin.

        Raises
        ------
        ExternalFeatureError
            If a function fails, or returns something else than an array (rows, columns, n) of finite numbers and
            n labels.
        """
        layers: list[Layer] = []
        values: list[Values] = []
        for (name, parameters), block in zip(self._calls, data, strict=True):
            array, labels = self._call(name, parameters, block, place)
            layers += labels
            values += self._checked(name, array, len(labels), block, margin, place)
        return layers, values

    def _call(
        self, name: str, parameters: Mapping[str, Any], data: BlockData, place: str
    ) -> tuple[Any, list[Layer]]:
        try:
            with np.errstate(all="ignore"):
                result = self._functions[name](data, **parameters)
        except Exception as error:
            reason = error_place(error, self._file)
            raise ExternalFeatureError(f"{self._file}: function {name} on {place}: {reason}") from error
        if not isinstance(result, tuple) or len(result) != 2:
            raise self._error(
                name, place, f"returned {type(result).__name__}, expected the pair array, labels"
            )
        array, labels = result
        try:
            return array, [read_label(label, data.interpolated_dates) for label in labels]
        except (TypeError, ValueError) as error:
            raise self._error(name, place, f"returned labels that cannot be read: {error}") from error

    def _checked(
        self, name: str, array: Any, number: int, data: BlockData, margin: int, place: str
    ) -> list[Values]:
        """Layers of an array, NaN where something that the function asked for is missing."""
        expected = (*data.missing.shape, number)
        if not isinstance(array, np.ndarray) or array.shape != expected or array.dtype.kind not in "biuf":
            found = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
            raise self._error(
                name,
                place,
                f"returned {found}, expected an array of numbers of shape {expected}: rows, columns and one layer "
                f"for each of the {number} labels",
            )
        values = array.astype(np.float32)
        wrong = ~np.isfinite(values)
        if not wrong.any():
            return [values[:, :, layer] for layer in range(number)]
        unknown = _spread(data.missing, margin)
        odd = np.argwhere(wrong & ~unknown[:, :, None])
        if odd.size:
            row, col, layer = odd[0]
            raise self._error(
                name,
                place,
                f"returned NaN or infinity where all that it asked for is known, {len(odd)} times; first in layer "
                f"{layer} at row {row}, column {col} of the block. Guard divisions and logarithms",
            )
        values[wrong] = np.nan
        return [values[:, :, layer] for layer in range(number)]

    def _function(self, module: ModuleType, name: str) -> Any:
        function = getattr(module, name, None)
        if not callable(function):
            defined = [
                key
                for key, value in vars(module).items()
                if getattr(value, "__module__", None) == module.__name__ and not key.startswith("_")
            ]
            close = difflib.get_close_matches(name, defined, n=1)
            hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(defined) or 'none'}"
            raise ExternalFeatureError(f"{self._file} has no function {name}; {hint}")
        return function

    def _error(self, name: str, place: str, reason: str) -> ExternalFeatureError:
        code = getattr(self._functions[name], "__code__", None)
        line = f", line {code.co_firstlineno}" if code is not None else ""
        return ExternalFeatureError(f"{self._file}{line}: function {name} on {place} {reason}")


def _spread(missing: NDArray[np.bool_], margin: int) -> NDArray[np.bool_]:
    """Pixels with a missing one at most `margin` rows and columns away."""
    size = 2 * margin + 1
    rows = sliding_window_view(np.pad(missing, margin), size, axis=0).any(axis=2)
    return np.asarray(sliding_window_view(rows, size, axis=1).any(axis=2))
