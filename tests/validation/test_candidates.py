import numpy as np
import pandas as pd
import pytest

from tilefold.validation.candidates import COLUMNS, by_model, summarise_candidates
from tilefold.validation.summary import FOLD_COLUMNS

NAMES = ["batch_1_lr_0.1", "batch_2_lr_0.1"]
MODELS = [
    {"fold": "all", "seed": 0, "region": "all"},
    {"fold": "without_A", "seed": 0, "region": "all"},
    {"fold": "without_A", "seed": 1, "region": "all"},
]
SCORES = ("loss", "oa", "kappa", "fscore", "natural_oa", "natural_fscore")


@pytest.fixture
def files(tmp_path):
    """Choices of three models, the third untrained, two histories of three epochs each, and a fold table."""
    choices, histories = [], []
    for place, _ in enumerate(MODELS):
        untrained = place == 2
        choice = pd.DataFrame(
            {
                "candidate": NAMES,
                "batch_size": [1, 2],
                "learning_rate": 0.1,
                "criterion": "oa",
                "epoch": pd.array([None, None] if untrained else [3, 2], dtype="Int64"),
                "score": pd.array([None, None] if untrained else [0.3, 0.2], dtype="Float64"),
                "chosen": [not untrained, False],
            }
        )
        choices.append(tmp_path / f"choice_{place}.csv")
        choice.to_csv(choices[-1], index=False)
        histories.append({})
        for number, name in enumerate(NAMES):
            epochs = np.array([1, 2, 3])
            table = {f"validation_{score}": epochs / 10 + number for score in SCORES}
            histories[-1][name] = tmp_path / f"{place}_{name}.csv"
            pd.DataFrame({"epoch": epochs, **table}).to_csv(histories[-1][name], index=False)
    rows = [
        ("all/seed_0", "all", "0", "in_area", 0.8, 0.7),
        ("without_A/seed_0", "without_A", "0", "in_area", 0.81, 0.71),
        ("without_A/seed_0", "without_A", "0", "out_of_area", 0.6, 0.5),
        ("without_A/seed_0", "without_A", "0", "reference", 0.9, 0.9),
        ("without_A/seed_1", "without_A", "1", "out_of_area", 0.1, 0.1),
    ]
    table = pd.DataFrame(rows, columns=["run", "fold", "seed", "side", "oa", "mean_f1"])
    table.reindex(columns=FOLD_COLUMNS).to_csv(tmp_path / "folds.csv", index=False)
    return choices, histories, tmp_path / "folds.csv"


def test_validation_scores_of_all_and_test_scores_of_the_chosen(files, tmp_path):
    summarise_candidates(*files, {"models": MODELS}, candidates=tmp_path / "candidates.csv")
    table = pd.read_csv(tmp_path / "candidates.csv")
    assert list(table) == COLUMNS
    assert table["candidate"].tolist() == NAMES * 3
    assert table["fold"].tolist() == ["all"] * 2 + ["without_A"] * 4
    assert table["validation_kappa"].tolist()[:4] == pytest.approx([0.3, 1.2, 0.3, 1.2])
    assert table.loc[4:, "validation_kappa"].isna().all()
    chosen = table[table["chosen"]]
    assert chosen["in_area_oa"].tolist() == [0.8, 0.81]
    assert chosen["out_of_area_mean_f1"].tolist()[1] == 0.5
    assert np.isnan(chosen["out_of_area_oa"].iloc[0])
    others = table[~table["chosen"]]
    assert others[["in_area_oa", "in_area_mean_f1", "out_of_area_oa", "out_of_area_mean_f1"]].isna().all(None)


def test_files_of_candidates_are_parted_by_model():
    assert by_model(["1", "2", "3", "4"], ["a", "b"]) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    with pytest.raises(ValueError, match="zip"):
        by_model(["1", "2", "3"], ["a", "b"])
