import numpy as np
import pandas as pd
import pytest
import rasterio
from PIL import Image

from tilefold.report import pictures
from tilefold.report.figures_classes import classes_figure
from tilefold.report.figures_folds import gaps_figure, scores_figure, write_fold_figure
from tilefold.report.figures_maps import OUTSIDE, colour_image, map_figure, write_map_picture
from tilefold.report.figures_matrices import matrix_figure, write_matrix_figure
from tilefold.report.figures_samples import samples_figure
from tilefold.report.figures_spread import spread_figure
from tilefold.report.figures_sweep import sweep_figure
from tilefold.report.figures_training import training_figure
from tilefold.report.results import Results


def test_colours_of_a_map():
    classes = [
        {"code": 9, "label": "x", "colour": [1, 2, 3]},
        {"code": 2, "label": "y", "colour": [200, 0, 7]},
    ]
    labels = np.array([[2, 9, 0], [5, 255, 2]])
    expected = [
        [(200, 0, 7), (1, 2, 3), OUTSIDE],
        [OUTSIDE, OUTSIDE, (200, 0, 7)],
    ]
    np.testing.assert_array_equal(colour_image(labels, classes), np.array(expected))


def test_map_picture_shows_each_class_in_its_colour(study, tmp_path):
    _, sources, settings = study
    write_map_picture(sources["maps"]["all/seed_0"], settings["classes"], tmp_path / "map.png")
    colours = {colour for _, colour in Image.open(tmp_path / "map.png").convert("RGB").getcolors(10**7)}
    assert {tuple(item["colour"]) for item in settings["classes"]} <= colours


def test_map_is_read_decimated(tmp_path):
    with rasterio.open(
        tmp_path / "map.tif",
        "w",
        driver="GTiff",
        height=40,
        width=4000,
        count=1,
        dtype="uint8",
        crs="EPSG:32631",
    ) as dataset:
        dataset.write(np.ones((40, 4000), np.uint8), 1)
    figure = map_figure(tmp_path / "map.tif", [{"code": 1, "label": "x", "colour": [9, 9, 9]}], legend=False)
    assert figure.axes[0].images[0].get_array().shape == (10, 1000, 3)


def test_marks_of_the_fold_figure_stand_at_the_scores(study):
    _, sources, settings = study
    results = Results(sources, tuple(settings["classes"]), "page.html")
    folds = results.folds
    figure = scores_figure(folds, "oa")
    marks = {
        c.get_label(): np.asarray(c.get_offsets())[:, 0]
        for c in figure.axes[0].collections
        if c.get_offsets().size
    }
    for side, label in (("in_area", "in area"), ("reference", "reference (model of all)")):
        np.testing.assert_allclose(marks[label], folds.loc[folds["side"] == side, "oa"])
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == [
        f"{fold}, seed {seed}" for seed in (0, 1) for fold in ("all", "without_A", "without_B", "pooled")
    ]


def test_boxes_are_the_quartiles_of_the_folds():
    rows = [
        *((fold, "in_area", 3, value) for fold, value in zip("abcd", [0.9, 0.5, 0.7, 0.6], strict=True)),
        *(
            (fold, "out_of_area", 3, value)
            for fold, value in zip("abcd", [0.4, np.nan, 0.1, 0.3], strict=True)
        ),
        ("a", "out_of_area", 8, 0.2),
        ("all", "in_area", 3, 0.99),
        ("all", "in_area", 5, 0.99),
        ("pooled", "pooled", 3, 0.01),
    ]
    table = pd.DataFrame(rows, columns=["fold", "side", "class", "f1"])
    axes = spread_figure(table, {3: "three", 5: "five", 8: "eight"}).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["three", "eight"]
    marks = {c.get_label(): np.asarray(c.get_offsets()) for c in axes.collections}
    np.testing.assert_allclose(marks["in area"], [[value, -0.2] for value in (0.9, 0.5, 0.7, 0.6)])
    np.testing.assert_allclose(marks["out of area"], [[0.4, 0.2], [0.1, 0.2], [0.3, 0.2], [0.2, 1.2]])
    boxes = {
        round(float(np.mean(line.get_ydata())), 1): (min(line.get_xdata()), max(line.get_xdata()))
        for line in axes.lines
        if len(line.get_xdata()) == 5
    }
    np.testing.assert_allclose(boxes[-0.2], np.quantile([0.9, 0.5, 0.7, 0.6], [0.25, 0.75]))
    np.testing.assert_allclose(boxes[0.2], np.quantile([0.4, 0.1, 0.3], [0.25, 0.75]))


