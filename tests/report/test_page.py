import base64
import io
from html.parser import HTMLParser

import pandas as pd
import pytest
from PIL import Image

from tilefold.report.page import write_report
from tilefold.report.results import model_name
from tilefold.validation.summary import read_folds

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """Tags of a page, checked for balance; text of its tables; addresses and images."""

    def __init__(self, text):
        super().__init__()
        self.open, self.addresses, self.images, self.tables, self.ids, self.cell = [], [], [], [], [], None
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.addresses += [found[key] for key in ("href", "src") if key in found]
        self.ids += [found["id"]] if "id" in found else []
        if tag == "img":
            self.images.append(found)
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.cell = ""
        if tag not in VOID:
            self.open.append(tag)

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in ("td", "th"):
            self.tables[-1][-1].append(self.cell.strip())
            self.cell = None


@pytest.fixture(scope="module")
def written(study):
    folder, sources, settings = study
    path = folder / "report" / "index.html"
    pictures = {"fold_picture": folder / "report" / "folds.png", "map_picture": folder / "report" / "map.png"}
    candidates = [folder / "report" / f"candidates_{number}.png" for number in range(len(sources["choices"]))]
    write_report(sources, settings, page=path, candidate_pictures=candidates, **pictures)
    text = path.read_text()
    return path, text, Page(text)


def test_the_curves_of_all_candidates_are_files_too(written):
    path, text, _ = written
    found = sorted(path.parent.glob("candidates_*.png"))
    assert found
    for picture in found[:3]:
        assert base64.b64encode(picture.read_bytes()).decode("ascii") in text


def table_of(page, *headings):
    """Rows of the first table with these headings, as dicts."""
    for head, *rows in page.tables:
        if set(headings) <= set(head):
            return [dict(zip(head, row, strict=True)) for row in rows]
    raise AssertionError(f"no table with {headings}")


def test_every_fold_row_stands_on_the_page(study, written):
    _, sources, _ = study
    folds = read_folds(sources["folds"])
    rows = table_of(written[2], "fold", "side", "OA", "mean F1 common", "classes not learnt")
    assert len(rows) == len(folds) == 2 * (1 + 2 * 4 + 1)
    for row, expected in zip(rows, folds.to_dict("records"), strict=True):
        assert row["fold"] == expected["fold"]
        assert row["seed"] == str(expected["seed"])
        assert row["side"].replace(",", "").replace(" ", "_") == expected["side"]
        assert row["OA"] == f"{expected['oa']:.3f}"
        assert row["mean F1 common"] == f"{expected['mean_f1_common']:.3f}"
        assert row["pixels"].replace(",", "") == str(expected["n_pixels"])
        assert row["classes not learnt"] == (expected["classes_not_learnt"].replace(";", ", ") or "–")


def test_gaps_stand_on_the_page(study, written):
    gaps = pd.read_csv(study[1]["gaps"])
    rows = table_of(written[2], "gap of mean F1 common", "gap of OA")
    assert [row["gap of mean F1 common"] for row in rows] == [f"{gap:+.3f}" for gap in gaps["gap"]]


def test_page_needs_no_other_place(written):
    path, text, page = written
    assert "http:" not in text
    assert "https:" not in text
    for address in page.addresses:
        if address.startswith("#"):
            assert address[1:] in page.ids
        elif not address.startswith("data:image/png;base64,"):
            assert (path.parent / address).is_file(), address


def test_links_do_not_depend_on_where_the_results_lie(written):
    linked = [address for address in written[2].addresses if not address.startswith(("#", "data:"))]
    assert "../summary/folds.csv" in linked
    assert all(address.startswith("../") and not address.startswith("../..") for address in linked)


def test_images_are_pictures_with_words(written):
    images = written[2].images
    assert len(images) > 10
    for image in images:
        picture = Image.open(io.BytesIO(base64.b64decode(image["src"].split(",", 1)[1])))
        picture.verify()
        assert picture.width > 100
        assert len(image["alt"]) > 20


def test_labels_and_title_are_escaped(written):
    text = written[1]
    assert "A study of &lt;two&gt; tiles" in text
    assert "forest &lt;old&gt; &amp; dense" in text
    assert "<old>" not in text


def test_what_the_reader_must_know_comes_before_the_numbers(written):
    text = written[1]
    order = ["Read this first", "What the numbers mean", "Confusion matrices", "Configuration and versions"]
    positions = [text.index(f"<h2>{heading}</h2>") for heading in order]
    assert positions == sorted(positions)
    for words in ("Biased up", "Biased down", "Ploton", "Wadoux", "design-based"):
        assert words in text
    assert "without_A, seed 0: 3 meadow, 9 rock." in text
    assert "leave_one_tile_out" in text
    assert "tilefold_libraries" in text


