"""Pictures of a finished report, for the page that explains it."""

from __future__ import annotations

import base64
from html.parser import HTMLParser
from pathlib import Path

from tilefold.storage.whole import whole_file

EMBEDDED = "data:image/png;base64,"


class _FirstPictures(HTMLParser):
    """Source of the first picture of each section of a report, by the section's id."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: dict[str, str] = {}
        self._section = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a section begins, and its first picture."""
        values = {name: value or "" for name, value in attrs}
        if tag == "section":
            self._section = values.get("id", "")
        elif tag == "img" and self._section:
            self.sources.setdefault(self._section, values["src"])


def write_section_pictures(report: Path | str, pictures: Path | str) -> None:
    """Write the first picture of each section of a report as `<section>.png`.

    Parameters
    ----------
    report
        The page that `write_report` wrote.
    pictures
        Folder to write to; those of other sections are removed.

    Raises
    ------
    ValueError
        If a picture is not inside the page, or there is none at all.
    """
    parser = _FirstPictures()
    parser.feed(Path(report).read_text(encoding="utf-8"))
    outside = [section for section, source in parser.sources.items() if not source.startswith(EMBEDDED)]
    if outside or not parser.sources:
        raise ValueError(f"{report}: no picture inside the page in {', '.join(outside) or 'any section'}")
    folder = Path(pictures)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        if old.stem not in parser.sources:
            old.unlink()
    for section, source in parser.sources.items():
        with whole_file(folder / f"{section}.png") as temporary:
            temporary.write_bytes(base64.b64decode(source.removeprefix(EMBEDDED)))
