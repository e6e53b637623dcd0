# The maps, and what is made of them and measured on them.


rule maps:
    input:
        [
            f"<results>/maps/{run.fold}/seed_{run.seed}/{product}.tif"
            for run in plan.runs
            if run.map_tiles
            for product in plan.map_products
        ],
        [
            f"<results>/maps/{run.fold}/seed_{run.seed}/seams.csv"
            for run in plan.runs
            if len(run.map_tiles) > 1
        ],
