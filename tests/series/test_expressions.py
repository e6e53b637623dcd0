import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilefold.series.expressions import ExpressionError, evaluate, names_in, substitute

#: One with each operation and function.
EVERYTHING = (
    "-a ** 3 / (b + 2) + sqrt(abs(c)) * exp(-b) - log(a + 2) * log10(c + 2)"
    " + min(a, b) ** 0.3 + max(b, c) ** -2"
)


def bands(pixels: int = 50, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(-0.2, 1.2, (pixels, 3)).astype(np.float32) for name in "abc"}


def test_values_are_those_of_double_precision() -> None:
    given_bands = bands()
    a, b, c = (values.astype(np.float64) for values in given_bands.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = (
            -(a**3) / (b + 2)
            + np.sqrt(np.abs(c)) * np.exp(-b)
            - np.log(a + 2) * np.log10(c + 2)
            + np.minimum(a, b) ** 0.3
            + np.maximum(b, c) ** -2
        )
    found = evaluate(EVERYTHING, given_bands)
    assert found.dtype == np.float32
    known = np.isfinite(expected) & (np.maximum(b, c) ** 2 > 1e-3)
    assert 50 < known.sum() < 150
    np.testing.assert_allclose(found[known], expected[known], rtol=2e-6)
    np.testing.assert_array_equal(np.isnan(found[np.isnan(expected)]), True)


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        ("1 / a", [0.0, 9e-6, -9e-6, 2e-5], [np.nan, np.nan, np.nan, 50000]),
        ("a / (a - a)", [0.5], [np.nan]),
        ("a ** -2", [0.0, 0.5], [np.nan, 4]),
        ("a ** 0.5", [-1.0, 4.0], [np.nan, 2]),
        ("sqrt(a)", [-1e-3, 0.25], [np.nan, 0.5]),
        ("log(a)", [0.0, -1.0, 1.0], [np.nan, np.nan, 0]),
        ("exp(a)", [1000.0, 0.0], [np.nan, 1]),
        ("a ** 2", [-3.0], [9]),
        ("-a ** 2", [3.0], [-9]),
        ("2 ** a", [3.0], [8]),
        ("min(a, 1)", [np.nan, 5.0], [np.nan, 1]),
        ("a - 1 - 1", [3.0], [1]),
        ("a / 2 / 2", [8.0], [2]),
    ],
)
def test_where_an_expression_is_not_defined_it_is_nan(
    expression: str, values: list[float], expected: list[float]
) -> None:
    found = evaluate(expression, {"a": np.array(values, np.float32)})
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.integers(0, 69), st.integers(1, 70))
def test_bits_depend_on_the_element_alone(pixels: int, start: int, size: int) -> None:
    given_bands = bands(pixels, seed=pixels)
    whole = evaluate(EVERYTHING, given_bands)
    part = slice(min(start, pixels - 1), start + size)
    assert (
        evaluate(EVERYTHING, {n: v[part] for n, v in given_bands.items()}).tobytes() == whole[part].tobytes()
    )
    # Scattered in memory, as the bands of a tensor are, and the other way round.
    tensor = np.stack(list(given_bands.values()), axis=2)
    scattered = {name: tensor[:, :, index] for index, name in enumerate("abc")}
    assert evaluate(EVERYTHING, scattered).tobytes() == whole.tobytes()
    planes = {name: np.asfortranarray(values) for name, values in given_bands.items()}
    assert np.ascontiguousarray(evaluate(EVERYTHING, planes)).tobytes() == whole.tobytes()


def test_names_stand_in_the_order_of_the_text() -> None:
    assert names_in("max(B8, B4) / (B2 + B8) ** n") == ["B8", "B4", "B2", "n"]


def test_names_are_replaced_with_their_precedence() -> None:
    assert (
        substitute("a**2 * (a + b) / -c", {"a": "B8", "b": -0.5, "c": 2.0}) == "B8 ** 2 * (B8 + -0.5) / -2.0"
    )
    assert substitute("b ** 2 * a", {"b": -0.5}) == "(-0.5) ** 2 * a"


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "a.b",
        "a[0]",
        "a if b else c",
        "a and b",
        "a < b",
        "'x'",
        "True",
        "1j * a",
        "1e99 * a",
        "a // b",
        "+a",
        "min(a)",
        "sqrt(a, b)",
        "sqrt(*a)",
        "eval(a)",
        "[a]",
        "lambda: a",
        "(a := b)",
        "a; b",
        "",
        "a +",
    ],
)
def test_anything_but_arithmetic_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError, match=r"is not allowed; write|is no expression"):
        names_in(expression)


def test_unknown_bands_are_refused() -> None:
    with pytest.raises(ExpressionError, match="names d; bands are a, b, c"):
        evaluate("a + d", bands())
    with pytest.raises(ExpressionError, match="names no band"):
        evaluate("1 + 1", bands())
