"""From stored values to what maps hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tilefold.inference.decisions import decide
from tilefold.inference.model import PredictionError
from tilefold.inference.pixels import classify_pixels, load_predictor


class Recorder:
    """Stands in for a model: the tensor's values are the probabilities; remembers the sizes of its batches."""

    def __init__(self) -> None:
        self.inputs = {"dem": {"kind": "static", "bands": 3}}
        self.classes = [2, 7, 300]
        self.batches: list[int] = []

    def batch(self, rows: int) -> dict[str, np.ndarray]:
        self.tensors = {"dem": np.empty((rows, 3), np.float32)}
        return self.tensors

    def predict_batch(self, rows: int) -> np.ndarray:
        self.batches.append(rows)
        if np.isnan(self.tensors["dem"]).any():
            raise PredictionError("the network gives NaN")
        return self.tensors["dem"]


def test_the_most_probable_class_wins_and_ties_go_to_the_lowest_code() -> None:
    probabilities = np.array([[0.2, 0.5, 0.3], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]], np.float32)
    decisions = decide(probabilities, [2, 7, 300])
    assert decisions.labels.tolist() == [7, 2, 7, 300]
    assert decisions.confidence.tolist() == [50, 50, 50, 100]
    assert decisions.margin.tolist() == [20, 0, 0, 100]
    assert decisions.probabilities.tolist() == [[200, 500, 300], [500, 500, 0], [0, 500, 500], [0, 0, 1000]]
    assert (decisions.labels.dtype, decisions.confidence.dtype, decisions.probabilities.dtype) == (
        np.int32,
        np.uint8,
        np.uint16,
    )


def test_decisions_equal_those_of_float64_arithmetic() -> None:
    raw = np.random.default_rng(0).random((5000, 6)).astype(np.float32)
    probabilities = (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)
    codes = np.array([1, 2, 3, 8, 9, 10])
    decisions = decide(probabilities, codes.tolist())
    np.testing.assert_array_equal(decisions.labels, codes[np.argmax(probabilities, axis=1)])
    exact = probabilities.max(axis=1).astype(np.float64) * 100
    assert np.abs(decisions.confidence - exact).max() <= 0.5 + 1e-5
    two = np.sort(probabilities.astype(np.float64), axis=1)[:, -2:]
    assert np.abs(decisions.margin - 100 * (two[:, 1] - two[:, 0])).max() <= 0.5 + 1e-4
    assert np.abs(decisions.probabilities.sum(axis=1, dtype=int) - 1000).max() <= 6 / 2
    assert np.abs(decisions.probabilities - probabilities.astype(np.float64) * 1000).max() <= 0.5 + 1e-4


def test_codes_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="ascending"):
        decide(np.zeros((1, 2), np.float32), [7, 2])


def classify(values: np.ndarray, clear: list[int], rows: int) -> tuple[Any, list[int]]:
    predictor: Any = Recorder()
    counts = np.array(clear, np.uint16)
    return classify_pixels(
        predictor, {"dem": values}, counts, nodata=99, rows=rows, place="tile T31TCJ, row 4"
    ), predictor.batches


def test_pixels_never_clear_are_nodata_and_not_predicted() -> None:
    values = np.tile(np.array([[0.1, 0.2, 0.7]], np.float32), (5, 1))
    values[1] = np.nan
    decisions, batches = classify(values, [3, 0, 1, 0, 2], rows=2)
    assert decisions.labels.tolist() == [300, 99, 300, 99, 300]
    assert decisions.confidence.tolist() == [70, 255, 70, 255, 70]
    assert decisions.probabilities[:2].tolist() == [[100, 200, 700], [65535, 65535, 65535]]
    assert batches == [2, 1]


def test_no_pixels_and_no_clear_pixels() -> None:
    assert classify(np.empty((0, 3), np.float32), [], rows=4)[0].labels.size == 0
    decisions, batches = classify(np.zeros((2, 3), np.float32), [0, 0], rows=4)
    assert decisions.labels.tolist() == [99, 99]
    assert batches == []


def test_a_network_without_numbers_is_refused_with_the_place() -> None:
    with pytest.raises(PredictionError, match="tile T31TCJ, row 4: the network gives NaN"):
        classify(np.full((1, 3), np.nan, np.float32), [1], rows=4)


def test_a_model_of_another_nomenclature_is_refused(tile: Any) -> None:
    with pytest.raises(PredictionError, match="nomenclature"):
        load_predictor(tile.paths["model"], tile.settings(codes=[3, 5, 11]))