def test_same_bytes_twice(study, written, tmp_path):
    folder, sources, settings = study
    again = folder / "report" / "again.html"
    pictures = {"fold_picture": tmp_path / "folds.png", "map_picture": tmp_path / "map.png"}
    write_report(sources, settings, page=again, **pictures)
    assert again.read_bytes() == written[0].read_bytes()
    for name in ("folds.png", "map.png"):
        assert (tmp_path / name).read_bytes() == (written[0].parent / name).read_bytes()


def test_without_folds(study_without_folds):
    folder, sources, settings = study_without_folds
    path = folder / "report" / "index.html"
    files = {run: {"in_area": place / "in_area.csv"} for run, place in sources["matrices"].items()}
    write_report({**sources, "matrices": files}, {**settings, "config": "folds: none"}, page=path)
    text = path.read_text()
    page = Page(text)
    assert len(table_of(page, "fold", "side", "OA")) == 1
    assert "Nothing is held out" in text
    assert "folds: none" in text
    assert "transfer gap of" not in text


def test_one_fold_has_no_table_of_means(written, study_with_one_fold):
    assert "Mean ± standard deviation over folds" in written[1]
    assert "There is one fold" not in written[1]
    folder, sources, settings = study_with_one_fold
    path = folder / "report" / "index.html"
    write_report(sources, settings, page=path)
    text = path.read_text()
    Page(text)
    assert "Mean ± standard deviation over folds" not in text
    assert "There is one fold: no means" in text
    assert text.count("out of area, pooled over 1 of 2 tiles") == 2


def test_models_of_regions_stand_beside_each_other(study, tmp_path):
    _, sources, settings = study
    run = "all/seed_0"
    nothing = pd.read_csv(sources["choices"][run]).assign(epoch=None, score=None, chosen=False)
    nothing.to_csv(tmp_path / "choice.csv", index=False)
    histories = {}
    for candidate, path in sources["histories"][run].items():
        histories[candidate] = tmp_path / f"{candidate}.csv"
        pd.read_csv(path).iloc[:0].to_csv(histories[candidate], index=False)
    rates = pd.read_csv(sources["rates"][run])
    without = rates.assign(region="west", learn=0, taken=0)
    pd.concat([rates.assign(region="east"), without]).to_csv(tmp_path / "rates.csv", index=False)
    east, west = model_name(run, "east"), model_name(run, "west")
    changed = {
        **sources,
        "rates": {**sources["rates"], run: tmp_path / "rates.csv"},
        "choices": {east: sources["choices"][run], west: tmp_path / "choice.csv"},
        "histories": {east: sources["histories"][run], west: histories},
    }
    write_report(changed, {**settings, "fallback": "global"}, page=tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    page = Page(text)
    assert "west (no learn pixel). The model of all regions classifies them." in text
    curves = [image["alt"] for image in page.images if image["alt"].startswith("Training curves")]
    assert len(curves) == 1
    assert "all/seed_0, region east" in curves[0]
    samples = next(table for table in page.tables if table[0][0] == "region")
    assert {row[0] for row in samples[1:]} == {"east", "west"}


def test_test_scores_stand_beside_the_chosen_candidates_alone(study, written):
    _, sources, _ = study
    _, _, page = written
    table = next(table for table in page.tables if "best epoch" in table[0])
    listed = pd.read_csv(sources["candidates"])
    assert len(table) - 1 == len(listed)
    place = table[0].index("in-area OA")
    for row, expected in zip(table[1:], listed.to_dict("records"), strict=True):
        assert (row[9] == "chosen") == expected["chosen"]
        assert row[place] == (f"{expected['in_area_oa']:.3f}" if expected["chosen"] else "")


def test_seams_and_scores_of_made_maps_stand_below_the_maps(written):
    _, _, page = written
    seams = next(table for table in page.tables if "seam" in table[0])
    assert seams[1] == ["all/seed_0", "A, B", "1.50", "30.0 %", "20.0 %", "1,000", "12.5 %", "4,000"]
    scored = [table for table in page.tables if table[0][:3] == ["run", "map", "side"]]
    assert [[row[1] for row in table[1:]] for table in scored] == [["raw", "regularised"], ["raw", "fused"]]
    assert scored[1][2] == ["all", "fused", "never trained on", "0.812", "0.500", "0.625", "200", "10"]


def test_areas_from_polygons_stand_under_their_assumption(study_without_folds, tmp_path):
    _, sources, settings = study_without_folds
    write_report(sources, settings, page=tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert '<section id="polygon-areas">' in text
    assert "<h2>Areas from reference polygons (assumes that polygons represent their map class)</h2>" in text
    areas = pd.read_csv(sources["polygon_areas"][0])
    value = areas.loc[(areas["metric"] == "area_ha") & (areas["class"] == 1), "value"].item()
    assert f"{value:.1f}" in text
    # Class 9 has no polygon.
    assert "Classes without an estimated area" in text
    write_report({**sources, "polygon_areas": {}}, settings, page=tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "polygon-areas" not in text
    assert "estimated area" not in text
