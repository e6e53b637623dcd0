"""Chunks from a budget of memory."""

from types import SimpleNamespace

import pytest

from tilefold.plan import chunking


def plan(wanted, gigabytes, height=10980, width=10980, confidence="uint8"):
    chosen = SimpleNamespace(number_of_chunks=wanted, memory_gb=gigabytes, confidence_type=confidence)
    config = SimpleNamespace(classification=chosen)
    grid = SimpleNamespace(height=height, width=width)
    products = ["classification", "confidence", "probabilities"]
    return SimpleNamespace(config=config, grids={"T": grid}, tile_products=products, codes=list(range(23)))


@pytest.fixture(autouse=True)
def inputs(monkeypatch):
    """37 dates of 10 bands, int16, and a static raster of two bands, float32."""
    known = {
        "s2": {"kind": "series", "bands": list("abcdefghij"), "dates": list(range(37))},
        "dem": {"kind": "static", "bands": 2},
    }
    monkeypatch.setattr(chunking, "stored_inputs", lambda _: known)


def test_bytes_of_a_pixel():
    assert chunking.pixel_bytes(plan("auto", 8)) == 37 * 10 * 2 + 2 * 4 + 2 + 1 + 23 * 2
    assert chunking.pixel_bytes(plan("auto", 8, confidence="float16")) == 37 * 10 * 2 + 2 * 4 + 2 + 4 + 23 * 2


def test_as_few_chunks_as_the_budget_allows():
    # 10980 x 10980 pixels of 797 bytes are 96.08 GB.
    assert chunking.tile_chunks(plan("auto", 8), "T") == 13
    assert chunking.tile_chunks(plan("auto", 96.1), "T") == 1
    assert chunking.tile_chunks(plan("auto", 96.0), "T") == 2
    assert chunking.tile_chunks(plan("auto", 1e-6, height=5, width=10), "T") == 5


def test_a_number_is_taken_as_it_is():
    assert chunking.tile_chunks(plan(7, 1e-6), "T") == 7
