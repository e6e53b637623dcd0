"""The page in a real browser: nothing in the console, no page wider than its window, tables in boxes that scroll."""

import json
import re
import shutil
import subprocess

import pytest
from PIL import Image

from tilefold.report.page import write_report

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")

FLAGS = [
    *(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-dev-shm-usage",
    ),
    *("--no-first-run", "--disable-extensions", "--disable-component-update", "--hide-scrollbars"),
    *("--enable-logging=stderr", "--virtual-time-budget=20000"),
]
#: Stands in a copy of the page; the outer page, whose frame has the wanted width, writes what it is told.
PROBE = """<script>
const errors = [];
addEventListener("error", event => errors.push(String(event.message || event.target.src)), true);
addEventListener("load", () => {
  const root = document.documentElement;
  const boxes = [...document.querySelectorAll(".scroll")];
  parent.postMessage(JSON.stringify({
    page: root.scrollWidth, window: root.clientWidth, errors,
    boxes: boxes.map(box => [box.scrollWidth, box.clientWidth, getComputedStyle(box).overflowX]),
    wide: [...document.querySelectorAll("main *")].filter(
      item => !item.closest(".scroll, pre") && item.getBoundingClientRect().right > root.clientWidth + 1
    ).map(item => item.outerHTML.slice(0, 80)),
    images: [...document.images].map(image => image.naturalWidth),
  }), "*");
});
</script>
"""
OUTER = """<!doctype html><style>body {{ margin: 0 }}</style><iframe src="page.html" width="{width}" height="20000"
style="border: 0"></iframe><pre id="found"></pre>
<script>addEventListener("message", event => document.querySelector("#found").textContent = event.data);</script>
"""


@pytest.fixture(scope="module")
def page(study, tmp_path_factory):
    """Folder with the page and the probe in it."""
    folder = tmp_path_factory.mktemp("browser")
    _, sources, settings = study
    write_report(sources, settings, page=folder / "report.html")
    text = (folder / "report.html").read_text()
    (folder / "page.html").write_text(text.replace("<head>", f"<head>\n{PROBE}", 1))
    return folder


def browse(folder, address, *arguments):
    """Output of the browser, and what it wrote about the page's console."""
    command = [
        CHROMIUM,
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        *arguments,
        (folder / address).as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_fits_its_window_and_only_tables_scroll(page, width):
    (page / f"outer_{width}.html").write_text(OUTER.format(width=width))
    shot = page / f"page_{width}.png"
    browse(page, f"outer_{width}.html", f"--screenshot={shot}", f"--window-size={max(width, 500)},3000")
    out, console = browse(page, f"outer_{width}.html", "--dump-dom")
    found = json.loads(re.search(r'<pre id="found">(.*?)</pre>', out, re.DOTALL)[1].replace("&lt;", "<"))
    assert console == found["errors"] == []
    assert found["window"] == width
    assert found["wide"] == []
    assert found["page"] == width
    assert len(found["images"]) > 10
    assert min(found["images"]) > 100
    # Tables are wider than the window and do not widen it.
    wide = [box for box in found["boxes"] if box[0] > box[1]]
    assert all(overflow == "auto" for *_, overflow in found["boxes"])
    assert wide if width == 400 else len(wide) < len(found["boxes"])
    assert Image.open(shot).height == 3000


def test_a_page_that_says_something_in_the_console_is_seen(page):
    """The tests above would pass on a browser that tells nothing."""
    (page / "loud.html").write_text("<script>console.error('here')</script><img src='nothing.png'>")
    _, console = browse(page, "loud.html", "--dump-dom")
    assert any("here" in line for line in console)
