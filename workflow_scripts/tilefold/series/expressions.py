"""Expressions over bands, such as ``(B8 - B4) / (B8 + B4)``: checked by their syntax tree, evaluated with numpy.

Nothing but arithmetic can be written. Every operation works on each element alone, in single precision and in the
order of the text, on arrays in one piece: for scattered memory numpy has other routines, whose last digits may
differ.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

#: Nearer to zero than this, in physical units, a denominator counts as zero.
SMALL = np.float32(1e-5)

#: Whole exponents up to this one are multiplied out; others go through numpy's power function.
LARGEST_EXPONENT = 8

#: Numbers that single precision can hold.
LARGEST_NUMBER = float(np.finfo(np.float32).max)

#: Functions that an expression may call, and the number of their arguments.
FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    "sqrt": (np.sqrt, 1),
    "abs": (np.abs, 1),
    "exp": (np.exp, 1),
    "log": (np.log, 1),
    "log10": (np.log10, 1),
    "min": (np.minimum, 2),
    "max": (np.maximum, 2),
}

_SIMPLE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
}


class ExpressionError(ValueError):
    """A text that is no expression over bands."""


def names_in(expression: str) -> list[str]:
    """Names of bands in an expression, each once, in the order of the text.

    Raises
    ------
    ExpressionError
        If the text holds anything but names, numbers, ``+ - * / **``, parentheses and the functions of
        `FUNCTIONS`.
    """
    return list(
        dict.fromkeys(node.id for node in _operands(_parse(expression)) if isinstance(node, ast.Name))
    )


def substitute(expression: str, replacements: Mapping[str, str | float]) -> str:
    """The expression in one standard spelling, with some names replaced by other names or by numbers.

    Raises
    ------
    ExpressionError
        As `names_in`.
    """
    return ast.unparse(_replaced(_parse(expression), replacements))


def evaluate(expression: str, bands: Mapping[str, Values]) -> Values:
    """Value of an expression at each element.

    Where it is not defined the value is NaN: a denominator under 1e-5, the root or logarithm of a negative
    number, a result that single precision cannot hold.

    Parameters
    ----------
    expression
        See `names_in`.
    bands
        Values by the names in the expression, float32 of one shape and layout.

    Returns
    -------
    array of float32
        Of the bands' shape.

    Raises
    ------
    ExpressionError
        As `names_in`, and if a name is not among `bands` or none is in the expression.
    """
    names = names_in(expression)
    unknown = [name for name in names if name not in bands]
    if unknown or not names:
        raise ExpressionError(
            f"{expression!r} names {', '.join(unknown) or 'no band'}; bands are {', '.join(bands)}"
        )
    compact = {name: np.array(bands[name], np.float32, order="K") for name in names}
    with np.errstate(all="ignore"):
        result = np.asarray(_value(_parse(expression), compact), np.float32)
    return np.where(np.isfinite(result), result, np.float32(np.nan))


def _value(node: ast.expr, bands: Mapping[str, Values]) -> Any:  # noqa: PLR0911  one for each kind of node
    match node:
        case ast.Name(name):
            return bands[name]
        case ast.Constant(int() | float() as number):
            return np.float32(number)
        case ast.UnaryOp(_, operand):
            return np.negative(_value(operand, bands))
        case ast.BinOp(base, ast.Pow(), exponent):
            return _power(_value(base, bands), exponent, bands)
        case ast.BinOp(left, ast.Div(), right):
            return _quotient(_value(left, bands), _value(right, bands))
        case ast.BinOp(left, operator, right):
            return _SIMPLE[type(operator)](_value(left, bands), _value(right, bands))
        case ast.Call(ast.Name(name), arguments):
            return FUNCTIONS[name][0](*(_value(argument, bands) for argument in arguments))
    raise AssertionError(ast.dump(node))


def _quotient(numerator: Any, denominator: Any) -> Any:
    return np.divide(numerator, np.where(np.abs(denominator) < SMALL, np.float32(np.nan), denominator))


def _power(base: Any, exponent: ast.expr, bands: Mapping[str, Values]) -> Any:
    number = _number(exponent)
    if number is None or number != int(number) or not 1 <= abs(number) <= LARGEST_EXPONENT:
        return np.power(base, _value(exponent, bands))
    product = base
    for _ in range(int(abs(number)) - 1):
        product = np.multiply(product, base)
    return product if number > 0 else _quotient(np.float32(1), product)


def _number(node: ast.expr) -> float | None:
    """Number that a node writes, with its sign; None for anything else."""
    match node:
        case ast.Constant(int() | float() as number):
            return float(number)
        case ast.UnaryOp(_, ast.Constant(int() | float() as number)):
            return -float(number)
    return None


@lru_cache(maxsize=256)
def _parse(expression: str) -> ast.expr:
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ExpressionError(f"{expression!r} is no expression: {error}") from error
    wrong = next(_forbidden(tree), None)
    if wrong is not None:
        raise ExpressionError(
            f"{expression!r}: {ast.unparse(wrong)!r} is not allowed; write names of bands, numbers, + - * / **, "
            f"parentheses, {', '.join(FUNCTIONS)} (min and max take two arguments, the others one)"
        )
    return tree


def _forbidden(node: ast.expr) -> Iterator[ast.expr]:
    """Parts of an expression that are not allowed."""
    match node:
        case ast.Name():
            return
        case ast.Constant(int() | float() as number) if (
            not isinstance(number, bool) and abs(number) <= LARGEST_NUMBER
        ):
            return
        case ast.UnaryOp(ast.USub()) | ast.BinOp(
            _, ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow()
        ):
            pass
        case ast.Call(ast.Name(name), arguments, []) if len(arguments) == FUNCTIONS.get(name, (None, -1))[1]:
            pass
        case _:
            yield node
            return
    for part in _parts(node):
        yield from _forbidden(part)


def _parts(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.UnaryOp(_, operand):
            return [operand]
        case ast.BinOp(left, _, right):
            return [left, right]
        case ast.Call(_, arguments):
            return arguments
    return []


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    """Names and numbers, in the order of the text."""
    parts = _parts(node)
    if not parts:
        yield node
    for part in parts:
        yield from _operands(part)


def _replaced(node: ast.expr, replacements: Mapping[str, str | float]) -> ast.expr:
    match node:
        case ast.Name(name) if name in replacements:
            return ast.parse(str(replacements[name]), mode="eval").body
        case ast.UnaryOp(operator, operand):
            return ast.UnaryOp(operator, _replaced(operand, replacements))
        case ast.BinOp(left, operator, right):
            return ast.BinOp(_replaced(left, replacements), operator, _replaced(right, replacements))
        case ast.Call(function, arguments):
            return ast.Call(function, [_replaced(argument, replacements) for argument in arguments], [])
    return node
