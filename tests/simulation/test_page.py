from dataclasses import fields
from pathlib import Path

import pytest

from tilefold.report.marks import marked_part, marks
from tilefold.simulation.dials import Dials
from tilefold.simulation.page import DIALS, PATCH, SCENE, dials_table, write_simulation_page
from tilefold.storage.whole import read_json

PAGE = Path(__file__).parents[2] / "docs" / "simulation.md"


def test_the_page_has_all_dials():
    assert marked_part(PAGE, DIALS) == dials_table(), "run `make docs`"
    rows = [line.split(" | ") for line in dials_table().splitlines()[2:]]
    assert [row[0].strip("| `") for row in rows] == [field.name for field in fields(Dials)]
    assert all(len(row[2]) > 20 for row in rows)


def test_the_page_describes_the_default_scene():
    # Its figures stand beside the default of the dials: another default needs another page.
    shares = [row.split(" | ")[2] for row in marked_part(PAGE, SCENE).splitlines() if " % | " in row]
    assert "38.7 %" in shares
    assert len(marked_part(PAGE, PATCH).splitlines()) == 2 * (2 + 9) + 1


def test_a_scene_is_described_from_its_files(tmp_path, small_scene, patch):
    page = tmp_path / "simulation.md"
    page.write_text(
        "".join(f"{begin}\nstale part\n{end}\n" for begin, end in map(marks, (DIALS, SCENE, PATCH)))
    )
    write_simulation_page(page, small_scene, patch)
    assert "stale part" not in page.read_text()
    said = read_json(small_scene / "truth" / "truth.json")
    text = marked_part(page, SCENE)
    assert f"| all | {said['best_possible']['truth']['oa']:.3f} |" in text
    assert f"| 6 | straw cereals | {100 * said['prevalence']['6']:.1f} % | {said['polygons']['6']} |" in text
    bands = [line.split(" | ")[0].strip("| ") for line in marked_part(page, PATCH).splitlines()]
    assert bands.count("B12") == 2


def test_a_page_without_marks_is_refused(tmp_path):
    page = tmp_path / "simulation.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="dials: begin"):
        write_simulation_page(page)
