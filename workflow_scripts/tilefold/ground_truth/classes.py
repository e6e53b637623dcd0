"""From the values of a class field to class codes."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import pandas as pd

#: Text that holds an integer; spreadsheets and shapefiles like to add a decimal part.
INTEGER_TEXT = r"[+-]?\d+(?:\.0*)?"


def plain_name(name: str) -> str:
    """Name of a class as it is compared: without surrounding space, in one case and one Unicode form."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


def class_codes(values: pd.Series[str], names: Mapping[str, int]) -> pd.Series[int]:
    """Code of each value: that of its name, else the integer that it holds; null where it is neither.

    Parameters
    ----------
    values
        Values of a class field as text.
    names
        Codes by plain name, see `plain_name`; a name may be a number that stands for another code.
    """
    kinds, distinct = pd.factorize(values)
    texts = pd.Series(distinct, dtype="string")
    holds = texts.str.fullmatch(INTEGER_TEXT) & (texts.str.len() <= 18)
    integers = texts.where(holds).str.split(".").str[0].astype("Int64")
    plain = texts.where(~holds, integers.astype("string")).map(plain_name).astype(object)
    named = plain.map(dict(names)).astype("Int64")
    found = named.fillna(integers).take(kinds)
    return found.set_axis(values.index)
