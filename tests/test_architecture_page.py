"""docs/architecture.md against the rules and the library."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
RULES = {path.name: path.read_text() for path in (ROOT / "rules").glob("*.smk")}
#: What jobs leave for others and nobody looks at.
PASSING = {"chunks", "polygons"}


def table_rows(heading):
    lines = PAGE.split(f"| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_modules_that_are_named_exist():
    for room, text in table_rows("room"):
        for module in re.findall(r"`(\w+\.py)`", text):
            assert (ROOT / "workflow_scripts" / "tilefold" / room.strip("`") / module).is_file(), module


def test_rules_stand_in_the_files_that_the_page_names():
    found = {name.strip("`"): re.findall(r"`(\w+)`", text) for name, text in table_rows("file in `rules/`")}
    assert list(found) == re.findall(r'include: "rules/(.*)"', (ROOT / "Snakefile").read_text())
    for name, text in RULES.items():
        jobs = [part for part in re.split(r"^rule ", text, flags=re.MULTILINE)[1:] if "    script:" in part]
        assert found[name] == [part.split(":")[0] for part in jobs], name


def test_targets_for_people_are_named():
    everything = "\n".join(RULES.values()) + (ROOT / "Snakefile").read_text()
    parts = re.split(r"^rule ", everything, flags=re.MULTILINE)[1:]
    targets = {part.split(":")[0] for part in parts if "    script:" not in part}
    listed = re.search(r"Targets for people are (.*?)\.", PAGE, re.DOTALL)[1]
    assert set(re.findall(r"`(\w+)`", listed)) == targets


def test_files_of_results_are_listed():
    listed = re.sub(r"\{(\w+),(\w+)\}(\.\w+)", r"\1\3, \2\3", PAGE.split("## Results folder")[1])
    for text in RULES.values():
        for path in re.findall(r'"<results>/([^"]+)"', text):
            if PASSING & set(path.split("/")):
                continue
            name = re.sub(r"(seed_)?\{+.*?\}+_?", "", path.split("/")[-1])
            assert name in listed, path
