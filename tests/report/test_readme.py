import numpy as np
import pandas as pd
import pytest

from tilefold.report.marks import marks
from tilefold.report.readme import PART, write_demo_figures


def results(folder):
    (folder / "summary").mkdir(parents=True)
    (folder / "report").mkdir()
    sides = ["in_area", "out_of_area", "out_of_area_test", "reference"]
    folds = pd.DataFrame(
        {"fold": "without_A", "seed": 0, "side": sides, "mean_f1_common": [0.9, 0.5, np.nan, 0.75]}
    )
    folds.to_csv(folder / "summary" / "folds.csv", index=False)
    gaps = pd.DataFrame({"fold": ["without_A"], "seed": 0, "gap": 0.25, "low": 0.125, "high": 0.5})
    gaps.to_csv(folder / "summary" / "gaps.csv", index=False)
    for name in ("map.png", "folds.png"):
        (folder / "report" / name).write_bytes(name.encode())
    return folder


def test_the_table_stands_between_the_marks(tmp_path):
    page = tmp_path / "README.md"
    begin, end = marks(PART)
    page.write_text(f"before\n{begin}\nstale figures\n{end}\nafter\n")
    write_demo_figures(results(tmp_path / "r"), page, tmp_path / "images")
    text = page.read_text()
    assert "stale figures" not in text
    assert "| without_A | 0.900 | 0.500 |  | 0.750 | 0.250 (0.125 to 0.500) |" in text
    assert "![map of the demo](images/map.png)" in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert (tmp_path / "images" / "map.png").read_bytes() == b"map.png"


def test_a_page_without_marks_is_refused(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="are missing"):
        write_demo_figures(results(tmp_path / "r"), page, tmp_path / "images")