def test_gap_without_interval_is_an_open_mark(study):
    _, sources, settings = study
    gaps = Results(sources, tuple(settings["classes"]), "page.html").gaps.copy()
    gaps.loc[0, ["low", "high"]] = np.nan
    labels = [c.get_label() for c in gaps_figure(gaps, "gap").axes[0].collections]
    assert "gap without an interval" in labels


@pytest.mark.parametrize("with_gaps", [True, False])
def test_fold_figure_file(study, tmp_path, with_gaps):
    sources = study[1]
    write_fold_figure(sources["folds"], tmp_path / "a.png", gaps=sources["gaps"] if with_gaps else None)
    write_fold_figure(sources["folds"], tmp_path / "b.png", gaps=sources["gaps"] if with_gaps else None)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert Image.open(tmp_path / "a.png").width > (1200 if with_gaps else 600)


def test_matrix_is_normalised_by_row():
    classes = [{"code": code, "label": f"class {code}"} for code in (1, 2, 5, 9)]
    matrix = np.array([[30, 10, 0, 0], [0, 0, 0, 0], [5, 0, 15, 0], [0, 0, 0, 0]])
    axes = matrix_figure(matrix, classes, "title", np.arange(4)).axes[0]
    # Class 9 occurs nowhere and is left out; class 2 is predicted and has no reference.
    shown = np.ma.filled(axes.images[0].get_array().astype(float), np.nan)
    np.testing.assert_allclose(shown, [[75, 25, 0], [np.nan] * 3, [25, 0, 75]])
    assert [text.get_text() for text in axes.texts] == ["75", "25", "25", "75"]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "2", "5"]


def test_matrix_figure_file(study, tmp_path):
    _, sources, settings = study
    write_matrix_figure(
        sources["matrices"]["all/seed_0"] / "in_area.csv", settings["classes"], tmp_path / "m.png"
    )
    assert Image.open(tmp_path / "m.png").format == "PNG"


def test_empty_matrix_says_so():
    figure = matrix_figure(np.zeros((1, 1), int), [{"code": 1, "label": "x"}], "empty")
    assert figure.axes[0].texts[0].get_text() == "no classified reference pixel"


def test_training_curves_and_the_chosen_epoch(study):
    _, sources, _ = study
    choice = pd.read_csv(sources["choices"]["all/seed_0"])
    histories = sources["histories"]["all/seed_0"]
    axes = training_figure(histories, choice, "title").axes[0]
    drawn = {line.get_label(): line.get_ydata() for line in axes.lines}
    for candidate, path in histories.items():
        np.testing.assert_allclose(drawn[candidate], pd.read_csv(path)["validation_loss"])
    assert [5, 5] in [list(line.get_xdata()) for line in axes.lines]


def sweep_choices(criterion, scores, chosen):
    """Tables of two candidates for each model."""
    return {
        model: pd.DataFrame(
            {
                "candidate": ["batch_64_lr_0.001", "batch_64_lr_0.01"],
                "criterion": criterion,
                "score": pd.array(values, dtype="Float64"),
                "chosen": [position == chosen[model] for position in range(2)],
            }
        )
        for model, values in scores.items()
    }


@pytest.mark.parametrize(("criterion", "dark"), [("loss", ["0.200", "0.500"]), ("oa", ["0.900"])])
def test_heat_map_of_a_sweep_has_each_score_and_frames_the_chosen(criterion, dark):
    scores = {"all/seed_0": [0.2, 0.9], "without_A/seed_0": [0.5, None]}
    choices = sweep_choices(criterion, scores, {"all/seed_0": 1, "without_A/seed_0": 0})
    axes = sweep_figure(choices).axes[0]
    words = {text.get_position(): text for text in axes.texts}
    assert {place: text.get_text() for place, text in words.items()} == {
        (0, 0): "0.200",
        (1, 0): "0.900",
        (0, 1): "0.500",
        (1, 1): "none",
    }
    assert [text.get_text() for text in words.values() if text.get_color() == "white"] == dark
    frames = [(round(patch.get_x() + 0.48), round(patch.get_y() + 0.46)) for patch in axes.patches]
    assert frames == [(1, 0), (0, 1)]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(scores)


