import matplotlib as mpl
from PIL import Image

from tilefold.training.curves import draw_curves


def row(epoch, kappa=0.5):
    names = ("loss", "oa", "kappa", "fscore")
    scores = {f"{part}_{name}": 0.1 * epoch for part in ("train", "validation") for name in names}
    return {"epoch": epoch} | scores | {"validation_kappa": kappa}


def test_same_history_has_same_bytes_whatever_the_users_style(tmp_path):
    history = [row(1, None), row(2), row(3)]
    draw_curves(tmp_path / "a.png", history, "all, seed 0")
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 20}):
        draw_curves(tmp_path / "b.png", history, "all, seed 0")
    draw_curves(tmp_path / "c.png", history[:2], "all, seed 0")
    first = (tmp_path / "a.png").read_bytes()
    assert (tmp_path / "b.png").read_bytes() == first
    assert (tmp_path / "c.png").read_bytes() != first
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (1000, 400)
        assert "Software" not in image.info
