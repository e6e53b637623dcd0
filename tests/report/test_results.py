import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from tilefold.report.results import Results, fold_of, seed_of


def test_names_of_runs():
    assert (fold_of("without_T31TCJ/seed_12"), seed_of("without_T31TCJ/seed_12")) == ("without_T31TCJ", 12)


def test_pooled_matrix_is_the_sum_of_what_the_folds_predicted(study):
    folder, sources, settings = study
    results = Results(sources, tuple(settings["classes"]), folder / "report" / "index.html")
    expected = np.zeros((4, 4), int)
    for fold in ("without_A", "without_B"):
        pixels = pd.read_parquet(folder / "runs" / fold / "seed_1" / "predicted.parquet")
        seen = pixels[pixels["held_out_pixel"] & (pixels["predicted"] != 0)]
        expected += confusion_matrix(seen["code"], seen["predicted"], labels=[1, 2, 3, 9])
    np.testing.assert_array_equal(results.pooled_matrix(1), expected)


def test_no_pooled_matrix_without_folds(study_without_folds):
    folder, sources, settings = study_without_folds
    assert Results(sources, tuple(settings["classes"]), folder / "index.html").pooled_matrix(0) is None
