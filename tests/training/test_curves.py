import matplotlib as mpl
import pandas as pd
import pytest
from PIL import Image

from tilefold.training.curves import draw_class_fscores, draw_loss, draw_scores
from tilefold.training.history import HISTORY_COLUMNS


def history(epochs):
    table = pd.DataFrame({name: [0.1 * epoch for epoch in epochs] for name in HISTORY_COLUMNS})
    table["epoch"] = list(epochs)
    table.loc[0, "validation_kappa"] = None
    return table


def classes(epochs):
    rows = [(e, part, code, 0.1 * e) for e in epochs for part in ("train", "validation") for code in (1, 7)]
    return pd.DataFrame(rows, columns=["epoch", "part", "code", "fscore"])


@pytest.mark.parametrize(
    ("draw", "make", "width"),
    [(draw_loss, history, 650), (draw_scores, history, 1000), (draw_class_fscores, classes, 650)],
)
def test_same_numbers_have_same_bytes_whatever_the_users_style(tmp_path, draw, make, width):
    draw(tmp_path / "a.png", make([1, 2, 3]), "all, seed 0")
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 20}):
        draw(tmp_path / "b.png", make([1, 2, 3]), "all, seed 0")
    draw(tmp_path / "c.png", make([1, 2]), "all, seed 0")
    first = (tmp_path / "a.png").read_bytes()
    assert (tmp_path / "b.png").read_bytes() == first
    assert (tmp_path / "c.png").read_bytes() != first
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (width, 400)
        assert "Software" not in image.info
