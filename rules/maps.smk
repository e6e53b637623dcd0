# The maps, and what is made of them and measured on them.


rule maps:
    input:
        [
            f"<results>/maps/{run.fold}/seed_{run.seed}/{name}"
            for run in plan.runs
            if run.map_tiles
            for name in (
                *(f"{product}.tif" for product in plan.map_products),
                "classification.qml",
                "item.json",
                "classification.tif.aux.xml",
            )
        ],
        [f"<results>/maps/{name}/seams.csv" for name in plan.seam_runs],
        [
            f"<results>/maps/all/seed_{seed}/applicable.tif"
            for seed in plan.measured_seeds
        ],
        [f"<results>/maps/{fold}/vote_entropy.tif" for fold in plan.voted_folds],
        [
            f"<results>/maps/{fold}/fused/{method}.tif"
            for fold in plan.fused_folds
            for method in plan.config.fusion.methods
        ],
        [f"<results>/validation/{fold}/fused.csv" for fold in plan.fused_folds],
        [
            f"<results>/maps/{name}/classification.{plan.config.maps.vector}"
            for name in plan.vector_runs
        ],
        [f"<results>/maps/{name}/regularised.tif" for name in plan.regularised_runs],
        [
            f"<results>/validation/{name}/regularised.csv"
            for name in plan.regularised_runs
            if plan.trains
        ],
