"""Tables of the report as HTML."""

from __future__ import annotations

import html

import pandas as pd


def html_table(table: pd.DataFrame) -> str:
    """HTML of a table: three decimals, empty cells for what is not known, in a box that scrolls sideways."""
    if table.empty:
        return "<p>None.</p>"
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in table.columns)
    rows = "".join(
        "<tr>" + "".join(_cell(value) for value in row) + "</tr>\n" for row in table.itertuples(index=False)
    )
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table></div>'


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return "<td></td>"
    if isinstance(value, float):
        text = f"{value:.0f}" if value.is_integer() and abs(value) > 1 else f"{value:.3f}"
        return f'<td class="number">{text}</td>'
    if isinstance(value, int) and not isinstance(value, bool):
        return f'<td class="number">{value}</td>'
    return f"<td>{html.escape(str(value))}</td>"
