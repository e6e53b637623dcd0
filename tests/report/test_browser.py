"""The page in a real browser: it loads without an error and fits screens of a desk and of a telephone."""

import html
import json
import re
import shutil
import subprocess

import pytest

from tilefold.report.page import write_report

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="SKIPPED: needs Debian's chromium")
WIDTHS = (1280, 400)
#: Frames have the width of a screen each; a window of a browser without a screen is never narrow.
FRAMES = """<!DOCTYPE html><body>
{frames}
<script>
addEventListener("load", () => {{
  const found = [...document.querySelectorAll("iframe")].map(frame => {{
    const page = frame.contentDocument;
    const hidden = [...page.querySelectorAll("td, th")].filter(cell => {{
      const style = frame.contentWindow.getComputedStyle(cell);
      return parseFloat(style.fontSize) < 11 || style.visibility !== "visible";
    }});
    const broken = [...page.images].filter(image => !image.complete || !image.naturalWidth);
    return {{
      width: frame.contentWindow.innerWidth, needed: page.documentElement.scrollWidth,
      tables: page.querySelectorAll("table").length, hidden: hidden.length, broken: broken.length,
    }};
  }});
  const said = document.createElement("pre");
  said.textContent = JSON.stringify(found);
  document.body.append(said);
}});
</script></body>"""
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
    "--enable-logging=stderr",
]


@pytest.fixture(scope="module")
def seen(study, tmp_path_factory):
    """What the browser measures at each width, and what it says."""
    folder, sources, settings = study
    page = folder / "report" / "in_a_browser.html"
    write_report(sources, settings, page=page)
    frames = "\n".join(
        f'<iframe src="{page.name}" style="border: 0; width: {width}px; height: 800px"></iframe>'
        for width in WIDTHS
    )
    around = page.with_name("frames.html")
    around.write_text(FRAMES.format(frames=frames))
    profile = tmp_path_factory.mktemp("browser")
    done = subprocess.run(
        [
            *(CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "--virtual-time-budget=20000"),
            *("--dump-dom", around.as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    said = re.search(r"<pre>(.*?)</pre>", done.stdout, re.DOTALL)
    assert said, done.stderr
    return json.loads(html.unescape(said[1])), done.stderr


def test_nothing_sticks_out_of_the_page(seen):
    measured, _ = seen
    assert [found["width"] for found in measured] == list(WIDTHS)
    for found in measured:
        assert found["needed"] <= found["width"], found


def test_tables_and_pictures_can_be_seen(seen):
    for found in seen[0]:
        assert found["tables"] > 5
        assert found["hidden"] == 0
        assert found["broken"] == 0


def test_the_console_is_empty(seen):
    assert [line for line in seen[1].splitlines() if "CONSOLE" in line] == []