def test_one_candidate_needs_no_heat_map():
    choices = sweep_choices("oa", {"all/seed_0": [0.2, 0.9]}, {"all/seed_0": 1})
    assert len(pictures.sweep_pictures(choices)) == 1
    assert pictures.sweep_pictures({model: table[table["chosen"]] for model, table in choices.items()}) == []


def test_pictures_of_a_kind_are_limited(study, monkeypatch):
    _, sources, settings = study
    monkeypatch.setattr(pictures, "MOST_PICTURES", 3)
    results = Results(sources, tuple(settings["classes"]), "page.html")
    assert len(pictures.matrix_pictures(results)) == 3
    drawn = pictures.map_pictures(results)
    assert [("all/seed_" in picture.text) for picture in drawn] == [True, True, False]


def bars(axes):
    """Widths of the bars by label of their colour, from the top."""
    return {item.get_label(): [bar.get_width() for bar in item] for item in axes.containers}


def test_bars_of_samples_are_the_table(study):
    _, sources, settings = study
    results = Results(sources, tuple(settings["classes"]), "page.html")
    figure = samples_figure(results.by_run("samples")["all/seed_0"], results.names, "all/seed_0")
    by_role, by_tile = map(bars, figure.axes)
    assert by_role == {"learn": [30, 30, 20, 0], "validation": [5, 5, 5, 5]}
    assert by_tile["A"] == pytest.approx([100 * 10 / 35, 100 * 10 / 35, 100 * 6 / 25, 0])
    assert by_tile["B"] == pytest.approx([100 * 25 / 35, 100 * 25 / 35, 100 * 19 / 25, 100])
    assert [text.get_text() for text in figure.axes[0].texts] == ["35", "35", "25", "5"]


def test_the_smaller_of_many_tiles_are_summed(study):
    _, sources, settings = study
    results = Results(sources, tuple(settings["classes"]), "page.html")
    one = results.by_run("samples")["all/seed_0"].query("tile == 'A'")
    samples = pd.concat([one.assign(tile=f"T{n:02}", learn_taken=n) for n in range(1, 13)])
    found = bars(samples_figure(samples, results.names, "many").axes[1])
    assert list(found) == [f"T{n:02}" for n in range(5, 13)] + ["other tiles"]
    assert found["other tiles"] == pytest.approx([100 * 10 / 78] * 4)


def test_bars_of_classes_end_at_their_f1(study):
    _, sources, settings = study
    names = {item["code"]: item["label"] for item in settings["classes"]}
    intervals = pd.read_csv(sources["intervals"])
    axes = classes_figure(intervals, names, 0).axes[0]
    classes = pd.read_csv(sources["classes"]).set_index(["seed", "fold", "side", "class"])["f1"]
    for bars, key in zip(axes.containers, [("all", "in_area"), ("pooled", "pooled")], strict=True):
        for name, bar in zip((text.get_text() for text in axes.get_yticklabels()), bars, strict=True):
            code = next(code for code, label in names.items() if label == name)
            expected = classes.get((0, *key, code), 0)
            assert bar.get_width() == pytest.approx(0 if np.isnan(expected) else expected)


def test_confused_classes_stand_side_by_side_in_the_heat_map():
    classes = [{"code": code, "label": f"class {code}"} for code in (1, 2, 5, 9)]
    matrix = np.array([[70, 0, 0, 30], [0, 100, 0, 0], [0, 40, 60, 0], [0, 0, 0, 0]])
    axes = matrix_figure(matrix, classes, "title").axes[0]
    names = [text.get_text() for text in axes.get_xticklabels()]
    assert names in (["1", "9", "2", "5"], ["1", "9", "5", "2"])
    shown = np.ma.filled(axes.images[0].get_array().astype(float), np.nan)
    assert shown[0].tolist() == [70, 30, 0, 0]
    given = matrix_figure(matrix, classes, "title", np.array([3, 2, 1, 0])).axes[0]
    assert [text.get_text() for text in given.get_xticklabels()] == ["9", "5", "2", "1"]
