from tilefold.config.design import Folds
from tilefold.plan.runs import plan_runs

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


def test_every_run_on_blocks_reads_all_pools_and_maps_nothing():
    runs = plan_runs(Folds(scheme="blocks", block_size_m=500.0, number=3), [0], TILES, TILES)
    assert [run.fold for run in runs] == ["all", *(f"without_blocks_{number}" for number in (1, 2, 3))]
    assert [run.held_out for run in runs] == [(), ("1",), ("2",), ("3",)]
    assert {run.training_tiles for run in runs} == {("A", "B", "C")}
    assert [run.map_tiles for run in runs] == [("A", "B", "C"), (), (), ()]


def test_folds_by_field_are_its_values_and_can_map_everything():
    folds = Folds(scheme="field", field="f", maps="all")
    runs = plan_runs(folds, [0], TILES, TILES, ["Île-de-France", "2018"])
    assert [run.fold for run in runs] == ["all", "without_Ile_de_France", "without_2018"]
    assert [run.held_out for run in runs] == [(), ("Île-de-France",), ("2018",)]
    assert {run.map_tiles for run in runs} == {("A", "B", "C")}
