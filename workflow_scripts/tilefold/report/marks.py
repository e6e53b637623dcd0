"""Parts of Markdown pages that commands write, between two marks."""

from __future__ import annotations

from pathlib import Path

from tilefold.storage.whole import write_text


def marks(name: str) -> tuple[str, str]:
    """The lines between which a part with this name stands."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def marked_part(page: Path | str, name: str) -> str:
    """What stands between the marks of a page.

    Raises
    ------
    ValueError
        If the page lacks the marks.
    """
    return _split(page, name)[1]


def replace_marked_part(page: Path | str, name: str, block: str) -> None:
    """Replace what stands between the marks of a page by a block of whole lines."""
    begin, end = marks(name)
    head, _, tail = _split(page, name)
    write_text(page, f"{head}{begin}\n{block}{end}{tail}")


def _split(page: Path | str, name: str) -> tuple[str, str, str]:
    begin, end = marks(name)
    text = Path(page).read_text(encoding="utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"{page}: the lines {begin} and {end} are missing")
    head, rest = text.split(begin, 1)
    inner, tail = rest.split(end, 1)
    return head, inner.removeprefix("\n"), tail
