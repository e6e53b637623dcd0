"""Every rule has what a rule must have."""

import re
from pathlib import Path

import pytest
from engine import ROOT, engine

SECTIONS = ["output", "log", "benchmark", "conda", "threads", "resources", "params", "message", "script"]
#: Those that not every rule has, and where they stand.
OPTIONAL = {"input": 0, "wildcard_constraints": 4}


def rules():
    for file in sorted((ROOT / "rules").glob("*.smk")):
        for name, body in re.findall(r"^rule (\w+):\n((?:[ ].*\n|\n)*)", file.read_text(), re.MULTILINE):
            if re.search(r"^    script:", body, re.MULTILINE):
                yield pytest.param(name, body, id=name)


@pytest.mark.parametrize(("name", "body"), rules())
def test_sections_stand_in_one_order(name, body):
    found = re.findall(r"^    (\w+):", body, re.MULTILINE)
    assert [section for section in found if section not in OPTIONAL] == SECTIONS
    assert all(found.index(section) == place for section, place in OPTIONAL.items() if section in found)
    assert re.findall(r"^        (\w+)=", body[body.index("    params:") :], re.MULTILINE) == ["settings"]
    assert {"mem_mb", "runtime"} <= set(re.findall(r"^        (\w+)=", body, re.MULTILINE))
    assert f'"../workflow_scripts/{name}.py"' in body
    assert f'settings("{name}")' in body


def test_the_engines_linter_finds_nothing(finished):
    done = engine(finished, finished / "config.yaml", "--lint")
    assert "Congratulations" in done.stdout + done.stderr, done.stdout + done.stderr


def test_every_caption_exists():
    for file in (ROOT / "rules").glob("*.smk"):
        for caption in re.findall(r'caption="\.\./(docs/captions/\w+\.rst)"', file.read_text()):
            assert (Path(ROOT) / caption).is_file()
