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
            )
        ],
        [
            f"<results>/maps/{run.fold}/seed_{run.seed}/seams.csv"
            for run in plan.runs
            if len(run.map_tiles) > 1
        ],
        [
            f"<results>/maps/{fold}/fused/{method}.tif"
            for fold in plan.fused_folds
            for method in plan.config.fusion.methods
        ],
        [f"<results>/validation/{fold}/fused.csv" for fold in plan.fused_folds],
        [
            f"<results>/{product}"
            for run in plan.runs
            if run.map_tiles and plan.config.maps.regularise != "none"
            for product in (
                f"maps/{run.fold}/seed_{run.seed}/regularised.tif",
                f"validation/{run.fold}/seed_{run.seed}/regularised.csv",
            )
            if plan.trains or product.endswith(".tif")
        ],
