from tilefold.config.design import Folds
from tilefold.plan.runs import fold_faults, plan_runs

TILES = ["A", "B", "C"]


def test_leave_one_tile_out_has_all_and_one_fold_a_tile_for_each_seed():
    runs = plan_runs(Folds(scheme="leave_one_tile_out"), [0, 7], TILES, [*TILES, "D"])
    assert [run.name for run in runs] == [
        f"{fold}/seed_{seed}" for seed in (0, 7) for fold in ("all", "without_A", "without_B", "without_C")
    ]
    assert runs[0].map_tiles == ("A", "B", "C", "D")
    assert runs[2].training_tiles == ("A", "C")
    assert runs[2].map_tiles == ("B",)


def test_groups_of_tiles_are_held_out_together_and_maps_can_be_of_everything():
    runs = plan_runs(Folds(scheme=[["C", "A"]], maps="all"), [0], TILES, TILES)
    assert (runs[1].fold, runs[1].held_out, runs[1].training_tiles) == ("without_A_C", ("A", "C"), ("B",))
    assert runs[1].map_tiles == ("A", "B", "C")


def test_faults_of_folds():
    assert fold_faults(Folds(scheme="leave_one_tile_out"), TILES) == []
    assert "X is held out but is no training tile" in fold_faults(Folds(scheme=["X"]), TILES)[0]
    assert "leaves no tile to train on" in fold_faults(Folds(scheme=[TILES]), TILES)[0]
    assert "held out twice" in fold_faults(Folds(scheme=["A", "A"]), TILES)[0]
