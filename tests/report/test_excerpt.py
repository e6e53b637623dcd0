"""Pictures of a report for docs/report.md, and that page against the report's template."""

import base64
import re
from pathlib import Path

import pytest
from PIL import Image

from tilefold.report.excerpt import write_section_pictures

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "workflow_scripts" / "tilefold" / "report" / "templates" / "page.html"


def image(content):
    return f'<img alt="a" src="data:image/png;base64,{base64.b64encode(content).decode()}">'


def test_the_first_picture_of_each_section_is_written(tmp_path):
    report, folder = tmp_path / "index.html", tmp_path / "pictures"
    folder.mkdir()
    (folder / "gone.png").write_bytes(b"of a section that is no more")
    report.write_text(
        f"<section aria-label='x'>{image(b'none')}</section><section id='folds'><p>{image(b'one')}{image(b'two')}</p>"
        f"</section><section id='meaning'></section><section id='maps'>{image(b'three')}</section>"
    )
    write_section_pictures(report, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "folds.png": b"one",
        "maps.png": b"three",
    }


@pytest.mark.parametrize(
    "content", ["<section id='a'></section>", "<section id='a'><img src='a.png'></section>"]
)
def test_pictures_outside_of_the_page_are_refused(tmp_path, content):
    report = tmp_path / "index.html"
    report.write_text(content)
    with pytest.raises(ValueError, match="no picture inside the page"):
        write_section_pictures(report, tmp_path / "pictures")


def test_the_docs_have_every_section_of_the_page_in_its_order():
    page = (ROOT / "docs" / "report.md").read_text()
    explained = [
        name
        for heading in re.findall(r"^## .*", page, re.MULTILINE)
        for name in re.findall("`([^`]+)`", heading)
    ]
    assert explained == re.findall(r'<section id="([^"]+)"', TEMPLATE.read_text())


def test_the_pictures_of_the_docs_are_there():
    named = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / "docs" / "report.md").read_text())
    folder = ROOT / "docs" / "images" / "report"
    assert {ROOT / "docs" / name for name in named} == set(folder.iterdir())
    for path in folder.iterdir():
        with Image.open(path) as picture:
            assert min(picture.size) > 100
